//! Statements as an application sends them: those in files of SQL and in string literals that begin like a query.
//!
//! Only candidates: what a program puts together while it runs comes in pieces, and PostgreSQL says which of them are statements.

use super::literals::{Dialect, Literal, all};
use super::{LONGEST_LINE, MOST_BYTES, MOST_BYTES_OF_ALL, files};
use crate::error::ReadError;
use crate::project::ReadOptions;
use crate::tree::Tree;
use architrave_model::script::{Location, StatementKind};
use architrave_sql::SplitOptions;
use std::collections::BTreeSet;
use std::path::Path;

/// Statements kept.
const MOST: usize = 5000;
/// Shorter texts are no queries.
const SHORTEST: usize = 12;

/// Reads the files below `root`; `defining` are those that make the schema (migrations), whose statements run once. Placeholders stay as the program
/// writes them.
pub fn queries(root: &Path, defining: &BTreeSet<String>, progress: &dyn Fn(&str)) -> Result<Vec<(Location, String)>, ReadError> {
    let tree = Tree::walk(root, &ReadOptions::default(), progress)?;
    let mut found = Vec::new();
    let mut left = MOST_BYTES_OF_ALL;
    for (file, dialect) in files(&tree, defining) {
        progress("looking for queries");
        let Ok(read) = tree.read(&file) else { continue };
        let text = read.text;
        if text.len() > MOST_BYTES || text.len() > left || text.lines().any(|line| line.len() > LONGEST_LINE) {
            continue;
        }
        left -= text.len();
        if dialect == Dialect::Sql {
            of_sql(&file, &text, &mut found);
        } else {
            of_code(&file, &text, dialect, &mut found);
        }
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    Ok(found)
}

/// A file that defines anything is a script, not a collection of queries.
fn of_sql(file: &str, text: &str, found: &mut Vec<(Location, String)>) {
    let statements = architrave_sql::split_with(text, &SplitOptions { psql: false, parse: false, ..SplitOptions::default() }).statements;
    if statements.iter().any(|s| s.kind != StatementKind::Data) {
        return;
    }
    let queries = statements.into_iter().filter(|s| begins_like_a_query(&s.text));
    found.extend(queries.map(|s| (Location { path: file.to_owned(), line: s.line, column: s.column }, s.text)));
}

fn of_code(file: &str, text: &str, dialect: Dialect, found: &mut Vec<(Location, String)>) {
    let mut line = 1u32;
    let mut at = 0;
    for literal in all(text, dialect) {
        let before = text.get(at..literal.content).unwrap_or_default();
        line += u32::try_from(before.matches('\n').count()).unwrap_or(0);
        at = literal.content;
        if literal.text.len() < SHORTEST || !begins_like_a_query(literal.text.trim_start_matches(|c: char| c == '\\' || c.is_whitespace()))
        {
            continue;
        }
        // What is filled in while it runs is not known here.
        if literal.text.contains("${") || literal.text.contains("#{") {
            continue;
        }
        found.push((Location { path: file.to_owned(), line, column: 1 }, unescaped(text, &literal)));
    }
}

fn begins_like_a_query(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("--") {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let blank_follows = rest.get(word.len()..).is_some_and(|r| r.starts_with(char::is_whitespace));
    blank_follows && matches!(word.as_str(), "select" | "insert" | "update" | "delete" | "with" | "merge")
}

/// The literal's text as the program has it.
fn unescaped(source: &str, literal: &Literal<'_>) -> String {
    let quote = source.get(literal.start..literal.content).unwrap_or_default();
    let raw = quote.starts_with('r') || (quote == "`" && !literal.text.contains("\\`"));
    if raw || !literal.text.contains('\\') {
        return literal.text.to_owned();
    }
    let mut text = String::with_capacity(literal.text.len());
    let mut chars = literal.text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't') => text.push(' '),
            // The next line goes on where this one ends.
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `file:line text` of each statement.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = queries(folder.path(), &BTreeSet::new(), &|_| ()).unwrap();
        found
            .into_iter()
            .map(|(l, text)| format!("{}:{} {}", l.path, l.line, text.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    #[test]
    fn files_of_queries_are_read_and_scripts_are_not() {
        let files = [
            ("queries/a.sql", "-- name: one\nselect 1 from t;\n\n-- name: two\nupdate t set a = $1;\n"),
            ("schema.sql", "create table t (a int);\nselect a from t;"),
            ("migrations/1.sql", "select a from t;"),
        ];
        assert_eq!(found(&files), ["queries/a.sql:2 select 1 from t", "queries/a.sql:5 update t set a = $1"]);
    }

    #[test]
    fn literals_that_begin_like_a_query_are_read() {
        let files = [
            (
                "a.ts",
                "const a = 'selection of things';\nawait db.query(\n  `SELECT a\n   FROM t WHERE id = $1`, [id]);\ndb(`select ${x} from t`)",
            ),
            ("b.go", "db.Query(\"select a from t where b = \\\"x\\\"\")"),
            ("c.rs", "query(\n    \"select a \\\n     from t\"\n)"),
        ];
        let expected = ["a.ts:3 SELECT a FROM t WHERE id = $1", "b.go:1 select a from t where b = \"x\"", "c.rs:2 select a from t"];
        assert_eq!(found(&files), expected);
    }
}
