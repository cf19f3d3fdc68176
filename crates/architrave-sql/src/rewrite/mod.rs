//! Rewrites of a query that may be faster: each is a text made from the query's own words, offered for trial. Whether it returns
//! the same rows is not decided here: a prover runs both.

mod correlated;
mod keyset;
mod not_in;
mod or_union;
mod range;
mod select;
#[cfg(test)]
mod tests;

use crate::touches::parse;
use architrave_model::Catalog;
use select::{Edit, Outer, edited};
use squawk_syntax::SyntaxKind;

/// What kind of rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RewriteKind {
    /// `NOT IN (SELECT …)` becomes `NOT EXISTS`.
    NotInToNotExists,
    /// An OR over several tables becomes UNION ALL.
    OrToUnionAll,
    /// `OFFSET` becomes a condition on the last row seen.
    OffsetToKeyset,
    /// A subquery run per row becomes one grouped join.
    CorrelatedToJoin,
    /// A function of a column becomes a range of the bare column.
    FunctionToRange,
}

impl RewriteKind {
    /// One line, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::NotInToNotExists => "NOT EXISTS instead of NOT IN",
            Self::OrToUnionAll => "UNION ALL instead of an OR across tables",
            Self::OffsetToKeyset => "continue after the last row seen instead of OFFSET",
            Self::CorrelatedToJoin => "one grouped join instead of a subquery per row",
            Self::FunctionToRange => "a range of the bare column instead of a function of it",
        }
    }
}

/// A rewritten query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Kind.
    pub kind: RewriteKind,
    /// The rewritten statement.
    pub sql: String,
    /// How to compare it with the original.
    pub comparison: Comparison,
}

/// How a rewrite is compared with the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both return the same rows, in any order.
    SameRows,
    /// The rewrite returns the page that follows a row.
    Page(Page),
}

/// What is needed to compare pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The original without LIMIT and OFFSET, its order completed by the primary key so that it is total.
    pub ordered: String,
    /// The same, but returning the sort keys only.
    pub keys: String,
    /// The rewrite without LIMIT; the parameters `$first`, `$first + 1` … stand for the keys of the last row seen.
    pub rewritten: String,
    /// Number of the first of those parameters.
    pub first: u32,
    /// How many keys.
    pub count: u32,
    /// Their types, as `format_type` prints them.
    pub key_types: Vec<String>,
}

/// The statement without its own LIMIT and OFFSET: two queries that differ in ties at the end of a page are still the same query.
pub fn without_limit(sql: &str) -> String {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    let bounds = [SyntaxKind::LIMIT_CLAUSE, SyntaxKind::OFFSET_CLAUSE, SyntaxKind::FETCH_CLAUSE];
    let looked = parse::guarded(sql, |root| {
        let clauses = root.children().filter(|n| n.kind() == SyntaxKind::SELECT).flat_map(|s| s.children().collect::<Vec<_>>());
        let edits = clauses.filter(|c| bounds.contains(&c.kind())).map(|c| Edit::replace(&c, "")).collect();
        edited(sql, edits).trim_end().to_owned()
    });
    looked.map_or_else(|| sql.to_owned(), |o| o.found)
}

/// All rewrites that the text of one statement offers. The catalogue resolves unqualified names and finds primary keys. A text
/// that is not one plain SELECT offers none.
pub fn rewrites(sql: &str, catalog: &Catalog) -> Vec<Rewrite> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    let looked = parse::guarded(sql, |root| {
        let Some(outer) = Outer::of(root, sql, catalog) else { return Vec::new() };
        let mut found = Vec::new();
        found.extend(not_in::rewrite(&outer, root));
        found.extend(or_union::rewrite(&outer));
        found.extend(keyset::rewrite(&outer));
        found.extend(correlated::rewrite(&outer));
        found.extend(range::rewrite(&outer));
        found
    });
    match looked {
        Some(outcome) if outcome.error.is_none() => outcome.found,
        _ => Vec::new(),
    }
}
