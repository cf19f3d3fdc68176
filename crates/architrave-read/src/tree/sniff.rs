//! What the start of an SQL file shows: whose it is, which dialect, whether it defines anything.

use crate::dialect::{self, Foreign};
use crate::markers::{self, Tool};
use crate::sql::{self, words::WordSet};
use std::sync::LazyLock;

/// Marks of one SQL file.
#[derive(Debug, Default)]
pub(crate) struct Sniff {
    /// Tools whose section marks it carries.
    pub(crate) tools: Vec<Tool>,
    /// Evidence of another database's dialect.
    pub(crate) foreign: Option<Foreign>,
    /// Its very first bytes are `-- no-transaction`.
    pub(crate) starts_without_transaction: bool,
    /// Words that only PostgreSQL has.
    pub(crate) postgres: bool,
    /// Creates, alters or drops something.
    pub(crate) defines: bool,
    /// Creates a table, or a schema, type, view or function.
    pub(crate) creates: bool,
    /// Creates a table.
    pub(crate) creates_table: bool,
    /// The first table it creates, as written, in lower case.
    pub(crate) first_table: Option<String>,
    /// Plain output of `pg_dump`.
    pub(crate) dump: bool,
    /// Major version of the server that `pg_dump` read.
    pub(crate) dump_major: Option<u16>,
}

impl Sniff {
    /// How much of a file is looked at, bytes.
    pub(crate) const BYTES: u64 = 256 * 1024;

    pub(crate) fn of(text: &str) -> Self {
        let code = sql::code_only(text).to_lowercase();
        let (creates_table, creates) = created(&code);
        Self {
            tools: markers::tools(text),
            starts_without_transaction: text.starts_with("-- no-transaction"),
            foreign: dialect::foreign(text, &code),
            postgres: dialect::is_postgres(text, &code),
            defines: creates || DEFINING.first_in(&code).is_some(),
            creates,
            creates_table,
            first_table: first_table(&code),
            dump: text.lines().take(40).any(|l| l.starts_with("-- PostgreSQL database") && l.trim_end().ends_with("dump")),
            dump_major: dump_major(text),
        }
    }
}

static DEFINING: LazyLock<WordSet> = LazyLock::new(|| WordSet::new(["create", "alter", "drop"].into_iter()));

/// What the code makes with `create [or replace] [temporary …] <what>`: a table, anything that makes it a schema.
fn created(code: &str) -> (bool, bool) {
    let mut other = false;
    let mut rest = code;
    while let Some(at) = sql::find_word(rest, "create") {
        rest = &rest[at + "create".len()..];
        let mut words = rest.split_whitespace();
        let between = ["or", "replace", "unlogged", "global", "local", "foreign", "recursive"];
        match words.by_ref().find(|w| !between.contains(w)).unwrap_or_default() {
            "table" => return (true, true),
            "schema" | "type" | "view" | "function" | "extension" | "domain" => other = true,
            "materialized" => other |= words.next() == Some("view"),
            _ => {}
        }
    }
    (false, other)
}

fn first_table(code: &str) -> Option<String> {
    let after = &code[sql::find_word(code, "create table")? + "create table".len()..];
    let mut words =
        after.split(|c: char| c.is_whitespace() || c == '(').filter(|w| !w.is_empty() && !matches!(*w, "if" | "not" | "exists"));
    words.next().map(str::to_owned)
}

fn dump_major(text: &str) -> Option<u16> {
    let line = text.lines().take(40).find_map(|l| l.strip_prefix("-- Dumped from database version "))?;
    line.split(['.', ' ']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_names_its_server() {
        let sniff = Sniff::of(
            "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 16.4 (Debian 16.4-1)\nCREATE TABLE public.a (id int);",
        );
        assert!(sniff.dump && sniff.creates_table);
        assert_eq!(sniff.dump_major, Some(16));
    }

    #[test]
    fn what_is_created_is_code_not_comment() {
        assert!(!Sniff::of("-- create table a\nselect 'create table b'").creates_table);
        assert!(Sniff::of("create or replace function f() returns int as $$ $$").creates);
        assert!(Sniff::of("CREATE UNLOGGED TABLE a ()").creates_table);
        assert!(!Sniff::of("create index on a (b)").creates);
        assert!(Sniff::of("create index on a (b)").defines);
    }
}
