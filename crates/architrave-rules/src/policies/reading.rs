//! Reads the expression of a policy with its subqueries: which relations they read, what a column belongs to, what is called with what.
//!
//! Works on the text that PostgreSQL prints and on the one that was written; a name that cannot be resolved stays unknown, and a rule abstains.

use crate::body::Relations;
use crate::condition::{Token, TokenKind, tokens};
use architrave_model::catalog::{Function, Policy, Table};
use architrave_model::{Catalog, QualifiedName};
use std::collections::BTreeMap;
use std::ops::Range;

/// Relations and functions by name, to resolve what expressions say.
pub(crate) struct Names<'a> {
    catalog: &'a Catalog,
    relations: Relations<'a>,
    functions: BTreeMap<&'a str, Vec<&'a Function>>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut functions: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
        for function in &catalog.functions {
            functions.entry(&function.name.name).or_default().push(function);
        }
        Self { catalog, relations: Relations::of(catalog), functions }
    }

    pub(crate) fn relations(&self) -> &Relations<'a> {
        &self.relations
    }

    /// The function that is called: none for a built-in one, and where several of that name might be meant.
    pub(crate) fn function(&self, call: &Call) -> Option<&'a Function> {
        let named = self.functions.get(call.name.as_str())?;
        let mut fitting = named.iter().filter(|f| call.schema.as_ref().is_none_or(|s| s == &f.name.schema));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// What the expression says, read as a policy of that table.
    pub(crate) fn read(&self, table: &'a Table, text: &str) -> Reading<'a> {
        let tokens = tokens(text);
        let mut taken = vec![false; tokens.len()];
        let mut queries = queries(&tokens);
        for query in &mut queries {
            query.relations = self.relations_in(&tokens, &query.from, query.depth, &table.name.schema, &mut taken);
        }
        let mut reading = Reading { table, tokens, queries, columns: Vec::new(), calls: Vec::new() };
        reading.resolve(&taken);
        reading
    }

    /// Both expressions of a policy.
    pub(crate) fn read_policy(&self, table: &'a Table, policy: &Policy) -> Vec<Reading<'a>> {
        policy.using.iter().chain(&policy.with_check).map(|text| self.read(table, text)).collect()
    }

    fn relations_in(&self, all: &[Token], from: &Range<usize>, depth: u32, home: &str, taken: &mut [bool]) -> Vec<Relation<'a>> {
        let mut found = Vec::new();
        let (mut at, mut expecting) = (from.start, true);
        while at < from.end {
            let Some(token) = all.get(at) else { break };
            let joins = token.is_word("join") || (token.is_sign(",") && token.depth == depth);
            let filler = ["only", "lateral"].iter().any(|w| token.is_word(w));
            if joins || (expecting && (filler || token.is_sign("("))) {
                let subquery = expecting && token.is_sign("(") && all.get(at + 1).is_some_and(|t| t.is_word("select"));
                if subquery {
                    at = closing(all, at) + 1;
                    let (alias, next) = alias(all, at, from.end);
                    found.push(Relation { alias, columns: None, name: None });
                    (at, expecting) = (next, false);
                    continue;
                }
                expecting = true;
            } else if expecting && token.is_name() {
                let (relation, next) = self.relation(all, at, from.end, home);
                taken.iter_mut().take(next).skip(at).for_each(|t| *t = true);
                found.push(relation);
                (at, expecting) = (next, false);
                continue;
            }
            at += 1;
        }
        found
    }

    /// The relation that is named at that place, and where its alias ends.
    fn relation(&self, all: &[Token], at: usize, end: usize, home: &str) -> (Relation<'a>, usize) {
        let text = |i: usize| all.get(i).map(|t| t.text.as_str()).unwrap_or_default();
        let qualified = all.get(at + 1).is_some_and(|t| t.is_sign("."));
        let (schema, name, mut next) = if qualified { (Some(text(at)), text(at + 2), at + 3) } else { (None, text(at), at + 1) };
        let called = all.get(next).is_some_and(|t| t.is_sign("("));
        if called {
            next = closing(all, next) + 1;
        }
        let known = if called { None } else { self.relations.find(schema, name, home) };
        let (given, next) = alias(all, next, end);
        let columns = known.and_then(|name| self.columns(name));
        (Relation { alias: if given.is_empty() { name.to_owned() } else { given }, columns, name: known }, next)
    }

    fn columns(&self, name: &QualifiedName) -> Option<Vec<&'a str>> {
        if let Some(table) = self.catalog.table_named(name) {
            return Some(table.columns.iter().map(|c| c.name.as_str()).collect());
        }
        let view = self.catalog.view(&name.schema, &name.name)?;
        Some(view.columns.iter().map(|c| c.name.as_str()).collect())
    }
}

