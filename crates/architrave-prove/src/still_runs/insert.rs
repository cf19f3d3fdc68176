//! What an INSERT leaves out: PREPARE accepts one that misses a column without which no row is accepted any more.

use super::Complaint;
use super::known::Known;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_sql::lex::{Lexer, Token, TokenKind, name_of};
use std::collections::{BTreeMap, BTreeSet};

/// Columns by table (as the query names it): whether a value must be given, for those that are there.
pub(super) type Required = BTreeMap<String, BTreeMap<String, bool>>;

/// One INSERT of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Insert {
    /// Name of the query's kept statement.
    query: String,
    /// Table as PostgreSQL reads it.
    table: String,
    /// Columns that it names; none when it names none.
    columns: Option<BTreeSet<String>>,
    /// Columns that it left out in the beginning although a value must be given: somebody fills them in.
    filled: BTreeSet<String>,
}

/// All INSERTs of the queries under watch.
#[derive(Debug, Default)]
pub(super) struct Inserts {
    all: Vec<Insert>,
    /// The INSERTs of each query, by its number.
    of_query: Vec<Vec<usize>>,
}

impl Inserts {
    pub(super) fn of(known: &[Known]) -> Self {
        let all = known.iter().flat_map(|k| read(&k.text).into_iter().map(move |(table, columns)| (k, table, columns)));
        let all = all.map(|(k, table, columns)| Insert { query: k.kept.clone(), table, columns, filled: BTreeSet::new() });
        Self { all: all.collect(), of_query: Vec::new() }
    }

    /// The state in the beginning.
    pub(super) fn remember(&mut self, required: &Required) {
        for insert in &mut self.all {
            let Some(columns) = required.get(&insert.table) else { continue };
            let named = insert.columns.get_or_insert_with(|| columns.keys().cloned().collect());
            let left_out = columns.iter().filter(|(name, must)| **must && !named.contains(*name));
            insert.filled = left_out.map(|(name, _)| name.clone()).collect();
        }
    }

    /// Numbers of the queries, once it is clear which are watched.
    pub(super) fn renumber(&mut self, known: &[Known]) {
        let of = |k: &Known| (0..self.all.len()).filter(|at| self.all.get(*at).is_some_and(|i| i.query == k.kept)).collect();
        self.of_query = known.iter().map(of).collect();
    }

    /// The question that [`required`] reads; none without an INSERT. A trigger that may fill columns in makes nothing required.
    pub(super) fn question(&self) -> Option<String> {
        let tables: BTreeSet<&str> = self.all.iter().map(|i| i.table.as_str()).collect();
        let names: Vec<String> = tables.iter().map(|t| format!("({})", quote_literal(t))).collect();
        (!names.is_empty()).then(|| {
            format!(
                "select n.name, a.attname, (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = '' and a.attgenerated = '' \
                 and t.typdefault is null and c.relkind in ('r', 'p') and not exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid \
                 and not g.tgisinternal and g.tgtype & 7 = 7) \
                 from (values {}) n (name) join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(n.name) \
                 join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
                 join pg_catalog.pg_type t on t.oid = a.atttypid",
                names.join(", ")
            )
        })
    }

    /// The server's words for a column that the query leaves out and must not.
    pub(super) fn missing(&self, query: usize, required: &Required) -> Option<Complaint> {
        for insert in self.of_query.get(query)?.iter().filter_map(|at| self.all.get(*at)) {
            let (Some(named), Some(columns)) = (&insert.columns, required.get(&insert.table)) else { continue };
            let missing = columns.iter().find(|(name, must)| **must && !named.contains(*name) && !insert.filled.contains(*name));
            if let Some((column, _)) = missing {
                let relation = insert.table.rsplit('.').next().unwrap_or(&insert.table).trim_matches('"');
                let message = format!("null value in column \"{column}\" of relation \"{relation}\" violates not-null constraint");
                return Some(("23502".to_owned(), message));
            }
        }
        None
    }
}

/// Reads the answer to [`Inserts::question`].
pub(super) fn required(rows: &[Vec<Option<String>>]) -> Required {
    let mut required = Required::new();
    for row in rows {
        let [Some(table), Some(column), must] = row.as_slice() else { continue };
        required.entry(table.clone()).or_default().insert(column.clone(), must.as_deref() == Some("t"));
    }
    required
}

/// Tables and named columns of all INSERTs in a text, those in common table expressions too.
fn read(text: &str) -> Vec<(String, Option<BTreeSet<String>>)> {
    let blank = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
    let tokens: Vec<Token> = Lexer::new(text).filter(|t| !blank.contains(&t.kind)).collect();
    let part = |at: usize| tokens.get(at).and_then(|t| text.get(t.start..t.end)).unwrap_or_default();
    let kind = |at: usize| tokens.get(at).map(|t| t.kind);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if !(part(at).eq_ignore_ascii_case("insert") && part(at + 1).eq_ignore_ascii_case("into")) {
            continue;
        }
        let mut next = at + 2;
        let mut names = vec![name_of(part(next))];
        while kind(next + 1) == Some(TokenKind::Dot) {
            next += 2;
            names.push(name_of(part(next)));
        }
        next += 1;
        if part(next).eq_ignore_ascii_case("as") {
            next += 2;
        }
        let table = names.iter().map(|n| quote_ident(n)).collect::<Vec<_>>().join(".");
        found.push((table, columns(text, tokens.get(next..).unwrap_or_default())));
    }
    found
}

/// The list of columns that begins here, if one does: an opening bracket may be a query's as well.
fn columns(text: &str, tokens: &[Token]) -> Option<BTreeSet<String>> {
    let part = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let (open, rest) = tokens.split_first()?;
    let first = rest.first().map(part).unwrap_or_default();
    if open.kind != TokenKind::OpenParen || ["select", "with", "values", "table"].iter().any(|w| first.eq_ignore_ascii_case(w)) {
        return None;
    }
    let mut named = BTreeSet::new();
    let mut depth = 0;
    let mut expects = true;
    for token in rest {
        match token.kind {
            TokenKind::CloseParen if depth == 0 => return Some(named),
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth -= 1,
            TokenKind::Comma if depth == 0 => expects = true,
            TokenKind::Word | TokenKind::QuotedName if expects => {
                named.insert(name_of(part(token)));
                expects = false;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_of_inserts_are_read() {
        let set = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>());
        assert_eq!(read("insert into T (a, \"B\") values ($1, $2)"), [("t".to_owned(), set(&["a", "B"]))]);
        assert_eq!(read("insert into s.t as x (a[1], b.c) select 1"), [("s.t".to_owned(), set(&["a", "b"]))]);
        assert_eq!(read("with n as (insert into t select 1 returning *) select * from n"), [("t".to_owned(), None)]);
        assert_eq!(read("insert into t default values"), [("t".to_owned(), None)]);
    }
}
