//! Parameters and constants of statements, handled as tokens: what the normalisation of `pg_stat_statements` breaks is mended,
//! placeholders of other styles become `$n`, values go in, constants come out.

mod fingerprint;
mod mend;
mod placeholder;
mod repair;
#[cfg(test)]
mod tests;

pub use fingerprint::{canonical, identity, normalise};
pub use mend::{Mended, Place, mend};
pub use placeholder::{Numbered, number_placeholders};
pub use repair::{renumber, separate, type_parameter, unite};

use crate::lex::{Lexer, Token, TokenKind};
use std::collections::{BTreeMap, BTreeSet};

/// Tokens of a text without blanks and comments.
fn significant(text: &str) -> Vec<Token> {
    let blank = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
    Lexer::new(text).filter(|t| !blank.contains(&t.kind)).collect()
}

fn text_of<'a>(text: &'a str, token: &Token) -> &'a str {
    text.get(token.start..token.end).unwrap_or("")
}

fn is_word(text: &str, token: Option<&Token>, word: &str) -> bool {
    token.is_some_and(|t| t.kind == TokenKind::Word && text_of(text, t).eq_ignore_ascii_case(word))
}

/// The number of a `$n` token.
fn number(text: &str, token: &Token) -> Option<u32> {
    (token.kind == TokenKind::Parameter).then(|| text_of(text, token).trim_start_matches('$').parse().ok()).flatten()
}

/// Replaces ranges of bytes; they must not overlap.
fn edited(text: &str, mut edits: Vec<(std::ops::Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        result.push_str(text.get(at..range.start).unwrap_or(""));
        result.push_str(&new);
        at = range.end;
    }
    result.push_str(text.get(at..).unwrap_or(""));
    result
}

/// The numbers of the parameters in a text.
pub fn parameters(text: &str) -> BTreeSet<u32> {
    Lexer::new(text).filter_map(|t| number(text, &t)).collect()
}

/// The text with SQL expressions (typed literals, as a rule) in place of its parameters; those without a value stay.
pub fn bind(text: &str, values: &BTreeMap<u32, String>) -> String {
    let tokens = significant(text);
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(value) = number(text, token).and_then(|n| values.get(&n)) else { continue };
        let subscript = tokens.get(at + 1).is_some_and(|t| matches!(t.kind, TokenKind::OpenBracket | TokenKind::Dot));
        let before = at.checked_sub(1).and_then(|b| tokens.get(b));
        let count = is_word(text, before, "first") || is_word(text, before, "next");
        let cast = tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::DoubleColon);
        let value = match value.rsplit_once("'::") {
            // The text's own cast is enough.
            Some((literal, _)) if cast => format!("{literal}'"),
            _ if subscript || count => format!("({value})"),
            _ => value.clone(),
        };
        edits.push((token.start..token.end, value));
    }
    edited(text, edits)
}