/// A relation of a FROM clause.
#[derive(Debug)]
pub(crate) struct Relation<'a> {
    /// The alias, else the name.
    alias: String,
    /// None when they are not known: a function, a subquery, another database's table.
    columns: Option<Vec<&'a str>>,
    /// The table or view, where it is known.
    pub(crate) name: Option<&'a QualifiedName>,
}

/// One SELECT of an expression.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    /// All of its tokens.
    pub(crate) span: Range<usize>,
    depth: u32,
    parent: Option<usize>,
    from: Range<usize>,
    /// What it reads.
    pub(crate) relations: Vec<Relation<'a>>,
}

/// What a column belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The row that the policy judges.
    Own,
    /// A relation of a subquery: index of the query and of the relation in it.
    Inner(usize, usize),
    /// Cannot be told.
    Unknown,
}

/// A column that an expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnUse {
    /// Its tokens, qualifiers included.
    pub(crate) span: Range<usize>,
    pub(crate) name: String,
    pub(crate) of: Of,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Index of the first token of its name.
    pub(crate) at: usize,
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
    /// The tokens between the parentheses.
    pub(crate) arguments: Range<usize>,
}

impl Call {
    /// Whether it is that function of that schema.
    pub(crate) fn is(&self, schema: &str, name: &str) -> bool {
        self.name == name && self.schema.as_deref() == Some(schema)
    }

    /// Whether the call says who asks: `auth.uid()` and its like, a setting of the session.
    pub(crate) fn asks_the_session(&self) -> bool {
        let of_auth = ["uid", "jwt", "role", "email"].iter().any(|name| self.is("auth", name));
        of_auth || (self.name == "current_setting" && self.schema.as_deref().is_none_or(|s| s == "pg_catalog"))
    }
}

/// An expression that was read.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    table: &'a Table,
    pub(crate) tokens: Vec<Token>,
    pub(crate) queries: Vec<Query<'a>>,
    pub(crate) columns: Vec<ColumnUse>,
    pub(crate) calls: Vec<Call>,
}

