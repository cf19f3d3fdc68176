//! Runs of plain INSERTs that differ only in their values: the first ones and the last are looked at, and speak for those between them.

use architrave_model::script::{Statement, StatementKind};
use architrave_sql::lex::{Lexer, TokenKind};
use std::collections::BTreeSet;

/// How many at the beginning of a run are looked at.
const FIRST: usize = 2;
/// Shorter runs are looked at whole.
const LEAST: usize = 16;

/// All but the values of an INSERT.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form<'a> {
    /// Up to VALUES.
    head: &'a str,
    /// Words after that, in lower case: functions, types, clauses.
    words: BTreeSet<String>,
}

/// The form of `insert into … values …` without a query in it; none of other statements.
fn form(statement: &Statement) -> Option<Form<'_>> {
    let text = statement.text.as_str();
    if statement.kind != StatementKind::Data || !text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("insert")) {
        return None;
    }
    let mut head = None;
    let mut words = BTreeSet::new();
    for token in Lexer::new(text) {
        match (token.kind, head) {
            (TokenKind::Word, None) if text.get(token.start..token.end)?.eq_ignore_ascii_case("values") => head = text.get(..token.start),
            (TokenKind::Word | TokenKind::QuotedName, Some(_)) => {
                let word = text.get(token.start..token.end)?.to_ascii_lowercase();
                if word == "select" || word == "table" {
                    return None;
                }
                words.insert(word);
            }
            _ => {}
        }
    }
    Some(Form { head: head?, words })
}

/// What a statement's text names: without the values where these name nothing.
pub(super) fn naming(statement: &Statement) -> &str {
    match form(statement) {
        Some(form) if form.words.iter().all(|word| matches!(word.as_str(), "null" | "true" | "false" | "default")) => form.head,
        _ => &statement.text,
    }
}

/// For each statement whether others speak for it.
pub(super) fn spoken_for(statements: &[Statement]) -> Vec<bool> {
    let mut out = vec![false; statements.len()];
    let mut start = 0;
    let mut known: Option<Form<'_>> = None;
    for at in 0..=statements.len() {
        let next = statements.get(at).and_then(form);
        if next.is_some() && next == known {
            continue;
        }
        if known.is_some() && at - start >= LEAST {
            for spoken in out.iter_mut().take(at - 1).skip(start + FIRST) {
                *spoken = true;
            }
        }
        (start, known) = (at, next);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str) -> Vec<usize> {
        let spoken = spoken_for(&architrave_sql::split(text));
        spoken.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).collect()
    }

    #[test]
    fn the_first_two_and_the_last_of_a_long_run_speak_for_the_others() {
        let run: String = (0..20).map(|n| format!("insert into t (a, b) values ({n}, 'select {n}');\n")).collect();
        assert_eq!(spoken(&format!("create table t (a int, b text);{run}select 1;")), (3..20).collect::<Vec<_>>());
        assert_eq!(spoken(&run.replacen("(7, ", "((select 7), ", 1)), Vec::<usize>::new(), "a query in between ends a run");
        let other = run.replacen("(5, ", "(f(5), ", 1);
        assert_eq!(spoken(&other), Vec::<usize>::new(), "and so does a function");
        assert_eq!(spoken(&run.replace("insert into t", "insert into s.u").replace("values", "VALUES")).len(), 17);
        assert_eq!(spoken("insert into t select 1; insert into t select 1;"), Vec::<usize>::new());
    }

    #[test]
    fn values_name_nothing_unless_they_call_something() {
        let naming_of = |text: &str| naming(&architrave_sql::split(text)[0]).to_owned();
        assert_eq!(naming_of("insert into t (a) values (1, 'users', null)"), "insert into t (a) ");
        assert_eq!(naming_of("insert into t values (f('users'))"), "insert into t values (f('users'))");
        assert_eq!(naming_of("update t set a = 1"), "update t set a = 1");
    }
}
