//! Conditions of scans, as far as rules need them: which column of the scanned table stands bare, which inside an expression.

use crate::condition::{self, Condition, Token, TokenKind, without_parentheses};
use crate::figures::list;
use architrave_model::Catalog;
use architrave_model::catalog::{Index, Table, TypeKind, Volatility};
use architrave_model::name::quote_ident;
use architrave_model::workload::{ScanShape, Term};

/// A comparison whose one side is an expression over columns of the scanned table and whose other side is not of that table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wrapped {
    /// Columns of the table in the expression, each once.
    pub(crate) columns: Vec<String>,
    /// `=`, `<`, `<=`, `>`, `>=`.
    pub(crate) operator: String,
    /// The expression without alias, as SQL: `lower(email)`.
    pub(crate) sql: String,
    /// The type behind `(column)::type`, when the expression is nothing but a cast of one column.
    pub(crate) cast_to: Option<String>,
    /// Words and signs of the expression, alias and enclosing parentheses taken off.
    tokens: Vec<(TokenKind, String)>,
}

/// The comparisons on expressions that all have to hold; those that an OR or NOT encloses are left out.
pub(crate) fn wrapped(condition_text: &str, alias: &str, table: &Table) -> Vec<Wrapped> {
    atoms(condition_text).iter().filter_map(|atom| wrapped_side(atom, alias, table)).collect()
}

/// Conditions that all have to hold, as words and signs.
pub(crate) fn atoms(text: &str) -> Vec<Vec<Token>> {
    match condition::parse(text) {
        Condition::And(parts) => parts.into_iter().filter_map(as_atom).collect(),
        other => as_atom(other).into_iter().collect(),
    }
}

fn as_atom(condition: Condition) -> Option<Vec<Token>> {
    match condition {
        Condition::Atom(tokens) => Some(tokens),
        _ => None,
    }
}

fn wrapped_side(atom: &[Token], alias: &str, table: &Table) -> Option<Wrapped> {
    let (left, operator, right) = comparison(atom)?;
    let (left_columns, right_columns) = (columns_in(left, alias, table), columns_in(right, alias, table));
    let (side, columns, operator) = match (left_columns.is_empty(), right_columns.is_empty()) {
        (false, true) => (left, left_columns, operator),
        (true, false) => (right, right_columns, mirrored(operator)),
        _ => return None,
    };
    let side = without_parentheses(side);
    // A subquery per row has another answer for each: no index is searched for it.
    if condition::plain_column(side).is_some() || atom.iter().any(|t| t.kind == TokenKind::Word && t.text == "subplan") {
        return None;
    }
    let own = without_alias(side, alias);
    Some(Wrapped { columns, operator: operator.to_owned(), sql: sql_of(&own), cast_to: cast_of(side), tokens: plain(&own) })
}

/// Both sides of the outermost comparison; none where there is none or it is not one that an ordered index answers.
pub(crate) fn comparison(atom: &[Token]) -> Option<(&[Token], &str, &[Token])> {
    let atom = without_parentheses(atom);
    let mut depth = 0_i32;
    for (at, token) in atom.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" if token.kind == TokenKind::Sign => depth += 1,
            ")" | "]" if token.kind == TokenKind::Sign => depth -= 1,
            sign @ ("=" | "<" | "<=" | ">" | ">=") if token.kind == TokenKind::Sign && depth == 0 => {
                let (left, right) = (atom.get(..at)?, atom.get(at + 1..)?);
                return (!left.is_empty() && !right.is_empty()).then_some((left, sign, right));
            }
            _ => {}
        }
    }
    None
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// Columns of this occurrence of the table that the expression names, each once.
pub(crate) fn columns_in(tokens: &[Token], alias: &str, table: &Table) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_name()) {
        let sign = |i: Option<usize>, sign: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.is_sign(sign));
        if sign(Some(at + 1), "(") || sign(Some(at + 1), ".") || sign(at.checked_sub(1), "::") {
            continue;
        }
        let qualifier = if sign(at.checked_sub(1), ".") { at.checked_sub(2).and_then(|i| tokens.get(i)) } else { None };
        let own = qualifier.is_none_or(|q| q.text == alias);
        if own && table.column(&token.text).is_some() && !found.contains(&token.text) {
            found.push(token.text.clone());
        }
    }
    found
}

/// Functions that the expression calls, with their schema where it is written.
pub(crate) fn functions_in(tokens: &[Token]) -> Vec<(Option<String>, String)> {
    let calls = tokens.windows(2).enumerate().filter(|(_, w)| matches!(w, [name, open] if name.is_name() && open.is_sign("(")));
    calls
        .filter_map(|(at, w)| {
            let name = w.first()?.text.clone();
            let dot = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| t.is_sign("."));
            let schema = if dot { at.checked_sub(2).and_then(|i| tokens.get(i)).map(|t| t.text.clone()) } else { None };
            Some((schema, name))
        })
        .collect()
}

