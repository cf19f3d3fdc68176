//! One SELECT as the rewrites see it: its clauses, its conditions, and which name belongs to which table.

use crate::touches::tree;
use architrave_model::{Catalog, QualifiedName};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// A change of the text: bytes to replace, and by what.
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Edit {
    pub(super) fn replace(node: &SyntaxNode, text: impl Into<String>) -> Self {
        let (start, end) = span(node);
        Self { start, end, text: text.into() }
    }

    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { start: at, end: at, text: text.into() }
    }
}

/// The text with the edits made; they must not overlap.
pub(super) fn edited(sql: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|e| e.start);
    let mut text = String::with_capacity(sql.len() + 64);
    let mut at = 0;
    for edit in edits {
        text.push_str(sql.get(at..edit.start).unwrap_or_default());
        text.push_str(&edit.text);
        at = edit.end;
    }
    text.push_str(sql.get(at..).unwrap_or_default());
    text
}

/// First byte and the byte after the last, blanks and comments at the ends left out.
pub(super) fn span(node: &SyntaxNode) -> (usize, usize) {
    let end = tree::tokens(node).last().map_or_else(|| node.text_range().end(), |t| t.text_range().end());
    (tree::start(node), end.into())
}

/// A table (or something else) in FROM.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// How the rest of the statement calls it.
    pub(super) alias: String,
    /// The same as written, quotes included.
    pub(super) alias_text: String,
    /// Table in the catalogue, when it is one.
    pub(super) table: Option<QualifiedName>,
}

/// The tables in FROM, subqueries' own left out.
pub(super) fn items(select: &SyntaxNode, catalog: &Catalog) -> Vec<Item> {
    let Some(from) = tree::child(select, SyntaxKind::FROM_CLAUSE) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open: Vec<SyntaxNode> = from.children().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        match node.kind() {
            SyntaxKind::SELECT => {}
            SyntaxKind::RELATION_FROM_ITEM => found.extend(item(&node, catalog)),
            _ => {
                let children: Vec<SyntaxNode> = node.children().collect();
                open.extend(children.into_iter().rev());
            }
        }
    }
    found
}

fn item(node: &SyntaxNode, catalog: &Catalog) -> Option<Item> {
    let name = tree::child(node, SyntaxKind::RELATION_NAME_REF)?;
    let parts = tree::parts(&name);
    let table = match parts.as_slice() {
        [schema, name] => catalog.table(schema, name).map(|t| t.name.clone()),
        [name] => {
            let in_public = catalog.table("public", name);
            let mut named = catalog.tables.iter().filter(|t| &t.name.name == name);
            in_public.or_else(|| named.next()).map(|t| t.name.clone())
        }
        _ => None,
    };
    let alias = tree::child(node, SyntaxKind::FROM_ALIAS);
    let own = || tree::tokens(&name).last().map(|t| t.text().to_owned());
    let given = alias.and_then(|a| tree::tokens(&a).find(|t| !t.text().eq_ignore_ascii_case("as")).map(|t| t.text().to_owned()));
    let alias_text = given.or_else(own)?;
    Some(Item { alias: crate::lex::name_of(&alias_text), alias_text, table })
}

/// A SELECT with its text.
pub(super) struct Outer<'a> {
    pub(super) sql: &'a str,
    pub(super) catalog: &'a Catalog,
    pub(super) select: SyntaxNode,
    pub(super) items: Vec<Item>,
}

impl<'a> Outer<'a> {
    /// The statement, when it is one plain SELECT.
    pub(super) fn of(root: &SyntaxNode, sql: &'a str, catalog: &'a Catalog) -> Option<Self> {
        let mut statements = root.children();
        let select = statements.next().filter(|n| n.kind() == SyntaxKind::SELECT)?;
        if statements.next().is_some() {
            return None;
        }
        let items = items(&select, catalog);
        Some(Self { sql, catalog, select, items })
    }

