//! psql's own commands and variables.

use crate::lex::{Lexer, TokenKind};
use architrave_model::name::{quote_ident, quote_literal};
use std::collections::BTreeMap;

/// A file that a script includes with `\i` or `\ir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Path as written.
    pub path: String,
    /// Relative to the including file (`\ir`), not to the working directory.
    pub relative_to_script: bool,
}

/// The file that a meta-command includes.
pub fn psql_include(command: &str) -> Option<Include> {
    let (name, arguments) = parts(command);
    let relative_to_script = match name {
        "ir" | "include_relative" => true,
        "i" | "include" => false,
        _ => return None,
    };
    let path = words(arguments, &BTreeMap::new()).into_iter().next()?;
    Some(Include { path, relative_to_script })
}

/// Name and arguments of a meta-command, which starts with its backslash.
pub(super) fn parts(command: &str) -> (&str, &str) {
    let body = command.strip_prefix('\\').unwrap_or(command);
    let end = body.find(|c: char| c.is_whitespace()).unwrap_or(body.len());
    (&body[..end], body[end..].trim())
}

/// Where a meta-command ends: the line's end, or `\\` outside quotes.
pub(super) fn command_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut quote = 0u8;
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\r' => break,
            b'\\' if quote == 0 && bytes.get(at + 1) == Some(&b'\\') => break,
            b'\\' if quote == b'\'' => at += 1,
            b'\'' | b'"' | b'`' if quote == 0 => quote = *byte,
            b if *b == quote => quote = 0,
            _ => {}
        }
        at += 1;
    }
    // A backslash before the line's end inside quotes must not carry us over it.
    at.min(bytes.len())
}

/// Whether the command sends the statement before it, as a semicolon does.
pub(super) fn sends(name: &str) -> bool {
    matches!(name, "g" | "gx" | "gset" | "gexec" | "gdesc" | "crosstabview" | "watch" | "bind" | "bind_named" | "parse" | "sendpipeline")
}

/// `\copy … from stdin`, whose data follows in the script.
pub(super) fn copies_from_script(name: &str, arguments: &str) -> bool {
    let mut last_was_from = false;
    name == "copy"
        && Lexer::new(arguments).filter(|t| t.kind == TokenKind::Word).any(|t| {
            let word = arguments.get(t.start..t.end).unwrap_or_default();
            let found = last_was_from && (word.eq_ignore_ascii_case("stdin") || word.eq_ignore_ascii_case("pstdin"));
            last_was_from = word.eq_ignore_ascii_case("from");
            found
        })
}

/// `\set` and `\unset`.
pub(super) fn remember(name: &str, arguments: &str, variables: &mut BTreeMap<String, String>) {
    let mut words = words(arguments, variables).into_iter();
    match (name, words.next()) {
        ("set", Some(variable)) => {
            variables.insert(variable, words.collect());
        }
        ("unset", Some(variable)) => {
            variables.remove(&variable);
        }
        _ => {}
    }
}

fn words(arguments: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let mut out = Vec::new();
    let mut current: Option<String> = None;
    let mut chars = arguments.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => out.extend(current.take()),
            '\'' => {
                let word = current.get_or_insert_default();
                while let Some(c) = chars.next() {
                    match c {
                        '\'' if chars.peek() == Some(&'\'') => word.extend(chars.next()),
                        '\'' => break,
                        '\\' => word.extend(chars.next().map(|e| match e {
                            'n' => '\n',
                            't' => '\t',
                            other => other,
                        })),
                        other => word.push(other),
                    }
                }
            }
            '"' => {
                let word = current.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|c| *c != '"'));
            }
            ':' if chars.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_') => {
                let mut name = String::new();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                current.get_or_insert_default().push_str(variables.get(&name).map_or("", String::as_str));
            }
            other => current.get_or_insert_default().push(other),
        }
    }
    out.extend(current);
    out
}

/// What `:name`, `:'name'` or `:"name"` stands for; the text is what follows the colon. None when the variable is not set.
pub(super) fn value_of(reference: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let inner = |quote: char| reference.strip_prefix(quote).and_then(|r| r.strip_suffix(quote));
    if let Some(name) = inner('\'') {
        variables.get(name).map(|v| quote_literal(v))
    } else if let Some(name) = inner('"') {
        variables.get(name).map(|v| quote_ident(v))
    } else {
        variables.get(reference).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_found() {
        assert_eq!(psql_include(r"\ir 'a b.sql'"), Some(Include { path: "a b.sql".into(), relative_to_script: true }));
        assert_eq!(psql_include(r"\i x.sql"), Some(Include { path: "x.sql".into(), relative_to_script: false }));
        assert_eq!(psql_include(r"\if true"), None);
    }

    #[test]
    fn variables_are_set_and_quoted() {
        let mut variables = BTreeMap::new();
        remember("set", "owner 'the ''boss'''", &mut variables);
        remember("set", "copy :owner _x", &mut variables);
        assert_eq!(value_of("owner", &variables).as_deref(), Some("the 'boss'"));
        assert_eq!(value_of("'owner'", &variables).as_deref(), Some("'the ''boss'''"));
        assert_eq!(value_of("\"copy\"", &variables).as_deref(), Some("\"the 'boss'_x\""));
        assert_eq!(value_of("none", &variables), None);
    }

    #[test]
    fn copy_from_the_script_is_told_from_copy_from_a_file() {
        assert!(copies_from_script("copy", "t (a, b) from stdin csv"));
        assert!(!copies_from_script("copy", "t from 'stdin'"));
        assert!(!copies_from_script("copy", "(select 1 from x) to stdout"));
    }
}