fn without_alias(tokens: &[Token], alias: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if first.is_name()
            && first.text == alias
            && let Some((dot, after)) = tail.split_first()
            && dot.is_sign(".")
        {
            rest = after;
        } else {
            out.push(first.clone());
        }
    }
    out
}

/// Words and signs as SQL, quoted where needed.
fn sql_of(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut before: Option<&Token> = None;
    for token in tokens {
        let text = if token.kind == TokenKind::Quoted { quote_ident(&token.text) } else { token.text.clone() };
        let tight = |t: &Token| ["(", "[", ".", "::", "$"].iter().any(|s| t.is_sign(s));
        let closes = [")", "]", ",", ".", "::", "["].iter().any(|s| token.is_sign(s));
        let call = token.is_sign("(") && before.is_some_and(|b| b.is_name() && !is_infix_word(&b.text));
        if before.is_some_and(|b| !tight(b)) && !closes && !call {
            out.push(' ');
        }
        out.push_str(&text);
        before = Some(token);
    }
    out
}

fn is_infix_word(word: &str) -> bool {
    matches!(word, "and" | "or" | "not" | "from" | "in" | "is" | "any" | "all" | "zone" | "collate")
}

fn plain(tokens: &[Token]) -> Vec<(TokenKind, String)> {
    let parentheses = |t: &&Token| !(t.is_sign("(") || t.is_sign(")"));
    tokens.iter().filter(parentheses).map(|t| (t.kind, t.text.clone())).collect()
}

/// What stays the same whatever the constants are: names, operators and their order, without constants, their casts and signs of order.
fn skeleton(tokens: &[Token]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        let constant = matches!(token.kind, TokenKind::Text | TokenKind::Number) || token.is_sign("$") || token.is_sign("…");
        if token.is_sign("::") {
            // The type's first word; others of it are compared, which does no harm.
            rest.next();
        } else if !constant && !["(", ")", ","].iter().any(|sign| token.is_sign(sign)) {
            kept.push(token.text.clone());
        }
    }
    kept
}

/// The type of `(column)::type`.
fn cast_of(side: &[Token]) -> Option<String> {
    let at = side.iter().rposition(|t| t.is_sign("::"))?;
    let (subject, kind) = (side.get(..at)?, side.get(at + 1..)?);
    condition::plain_column(subject)?;
    let words: Vec<&str> = kind.iter().take_while(|t| t.is_name()).map(|t| t.text.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The first valid index that holds the column bare as its first key.
pub(crate) fn index_on<'a>(table: &'a Table, column: &str) -> Option<&'a Index> {
    table.indexes.iter().find(|i| i.is_complete() && i.method == "btree" && i.leading_columns().next() == Some(column))
}

/// Kinds of types between which a cast is a change of label only: an index over the bare column still serves.
pub(crate) fn is_relabel(catalog: &Catalog, from: &str, to: &str) -> bool {
    let text = |t: &str| matches!(t, "text" | "character varying" | "varchar");
    let oid = |t: &str| t == "oid" || t.starts_with("reg");
    let bits = |t: &str| matches!(t, "bit" | "bit varying");
    // A domain is printed as its base type.
    let is_domain = catalog.types.iter().any(|t| matches!(t.kind, TypeKind::Domain { .. }) && from.ends_with(t.name.name.as_str()));
    from == to
        || is_domain
        || (text(from) && text(to))
        || (bits(from) && bits(to))
        || (from == "cidr" && to == "inet")
        || ((oid(from) || from == "integer") && oid(to))
}

/// Functions of PostgreSQL that give the same answer for the same arguments always, whatever the session's settings are. Those that
/// do so for some argument types only (`date_trunc`, `to_char`, `extract` of a moment with time zone) are left out.
static IMMUTABLE: &[&str] = &[
    "abs",
    "ascii",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "decode",
    "div",
    "encode",
    "exp",
    "floor",
    "greatest",
    "initcap",
    "jsonb_array_length",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_typeof",
    "least",
    "left",
    "length",
    "ln",
    "lower",
    "lpad",
    "ltrim",
    "md5",
    "mod",
    "nullif",
    "octet_length",
    "position",
    "power",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sha256",
    "sign",
    "split_part",
    "sqrt",
    "strpos",
    "substr",
    "substring",
    "translate",
    "trim",
    "trunc",
    "upper",
];