impl<'a> Reading<'a> {
    /// Tables and views that its subqueries read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &'a QualifiedName> {
        self.queries.iter().flat_map(|q| &q.relations).filter_map(|r| r.name)
    }

    /// The innermost query around a token.
    pub(crate) fn query_at(&self, at: usize) -> Option<usize> {
        let around = self.queries.iter().enumerate().filter(|(_, q)| q.span.contains(&at));
        around.min_by_key(|(_, q)| q.span.len()).map(|(index, _)| index)
    }

    /// Columns of the judged row within these tokens.
    pub(crate) fn own_columns(&self, span: &Range<usize>) -> impl Iterator<Item = &ColumnUse> {
        self.columns.iter().filter(move |c| c.of == Of::Own && span.contains(&c.span.start))
    }

    /// Pairs of plain columns with that operator between them.
    pub(crate) fn compared(&self, sign: &str) -> impl Iterator<Item = (&ColumnUse, &ColumnUse)> {
        let signs: Vec<usize> = self.tokens.iter().enumerate().filter(|(_, t)| t.is_sign(sign)).map(|(at, _)| at).collect();
        signs.into_iter().filter_map(|at| {
            let left = self.columns.iter().find(|c| c.span.end == at)?;
            let right = self.columns.iter().find(|c| c.span.start == at + 1)?;
            Some((left, right))
        })
    }

    /// The literal that an argument list begins with, without quotes.
    pub(crate) fn first_literal(&self, call: &Call) -> Option<&str> {
        let token = self.tokens.get(call.arguments.start).filter(|_| !call.arguments.is_empty())?;
        (token.kind == TokenKind::Text).then(|| token.text.trim_matches('\''))
    }

    fn resolve(&mut self, taken: &[bool]) {
        const NO_CALL: &[&str] = &[
            "all", "and", "any", "array", "as", "by", "case", "else", "exists", "from", "having", "in", "is", "not", "on", "or", "row",
            "select", "some", "then", "values", "when", "where",
        ];
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            if !token.is_name() || taken.get(at).copied().unwrap_or_default() {
                at += 1;
                continue;
            }
            let mut parts = vec![at];
            let mut end = at + 1;
            while self.tokens.get(end).is_some_and(|t| t.is_sign(".")) && self.tokens.get(end + 1).is_some_and(Token::is_name) {
                parts.push(end + 1);
                end += 2;
            }
            let text = |i: usize| self.tokens.get(i).map(|t| t.text.clone()).unwrap_or_default();
            let before = at.checked_sub(1).and_then(|b| self.tokens.get(b));
            let last = text(end - 1);
            if self.tokens.get(end).is_some_and(|t| t.is_sign("(")) {
                if parts.len() > 1 || token.kind == TokenKind::Quoted || !NO_CALL.contains(&last.as_str()) {
                    let schema = parts.len().checked_sub(2).and_then(|i| parts.get(i)).map(|i| text(*i));
                    self.calls.push(Call { at, schema, name: last, arguments: end + 1..closing(&self.tokens, end) });
                }
            } else if !before.is_some_and(|t| t.is_word("as") || t.is_sign("::") || t.is_sign(".")) {
                let qualifier = parts.len().checked_sub(2).and_then(|i| parts.get(i)).map(|i| text(*i));
                if let Some(of) = self.owner(at, qualifier.as_deref(), &last) {
                    self.columns.push(ColumnUse { span: at..end, name: last, of });
                }
            }
            at = end;
        }
    }

    /// What a name belongs to; none when it is no column at all.
    fn owner(&self, at: usize, qualifier: Option<&str>, name: &str) -> Option<Of> {
        let mut query = self.query_at(at);
        while let Some(index) = query {
            let inner = self.queries.get(index)?;
            for (r, relation) in inner.relations.iter().enumerate() {
                let has = relation.columns.as_ref().map(|columns| columns.contains(&name));
                match qualifier {
                    Some(q) if q == relation.alias => return Some(Of::Inner(index, r)),
                    None if has == Some(true) => return Some(Of::Inner(index, r)),
                    _ => {}
                }
            }
            if qualifier.is_none() && inner.relations.iter().any(|r| r.columns.is_none()) && self.table.column(name).is_some() {
                return Some(Of::Unknown);
            }
            query = inner.parent;
        }
        let own = self.table.column(name).is_some();
        match qualifier {
            None => own.then_some(Of::Own),
            Some(q) if q == self.table.name.name => own.then_some(Of::Own),
            Some(_) => Some(Of::Unknown),
        }
    }
}

/// The SELECTs among the tokens; relations are filled in later.
fn queries<'a>(all: &[Token]) -> Vec<Query<'a>> {
    const ENDS: &[&str] = &["where", "group", "order", "limit", "having", "window", "offset", "fetch", "for"];
    let mut found: Vec<Query<'a>> = Vec::new();
    for (start, select) in all.iter().enumerate().filter(|(_, t)| t.is_word("select")) {
        let depth = select.depth;
        let ends = |t: &Token| t.depth < depth || (t.depth == depth && ["union", "except", "intersect"].iter().any(|w| t.is_word(w)));
        let end = all.iter().skip(start).position(ends).map_or(all.len(), |n| start + n);
        let next = |from: usize, words: &[&str]| {
            let is = |(at, t): &(usize, &Token)| {
                let distinct = at.checked_sub(1).and_then(|b| all.get(b)).is_some_and(|b| b.is_word("distinct"));
                t.depth == depth && words.iter().any(|w| t.is_word(w)) && !distinct
            };
            all.iter().enumerate().take(end).skip(from).find(is).map_or(end, |(at, _)| at)
        };
        let from = next(start, &["from"]);
        let behind = next(from, ENDS);
        let around = found.iter().enumerate().filter(|(_, q)| q.span.contains(&start)).min_by_key(|(_, q)| q.span.len());
        let parent = around.map(|(index, _)| index);
        let from = (from + 1).min(behind)..behind;
        found.push(Query { span: start..end, depth, parent, from, relations: Vec::new() });
    }
    found
}

