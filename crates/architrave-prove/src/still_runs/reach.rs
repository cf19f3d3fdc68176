//! Which queries a statement can reach: by its words, as far as that is certain.

use architrave_model::script::{Statement, StatementKind};
use architrave_sql::lex::{Lexer, TokenKind, name_of};
use std::collections::BTreeSet;

/// What a statement can change for queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nothing: rows, comments, privileges.
    Nothing,
    /// Queries that name one of these.
    Named(BTreeSet<String>),
    /// Whatever there is: code that is called, and objects that queries do not name.
    Everything,
}

/// Words that stand in statements of every kind.
static COMMON: &[&str] = &[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "by",
    "column",
    "constraint",
    "create",
    "default",
    "drop",
    "exists",
    "false",
    "from",
    "if",
    "in",
    "index",
    "int",
    "integer",
    "is",
    "key",
    "not",
    "null",
    "on",
    "only",
    "or",
    "public",
    "rename",
    "select",
    "set",
    "table",
    "text",
    "to",
    "true",
    "type",
    "using",
    "where",
    "with",
];

/// Names and key words of a text, folded as PostgreSQL does.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let named = Lexer::new(text).filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedName));
    let names = named.filter_map(|t| text.get(t.start..t.end)).map(name_of);
    names.filter(|name| !COMMON.contains(&name.as_str())).collect()
}

pub(super) fn of(statement: &Statement) -> Reach {
    let mut leading = statement.text.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty()).map(str::to_ascii_lowercase);
    let (first, second) = (leading.next().unwrap_or_default(), leading.next().unwrap_or_default());
    match (&statement.kind, first.as_str(), second.as_str()) {
        (StatementKind::PsqlCommand | StatementKind::CopyData { .. } | StatementKind::Template { .. } | StatementKind::Begin, ..)
        | (StatementKind::Data, "insert" | "update" | "delete" | "truncate" | "copy", _)
        | (_, "comment" | "grant" | "revoke" | "analyze" | "vacuum" | "reindex" | "set" | "reset", _)
        | (_, "create", "index" | "unique") => Reach::Nothing,
        // A dropped index may be the one that an upsert leans on; a table's own objects are named with it, or belong to it.
        (_, "alter" | "create" | "drop", "table" | "view" | "materialized" | "function" | "procedure" | "sequence") => {
            let words = words(&statement.text);
            if words.contains("cascade") { Reach::Everything } else { Reach::Named(words) }
        }
        _ => Reach::Everything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reach(text: &str) -> Reach {
        of(&architrave_sql::split(text)[0])
    }

    #[test]
    fn names_are_enough_for_tables_and_not_for_what_queries_do_not_name() {
        let named = |names: &[&str]| Reach::Named(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(reach("alter table public.Orders drop column \"Note\""), named(&["Note", "orders"]));
        assert_eq!(reach("drop table a cascade"), Reach::Everything);
        assert_eq!(reach("alter type mood rename value 'a' to 'b'"), Reach::Everything);
        assert_eq!(reach("do $$ begin end $$"), Reach::Everything);
        assert_eq!(reach("drop index i"), Reach::Everything);
        assert_eq!(reach("update t set a = 1"), Reach::Nothing);
    }
}
