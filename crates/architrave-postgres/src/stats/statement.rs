//! `pg_stat_statements`: normalised texts only; a utility statement keeps no literal.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::Gap;
use architrave_model::stats::StatementStats;

pub(super) static QUESTION: Question = Question::new("pg_stat_statements", include_str!("statement.sql"))
    .or("add pg_stat_statements to shared_preload_libraries and grant pg_read_all_stats to this role");

/// What the view shows instead of the text of somebody else's statement.
const HIDDEN: &str = "<insufficient privilege>";

/// The statements whose text is readable, and a gap for the others.
pub(super) fn build(rows: Rows<StatementStats, NoKeys>) -> (Vec<StatementStats>, Option<Gap>) {
    let all = rows.values();
    let total = all.len();
    let mut statements: Vec<_> = all.into_iter().filter(|s| s.query != HIDDEN).collect();
    for statement in &mut statements {
        if !is_normalised(&statement.query) {
            statement.query = without_literals(&statement.query);
        }
    }
    let hidden = total - statements.len();
    let gap = (hidden > 0).then(|| {
        let remedy = "grant pg_read_all_stats to this role";
        Gap::new(format!("{hidden} of {total} statements of pg_stat_statements"), "they are hidden from this role", Some(remedy))
    });
    (statements, gap)
}

/// Whether PostgreSQL replaces the constants of such a statement; it leaves those of utility statements as they were.
fn is_normalised(query: &str) -> bool {
    let word = query.trim_start_matches(|c: char| c.is_whitespace() || c == '(').split(|c: char| !c.is_ascii_alphabetic()).next();
    word.is_some_and(|word| {
        ["select", "insert", "update", "delete", "merge", "with", "values"].iter().any(|w| word.eq_ignore_ascii_case(w))
    })
}

/// Replaces everything between quotes (`'…'`, `$tag$…$tag$`) by an ellipsis; names in double quotes stay.
fn without_literals(query: &str) -> String {
    let mut result = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(at) = rest.find(['\'', '$', '"']) {
        result.push_str(&rest[..at]);
        let tail = &rest[at..];
        let length = literal_length(tail);
        match (tail.as_bytes().first(), length) {
            (Some(b'"'), _) => result.push_str(&tail[..length]),
            (_, 1) => result.push_str(&tail[..1]),
            _ => result.push_str("'…'"),
        }
        rest = &tail[length..];
    }
    result.push_str(rest);
    result
}

/// Bytes of the quoted thing at the start of `tail`; 1 when it is none. One that never ends takes all.
fn literal_length(tail: &str) -> usize {
    if let Some(body) = tail.strip_prefix('$') {
        let Some(end) = body.find('$').filter(|end| body[..*end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')) else { return 1 };
        let tag = &tail[..end + 2];
        if tag.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            return 1;
        }
        return tail[tag.len()..].find(tag).map_or(tail.len(), |at| at + 2 * tag.len());
    }
    let bytes = tail.as_bytes();
    let Some(&quote) = bytes.first() else { return 0 };
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'\\' && quote == b'\'' {
            // Whether this escapes the next byte depends on settings of that session: hide all that follows.
            return tail.len();
        } else if byte == quote && bytes.get(at) == Some(&quote) {
            at += 1;
        } else if byte == quote {
            return at;
        }
    }
    tail.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utility_statements_lose_their_literals() {
        assert_eq!(
            without_literals("alter role \"a'b\" password 'x''y' valid until '2030'"),
            "alter role \"a'b\" password '…' valid until '…'"
        );
        assert_eq!(without_literals("do $x$ begin perform 'a'; end $x$ language plpgsql"), "do '…' language plpgsql");
        assert_eq!(without_literals("prepare p as select $1, 'é''' , '\\' , 'x'"), "prepare p as select $1, '…' , '…'");
        assert_eq!(without_literals("set x = 'never ends"), "set x = '…'");
    }

    #[test]
    fn queries_are_told_from_utility_statements() {
        for query in ["select 1", "  (SELECT 1)", "WITH a as (select 1) select 2", "update t set a = $1"] {
            assert!(is_normalised(query), "{query}");
        }
        for query in ["alter role a password 'x'", "explain select 'x'", "", "selection"] {
            assert!(!is_normalised(query), "{query}");
        }
    }
}