impl Wrapped {
    /// Whether an index may hold the expression: PostgreSQL takes immutable ones only. False when in doubt.
    pub(crate) fn is_indexable(&self, catalog: &Catalog, table: &Table) -> bool {
        let tokens = condition::tokens(&self.sql);
        // A masked literal would go into the index as it is.
        if tokens.iter().any(|t| t.text.contains('…') || t.text.contains('$') || t.text.contains('?') && t.kind == TokenKind::Text) {
            return false;
        }
        let known = |(schema, name): &(Option<String>, String)| {
            let own = catalog.functions.iter().filter(|f| f.name.name == *name && schema.as_ref().is_none_or(|s| *s == f.name.schema));
            let mut own = own.peekable();
            if own.peek().is_some() {
                return own.all(|f| f.volatility == Volatility::Immutable);
            }
            schema.is_none() && IMMUTABLE.binary_search(&name.as_str()).is_ok()
        };
        let casts = tokens.windows(2).filter_map(|w| match w {
            [cast, kind] if cast.is_sign("::") => Some(kind.text.as_str()),
            _ => None,
        });
        let stable = |t: &str| t.starts_with("timestamp") || matches!(t, "date" | "interval") || t.starts_with("time");
        let of_time = self.columns.iter().filter_map(|c| table.column(c)).any(|c| stable(&c.base_type()));
        let casts: Vec<&str> = casts.collect();
        functions_in(&tokens).iter().all(known)
            && !of_time
            && !casts.iter().any(|t| stable(t))
            && !self.casts_an_enum(catalog, table, &casts)
    }

    fn casts_an_enum(&self, catalog: &Catalog, table: &Table, casts: &[&str]) -> bool {
        let own =
            |name: &str| catalog.types.iter().any(|t| matches!(t.kind, TypeKind::Enum { .. }) && name.ends_with(t.name.name.as_str()));
        casts.contains(&"text") && self.columns.iter().filter_map(|c| table.column(c)).any(|c| own(&c.data_type))
    }

    /// The expression as the statement's shape has it, where constants are not masked and parameters not filled in; itself where the
    /// shape is not known.
    pub(crate) fn told_by(self, shape: Option<&ScanShape>) -> Self {
        let conditions = shape.into_iter().flat_map(|s| s.conditions.iter().chain(s.alternatives.iter().flatten()));
        let expressions = conditions.filter_map(|c| match &c.term {
            Term::Expression(text) => Some(condition::tokens(text)),
            Term::Column(_) => None,
        });
        let own = skeleton(&condition::tokens(&self.sql));
        let same = |tokens: &Vec<Token>| skeleton(tokens) == own;
        match expressions.into_iter().find(same) {
            Some(tokens) => Self { sql: sql_of(without_parentheses(&tokens)), tokens: plain(&tokens), ..self },
            None => self,
        }
    }

