//! Exemptions: `except …` at the end of a sentence, and sentences that only exempt.

use super::words::Token;

/// Words that make a sentence conditional; where one of them is left over, nothing is understood.
const HINTS: &[&str] =
    &["except", "exempt", "exempted", "exception", "exceptions", "excluding", "excluded", "unless", "legacy", "exemption"];

/// Splits a trailing `except a, b and c` off. None when there is an exemption that is not understood.
pub(super) fn split_off(tokens: &[Token]) -> Option<(Vec<Token>, Vec<String>)> {
    let at = (0..tokens.len()).find(|i| intro_length(&tokens[*i..]) > 0);
    let Some(at) = at else { return Some((tokens.to_vec(), Vec::new())) };
    let mut tail = &tokens[at + intro_length(&tokens[at..])..];
    let mut head = &tokens[..at];
    let parenthesis = head.last().and_then(Token::word) == Some("(");
    if parenthesis {
        let (close, rest) = tail.split_last()?;
        if close.word() != Some(")") {
            return None;
        }
        tail = rest;
        head = &head[..head.len() - 1];
    }
    while head.last().and_then(Token::word).is_some_and(|w| matches!(w, "," | ";" | ":")) {
        head = &head[..head.len() - 1];
    }
    Some((head.to_vec(), names(tail)?)).filter(|_| !head.is_empty())
}

/// Length of the words that introduce an exemption, when they stand here.
fn intro_length(tokens: &[Token]) -> usize {
    const INTROS: &[&[&str]] = &[
        &["with", "the", "exception", "of"],
        &["except", "for"],
        &["except"],
        &["apart", "from"],
        &["other", "than"],
        &["excluding"],
        &["unless", "it", "is"],
    ];
    let begins = |intro: &[&str]| intro.iter().enumerate().all(|(i, w)| tokens.get(i).and_then(Token::word) == Some(w));
    INTROS.iter().find(|intro| begins(intro)).map_or(0, |intro| intro.len())
}

/// `a`, `the tables a, b and c`, `a / b`: names and nothing else.
fn names(tokens: &[Token]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut want_name = true;
    for (i, token) in tokens.iter().enumerate() {
        if let Some(name) = token.name().filter(|_| want_name) {
            found.push(name.to_owned());
            want_name = false;
            continue;
        }
        match token.word()? {
            "the" | "for" | "on" | "in" if want_name => {}
            "table" | "tables" | "view" | "views" if want_name || i + 1 == tokens.len() => {}
            "," | "and" | "or" | "/" | "&" => want_name = true,
            _ => return None,
        }
    }
    (!found.is_empty() && !want_name).then_some(found)
}

/// Whether a sentence on its own exempts from the sentence before it.
pub(super) fn is_follow_up(tokens: &[Token]) -> bool {
    let has = |word: &str| tokens.iter().any(|t| t.word() == Some(word));
    HINTS.iter().any(|h| has(h)) || has("may") && (has("keep") || has("stay") || has("remain"))
}

/// How a sentence ends that exempts the names before it.
const ENDINGS: &[&[&str]] = &[
    &["may", "keep", "their", "names"],
    &["may", "keep", "their", "name"],
    &["may", "keep", "its", "name"],
    &["may", "stay", "as", "they", "are"],
    &["may", "stay", "as", "it", "is"],
    &["may", "stay"],
    &["may", "remain"],
    &["are", "exempt"],
    &["is", "exempt"],
    &["are", "exempted"],
    &["is", "exempted"],
    &["are", "excluded"],
    &["is", "excluded"],
    &["are", "exceptions"],
    &["are", "the", "exceptions"],
    &["are", "the", "only", "exceptions"],
    &["is", "an", "exception"],
    &["is", "the", "exception"],
    &["is", "the", "only", "exception"],
];

/// The names that such a sentence exempts, when it is understood.
pub(super) fn follow_up_names(tokens: &[Token]) -> Option<Vec<String>> {
    let words: Vec<&str> = tokens.iter().map(|t| t.word().unwrap_or("`")).collect();
    // `Exceptions: a, b.` and `Except a and b.`
    let intro = intro_length(tokens).max(match words.as_slice() {
        ["exceptions" | "exception" | "exempt", ":" | "are" | "is", ..] => 2,
        ["the", "exceptions" | "exception", "are" | "is", ..] => 3,
        ["the", "only", "exceptions" | "exception", "are" | "is", ..] => 4,
        _ => 0,
    });
    if intro > 0 {
        return names(&tokens[intro..]);
    }
    // `a and b may keep their names.` `a is exempt.`
    let ending = ENDINGS.iter().find(|ending| words.ends_with(ending))?;
    names(&tokens[..tokens.len() - ending.len()])
}