    pub(super) fn text(&self, node: &SyntaxNode) -> &'a str {
        let (start, end) = span(node);
        self.sql.get(start..end).unwrap_or_default()
    }

    pub(super) fn clause(&self, kind: SyntaxKind) -> Option<SyntaxNode> {
        tree::child(&self.select, kind)
    }

    /// Conditions of WHERE that all hold.
    pub(super) fn conjuncts(&self) -> Vec<SyntaxNode> {
        conjuncts_of(&self.select)
    }

    /// Rows are neither grouped, made distinct, windowed nor locked: each output row is one row of the join.
    pub(super) fn is_plain(&self) -> bool {
        let clauses = [SyntaxKind::GROUP_BY_CLAUSE, SyntaxKind::HAVING_CLAUSE, SyntaxKind::WINDOW_CLAUSE, SyntaxKind::LOCKING_CLAUSE];
        let quantified = self.clause(SyntaxKind::SELECT_CLAUSE).is_some_and(|c| first_word_after_select(&c, "distinct"));
        !quantified && clauses.iter().all(|k| self.clause(*k).is_none()) && !self.aggregates()
    }

    fn aggregates(&self) -> bool {
        let Some(targets) = self.clause(SyntaxKind::SELECT_CLAUSE) else { return false };
        own_nodes(&targets).iter().any(|n| {
            n.kind() == SyntaxKind::OVER_CLAUSE || (n.kind() == SyntaxKind::CALL_EXPR && call_name(n).is_some_and(|c| is_aggregate(&c)))
        })
    }

    /// The table of an unqualified column, when exactly one in FROM has it.
    pub(super) fn owner_of(&self, column: &str) -> Option<&Item> {
        let has = |item: &&Item| item.table.as_ref().and_then(|t| self.catalog.table_named(t)).is_some_and(|t| t.column(column).is_some());
        let mut owners = self.items.iter().filter(has);
        let first = owners.next()?;
        owners.next().is_none().then_some(first)
    }

    /// Aliases whose columns an expression uses; none when a name cannot be told.
    pub(super) fn used_by(&self, expression: &SyntaxNode) -> Option<Vec<String>> {
        let mut used = Vec::new();
        for (alias, column) in columns(expression) {
            let alias = match alias {
                Some(alias) => alias,
                None => self.owner_of(&column)?.alias.clone(),
            };
            if !used.contains(&alias) {
                used.push(alias);
            }
        }
        Some(used)
    }

    /// Type of a column reference.
    pub(super) fn type_of(&self, reference: &SyntaxNode) -> Option<String> {
        let found = columns(reference);
        let [(alias, column)] = found.as_slice() else { return None };
        let item = match alias {
            Some(alias) => self.items.iter().find(|i| &i.alias == alias)?,
            None => self.owner_of(column)?,
        };
        Some(self.catalog.table_named(item.table.as_ref()?)?.column(column)?.base_type())
    }

    /// Calls something whose answer may differ from call to call.
    pub(super) fn is_volatile(&self) -> bool {
        const VOLATILE: [&str; 8] =
            ["random", "nextval", "clock_timestamp", "gen_random_uuid", "uuid_generate_v4", "timeofday", "setseed", "set_config"];
        self.select
            .descendants()
            .any(|n| n.kind() == SyntaxKind::CALL_EXPR && call_name(&n).is_some_and(|c| VOLATILE.contains(&c.as_str())))
    }
}

/// Conditions of a SELECT's WHERE that all hold.
pub(super) fn conjuncts_of(select: &SyntaxNode) -> Vec<SyntaxNode> {
    let condition = tree::child(select, SyntaxKind::WHERE_CLAUSE).and_then(|w| w.children().next());
    condition.map(|c| parts(&c, SyntaxKind::AND_KW)).unwrap_or_default()
}

/// The operands of a chain of AND (or OR), brackets around a part opened.
pub(super) fn parts(expression: &SyntaxNode, operator: SyntaxKind) -> Vec<SyntaxNode> {
    let inner = unwrapped(expression);
    if inner.kind() == SyntaxKind::BIN_EXPR && own_token(&inner, operator) {
        return inner.children().flat_map(|c| parts(&c, operator)).collect();
    }
    vec![expression.clone()]
}

/// The expression inside any number of brackets; a subquery stays in its own.
pub(super) fn unwrapped(expression: &SyntaxNode) -> SyntaxNode {
    let mut node = expression.clone();
    while node.kind() == SyntaxKind::PAREN_EXPR {
        match node.children().next() {
            Some(inner) if inner.kind() != SyntaxKind::SELECT => node = inner,
            _ => break,
        }
    }
    node
}

/// Whether the node itself (not what is below) has such a token.
pub(super) fn own_token(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.children_with_tokens().any(|e| e.as_token().is_some_and(|t| t.kind() == kind))
}

/// The query inside brackets.
pub(super) fn subquery(expression: &SyntaxNode) -> Option<SyntaxNode> {
    if expression.kind() != SyntaxKind::PAREN_EXPR {
        return None;
    }
    expression.children().find(|c| c.kind() == SyntaxKind::SELECT)
}

/// Name of the function called, without schema.
pub(super) fn call_name(call: &SyntaxNode) -> Option<String> {
    tree::parts(&call.children().next()?).pop()
}

/// Nodes below, without those inside of subqueries.
pub(super) fn own_nodes(node: &SyntaxNode) -> Vec<SyntaxNode> {
    let mut found = Vec::new();
    let mut open = vec![node.clone()];
    while let Some(node) = open.pop() {
        open.extend(node.children().filter(|c| c.kind() != SyntaxKind::SELECT));
        found.push(node);
    }
    found
}

/// Column references of an expression, subqueries' own left out: alias (when written) and column.
pub(super) fn columns(expression: &SyntaxNode) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    let mut open = vec![expression.clone()];
    while let Some(node) = open.pop() {
        match node.kind() {
            SyntaxKind::FIELD_EXPR => {
                let mut parts = tree::parts(&node);
                if let Some(column) = parts.pop() {
                    found.push((parts.pop(), column));
                }
            }
            SyntaxKind::NAME_REF => found.extend(tree::parts(&node).pop().map(|c| (None, c))),
            SyntaxKind::SELECT => {}
            SyntaxKind::CALL_EXPR => open.extend(node.children().filter(|c| c.kind() == SyntaxKind::ARG_LIST)),
            SyntaxKind::CAST_EXPR => open.extend(node.children().take(1)),
            _ => open.extend(node.children()),
        }
    }
    found.reverse();
    found
}

/// Aggregates that return one value and know no order.
pub(super) fn is_aggregate(name: &str) -> bool {
    const AGGREGATES: [&str; 14] = [
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "bool_and",
        "bool_or",
        "every",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "json_object_agg",
    ];
    AGGREGATES.contains(&name)
}

fn first_word_after_select(clause: &SyntaxNode, word: &str) -> bool {
    tree::tokens(clause).nth(1).is_some_and(|t| t.text().eq_ignore_ascii_case(word))
}