    /// The index over this very expression, if there is one.
    pub(crate) fn index<'a>(&self, table: &'a Table) -> Option<&'a Index> {
        table
            .indexes
            .iter()
            .find(|i| i.keys.iter().any(|k| k.expression.as_deref().is_some_and(|e| plain(&condition::tokens(e)) == self.tokens)))
    }

    /// The expression as an index or statistics object takes it: a single call as it is, anything else in parentheses.
    pub(crate) fn as_key(&self) -> String {
        let tokens = condition::tokens(&self.sql);
        let call = match tokens.as_slice() {
            [name, open, inner @ .., close] if name.is_name() && open.is_sign("(") && close.is_sign(")") => {
                let mut depth = 1_i32;
                inner.iter().all(|t| {
                    depth += i32::from(t.is_sign("(")) - i32::from(t.is_sign(")"));
                    depth > 0
                })
            }
            _ => false,
        };
        if call { self.sql.clone() } else { format!("({})", self.sql) }
    }

    /// The only column's type is a date or a moment.
    pub(crate) fn is_of_time(&self, table: &Table) -> bool {
        let time = |c: &String| table.column(c).is_some_and(|c| c.base_type() == "date" || c.base_type().starts_with("timestamp"));
        self.columns.len() == 1 && self.columns.iter().all(time)
    }

    /// The columns in words.
    pub(crate) fn columns_in_words(&self) -> String {
        list(&self.columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::{Column, IndexKey, NullsOrder};

    fn table() -> Table {
        let column = |name: &str, data_type: &str| Column { name: name.into(), data_type: data_type.into(), ..Column::default() };
        Table {
            columns: vec![
                column("id", "bigint"),
                column("email", "text"),
                column("code", "character varying(20)"),
                column("placed_at", "timestamp with time zone"),
                column("doc", "jsonb"),
                column("Weird", "text"),
            ],
            ..Table::default()
        }
    }

    fn found(text: &str) -> Vec<(String, String, bool)> {
        wrapped(text, "o", &table())
            .iter()
            .map(|w| (w.as_key(), w.operator.clone(), w.is_indexable(&Catalog::default(), &table())))
            .collect()
    }

    #[test]
    fn expressions_over_columns_are_told_from_bare_ones() {
        let one = |key: &str, operator: &str, indexable: bool| vec![(key.to_owned(), operator.to_owned(), indexable)];
        assert_eq!(found("(lower(email) = 'x'::text)"), one("lower(email)", "=", true));
        assert_eq!(found("(lower(o.email) = lower($1))"), one("lower(email)", "=", true));
        assert_eq!(found("((status = 'a'::text) AND ((id)::numeric = 4711.0))"), one("((id)::numeric)", "=", true));
        assert_eq!(found("('x'::text = upper(\"Weird\"))"), one("upper(\"Weird\")", "=", true));
        assert_eq!(found("((o.doc ->> 'kind'::text) = 'a'::text)"), one("(doc ->> 'kind'::text)", "=", true));
        assert_eq!(found("(10 < (id + 1))"), one("(id + 1)", ">", true));
        assert_eq!(
            found("(date_trunc('day'::text, placed_at) = '…'::timestamp with time zone)"),
            one("date_trunc('day'::text, placed_at)", "=", false)
        );
        assert_eq!(found("(EXTRACT(year FROM placed_at) = '2026'::numeric)"), one("extract(year from placed_at)", "=", false));
        assert_eq!(found("(lower(email) = ANY ('{a,b}'::text[]))"), one("lower(email)", "=", true));
        assert_eq!(found("((doc ->> '…'::text) = 'a'::text)"), one("(doc ->> '…'::text)", "=", false));
    }

    #[test]
    fn what_is_no_comparison_with_something_else_is_left_alone() {
        for text in [
            "(email = 'x'::text)",
            "(o.id = c.id)",
            "(c.id = lower(c.email))",
            "(lower(email) = code)",
            "((lower(email) = 'x'::text) OR (id = 1))",
            "(lower(email) ~~ 'x%'::text)",
            "(id = (SubPlan 1))",
            "is_visible(email)",
            "",
        ] {
            assert_eq!(found(text), Vec::new(), "{text}");
        }
    }

    #[test]
    fn a_change_of_label_is_no_cast() {
        let catalog = Catalog::default();
        assert!(is_relabel(&catalog, "character varying", "text"));
        assert!(!is_relabel(&catalog, "character", "text"));
        assert!(!is_relabel(&catalog, "bigint", "numeric"));
        assert_eq!(wrapped("((code)::text = 'x'::text)", "o", &table())[0].cast_to.as_deref(), Some("text"));
        assert_eq!(wrapped("((o.placed_at)::date = '2025-01-01'::date)", "o", &table())[0].cast_to.as_deref(), Some("date"));
    }

    #[test]
    fn an_index_over_the_expression_is_recognised() {
        let mut table = table();
        let key = IndexKey {
            column: None,
            expression: Some("(doc ->> 'kind'::text)".into()),
            operator_class: None,
            collation: None,
            descending: false,
            nulls: NullsOrder::Last,
        };
        let mut index = crate::new_index::plain_index(&[]);
        index.keys = vec![key];
        table.indexes.push(index);
        let of = |text: &str| wrapped(text, "o", &table)[0].index(&table).is_some();
        assert!(of("((o.doc ->> 'kind'::text) = 'a'::text)"));
        assert!(!of("((o.doc ->> 'name'::text) = 'a'::text)"));
    }

    #[test]
    fn a_masked_key_is_read_from_the_shape() {
        let masked = || wrapped("((doc ->> '…'::text) = '…'::text)", "o", &table()).remove(0);
        assert!(!masked().is_indexable(&Catalog::default(), &table()));
        let condition = architrave_model::workload::Condition {
            term: Term::Expression("(doc ->> 'kind'::text)".into()),
            comparison: architrave_model::workload::Comparison::Equal,
            operator: "=".into(),
            with: architrave_model::workload::Operand::Parameter(1),
            text: String::new(),
        };
        let shape = ScanShape { conditions: vec![condition], ..ScanShape::default() };
        let read = masked().told_by(Some(&shape));
        assert_eq!(read.as_key(), "(doc ->> 'kind'::text)");
        assert!(read.is_indexable(&Catalog::default(), &table()));
        assert_eq!(masked().told_by(None).sql, "doc ->> '…'::text");
        // A parameter that was filled in is no part of the expression.
        let filled = wrapped("(COALESCE(email, 'secret'::text) = 'x'::text)", "o", &table()).remove(0);
        let mut shape = shape;
        shape.conditions[0].term = Term::Expression("COALESCE(email, $1)".into());
        let read = filled.told_by(Some(&shape));
        assert_eq!(read.sql, "coalesce(email, $1)");
        assert!(!read.is_indexable(&Catalog::default(), &table()));
    }

    #[test]
    fn immutable_functions_are_sorted() {
        assert!(IMMUTABLE.is_sorted());
    }
}
