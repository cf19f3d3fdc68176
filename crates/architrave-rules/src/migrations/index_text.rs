//! The text of CREATE INDEX taken apart where a safe version says something else: the words up to the table are made anew, the rest stays as written.

use crate::body::{Token, placed};
use architrave_model::QualifiedName;
use architrave_model::name::quote_ident;

/// A CREATE INDEX as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexText {
    pub(crate) unique: bool,
    /// From USING or the first parenthesis to the end.
    rest: String,
}

impl IndexText {
    /// None where the text is no CREATE INDEX.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let tokens = placed(text);
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|(_, t)| t.is(word));
        let unique = is(1, "unique");
        if !is(0, "create") || !is(1 + usize::from(unique), "index") {
            return None;
        }
        let on = tokens.iter().position(|(_, t)| t.is("on"))?;
        let opens = |t: &Token| t.is("using") || t.is_sign("(");
        let (start, _) = tokens.iter().skip(on).find(|(_, t)| opens(t))?;
        Some(Self { unique, rest: text.get(*start..)?.trim_end().to_owned() })
    }

    /// `create index concurrently if not exists …`, with the words as asked.
    pub(crate) fn concurrently(&self, name: &str, table: &QualifiedName) -> String {
        self.with("concurrently ", name, "", table)
    }

    /// `create index … on only …`: of a partitioned table, without its partitions.
    pub(crate) fn on_only(&self, name: &str, table: &QualifiedName) -> String {
        self.with("", name, "only ", table)
    }

    fn with(&self, concurrently: &str, name: &str, only: &str, table: &QualifiedName) -> String {
        let unique = if self.unique { "unique " } else { "" };
        format!("create {unique}index {concurrently}{} on {only}{} {}", quote_ident(name), table.sql(), self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_after_the_table_stays_as_written() {
        let made = |text: &str| IndexText::read(text).map(|i| i.concurrently("i", &QualifiedName::new("app", "t")));
        let same = |text: &str, expected: &str| assert_eq!(made(text).as_deref(), Some(expected), "{text}");
        same("CREATE INDEX i ON t (a)", "create index concurrently i on app.t (a)");
        same("create unique index if not exists \"I\" on only app.\"T\" using gin(b) -- on\n where c = ' on ('", {
            "create unique index concurrently i on app.t using gin(b) -- on\n where c = ' on ('"
        });
        same("create index on t(lower(a)) include (b)", "create index concurrently i on app.t (lower(a)) include (b)");
        assert_eq!(made("create table t (a int)"), None);
    }
}