/// The alias that stands there, empty when there is none, and where it ends.
fn alias(all: &[Token], at: usize, end: usize) -> (String, usize) {
    const NO_ALIAS: &[&str] = &["join", "inner", "left", "right", "full", "cross", "natural", "on", "using", "where", "tablesample"];
    let named = usize::from(all.get(at).is_some_and(|t| t.is_word("as")));
    match all.get(at + named) {
        Some(t) if at + named < end && t.is_name() && !(t.kind == TokenKind::Word && NO_ALIAS.contains(&t.text.as_str())) => {
            (t.text.clone(), at + named + 1)
        }
        _ => (String::new(), at),
    }
}

/// Where the parenthesis that opens there is closed.
fn closing(all: &[Token], open: usize) -> usize {
    let depth = all.get(open).map_or(0, |t| t.depth);
    all.iter().enumerate().skip(open + 1).find(|(_, t)| t.depth == depth && t.is_sign(")")).map_or(all.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Column;

    fn catalog() -> Catalog {
        let table = |name: &str, columns: &[&str]| Table {
            name: QualifiedName::new("public", name),
            columns: columns.iter().map(|c| Column { name: (*c).into(), ..Column::default() }).collect(),
            ..Table::default()
        };
        Catalog { tables: vec![table("docs", &["id", "team_id", "name"]), table("members", &["team_id", "user_id"])], ..Catalog::default() }
    }

    fn columns(text: &str) -> Vec<String> {
        let catalog = catalog();
        let names = Names::of(&catalog);
        let reading = names.read(&catalog.tables[0], text);
        let of = |c: &ColumnUse| match c.of {
            Of::Own => "own".to_owned(),
            Of::Unknown => "?".to_owned(),
            Of::Inner(q, r) => reading.queries[q].relations[r].name.map_or_else(|| "?".to_owned(), |n| n.name.clone()),
        };
        reading.columns.iter().map(|c| format!("{}.{}", of(c), c.name)).collect()
    }

    #[test]
    fn columns_belong_to_the_innermost_relation_that_has_them() {
        let printed = "(EXISTS ( SELECT 1\n   FROM public.members m\n  WHERE ((m.team_id = docs.team_id) AND (m.user_id = auth.uid()))))";
        assert_eq!(columns(printed), ["members.team_id", "own.team_id", "members.user_id"]);
        let written = "exists (select 1 from members where team_id = team_id and name = 'x' and members.user_id = auth.uid())";
        assert_eq!(columns(written), ["members.team_id", "members.team_id", "own.name", "members.user_id"]);
        assert_eq!(columns("(team_id IN ( SELECT docs_1.team_id FROM docs docs_1))"), ["own.team_id", "docs.team_id"]);
        assert_eq!(columns("(id = 1 AND name IS NOT NULL)"), ["own.id", "own.name"]);
        assert_eq!(columns("id in (select f.id from my_ids() f)"), ["own.id", "?.id"]);
    }

    #[test]
    fn joins_and_unions_are_read() {
        let catalog = catalog();
        let names = Names::of(&catalog);
        let reading = names.read(
            &catalog.tables[0],
            "(id IN ( SELECT d.id FROM (public.docs d JOIN public.members m ON ((m.team_id = d.team_id))) WHERE m.user_id = f(d.id) UNION SELECT 1 FROM members))",
        );
        let read: Vec<&str> = reading.reads().map(|n| n.name.as_str()).collect();
        assert_eq!(read, ["docs", "members", "members"]);
        assert_eq!(reading.calls.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["f"]);
        assert_eq!(reading.queries[1].parent, None);
    }
}
