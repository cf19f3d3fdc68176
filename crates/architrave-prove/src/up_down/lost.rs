//! Data that does not come back: what the way up dropped and the way down can only make anew, empty.

use crate::fingerprint::Fingerprint;
use architrave_model::script::Script;
use architrave_sql::lex::{Lexer, TokenKind, name_of};

/// The places of data that are gone after up and down, without those that a statement of the script may have carried over: then only its author
/// can tell.
pub(super) fn of(script: &Script, before: &Fingerprint, up: &Fingerprint, back: &Fingerprint) -> Vec<String> {
    let lost = before.lost(up, back);
    if lost.is_empty() {
        return lost;
    }
    let named: Vec<Vec<String>> = script.statements.iter().chain(&script.down).map(|s| names(&s.text)).filter(|n| may_carry(n)).collect();
    let carried = |place: &String| {
        let Some((kind, name)) = place.split_once(' ') else { return false };
        let parts: Vec<String> = names(name);
        let words = match kind {
            "table" => parts.last().into_iter().collect::<Vec<_>>(),
            "column" => parts.iter().rev().take(2).collect(),
            _ => return false,
        };
        named.iter().any(|statement| words.iter().all(|word| statement.contains(word)))
    };
    lost.into_iter().filter(|place| !carried(place)).collect()
}

/// Whether a statement with these words can write rows that it read elsewhere.
fn may_carry(words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|w| w == word);
    has("insert") || has("update") || has("merge") || (has("table") && has("as") && has("select"))
}

/// The names in a text; also those in the body of a DO block.
fn names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in Lexer::new(text) {
        let part = text.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName => found.push(name_of(part)),
            TokenKind::DollarString => found.extend(names(part.trim_matches('$'))),
            _ => {}
        }
    }
    found
}
