//! What helps when PostgreSQL refuses a text with parameters: types, parameters apart, parameters made one.

use super::{edited, number, significant, text_of};
use crate::lex::{Token, TokenKind};
use std::collections::BTreeMap;

/// Gives a parameter a type wherever it has none: `$1` → `$1::text`.
pub fn type_parameter(text: &str, parameter: u32, data_type: &str) -> String {
    let tokens = significant(text);
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let cast = tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::DoubleColon);
        if number(text, token) == Some(parameter) && !cast {
            edits.push((token.end..token.end, format!("::{data_type}")));
        }
    }
    edited(text, edits)
}

/// Gives every further occurrence of a parameter a number of its own, so that each may have another type. The numbers given.
pub fn separate(text: &str, parameter: u32) -> (String, Vec<u32>) {
    let tokens = significant(text);
    let free = tokens.iter().filter_map(|t| number(text, t)).max().map_or(1, |n| n + 1);
    let mut edits = Vec::new();
    let mut given = Vec::new();
    for (next, token) in (free..).zip(tokens.iter().filter(|t| number(text, t) == Some(parameter)).skip(1)) {
        edits.push((token.start..token.end, format!("${next}")));
        given.push(next);
    }
    (edited(text, edits), given)
}

/// Numbers parameters from 1 without gaps, which PostgreSQL does not accept; what each became.
pub fn renumber(text: &str) -> (String, BTreeMap<u32, u32>) {
    let numbers = super::parameters(text);
    let became: BTreeMap<u32, u32> = numbers.iter().copied().zip(1..).collect();
    let mut edits = Vec::new();
    for token in significant(text) {
        if let Some(new) = number(text, &token).and_then(|n| became.get(&n)) {
            edits.push((token.start..token.end, format!("${new}")));
        }
    }
    (edited(text, edits), became)
}

/// Makes one of what stands in the same expression twice (`date_trunc($1, x)` selected and `date_trunc($3, x)`, or what PostgreSQL
/// left of it, `date_trunc('day', x)`, grouped by): it was one constant before the text was normalised. None when there are no such.
pub fn unite(text: &str) -> Option<String> {
    let tokens = significant(text);
    let mut frames: BTreeMap<Vec<String>, Vec<&Token>> = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        if !is_value(token) {
            continue;
        }
        let frame = call_around(text, &tokens, at).or_else(|| operand_before(text, &tokens, at)).or_else(|| case_around(text, &tokens, at));
        if let Some(frame) = frame {
            frames.entry(frame).or_default().push(token);
        }
    }
    let mut becomes: BTreeMap<u32, &str> = BTreeMap::new();
    for members in frames.values() {
        let constant = members.iter().find(|t| t.kind != TokenKind::Parameter);
        let Some(one) = constant.or(members.first()).map(|t| text_of(text, t)) else { continue };
        for n in members.iter().filter_map(|t| number(text, t)) {
            if text_of(text, members[0]) != format!("${n}") || constant.is_some() {
                becomes.entry(n).or_insert(one);
            }
        }
    }
    if becomes.is_empty() {
        return None;
    }
    let mut edits = Vec::new();
    for token in &tokens {
        if let Some(one) = number(text, token).and_then(|n| becomes.get(&n)) {
            edits.push((token.start..token.end, (*one).to_owned()));
        }
    }
    Some(edited(text, edits))
}

/// A parameter or a constant.
fn is_value(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Parameter | TokenKind::String | TokenKind::Number)
}

/// Words before a bracket that make no call of it.
static NO_CALL: &[&str] =
    &["in", "values", "any", "all", "some", "and", "or", "not", "where", "on", "exists", "from", "by", "then", "when", "as", "select"];

/// The innermost call around a token with parameters masked, and the token's place in it.
fn call_around(text: &str, tokens: &[Token], at: usize) -> Option<Vec<String>> {
    let mut depth = 0;
    let mut open = at;
    loop {
        open = open.checked_sub(1)?;
        match tokens[open].kind {
            TokenKind::CloseParen => depth += 1,
            TokenKind::OpenParen if depth == 0 => break,
            TokenKind::OpenParen => depth -= 1,
            _ => {}
        }
    }
    let name = tokens.get(open.checked_sub(1)?)?;
    let word = text_of(text, name).to_ascii_lowercase();
    if !matches!(name.kind, TokenKind::Word | TokenKind::QuotedName) || NO_CALL.contains(&word.as_str()) {
        return None;
    }
    let mut close = open + 1;
    let mut depth = 1;
    while depth > 0 {
        match tokens.get(close)?.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth -= 1,
            _ => {}
        }
        close += 1;
    }
    let mut frame = masked(text, &tokens[open - 1..close]);
    frame.push((at - open).to_string());
    Some(frame)
}

/// The innermost CASE around a token, likewise.
fn case_around(text: &str, tokens: &[Token], at: usize) -> Option<Vec<String>> {
    let word = |i: usize, word: &str| super::is_word(text, tokens.get(i), word);
    let (mut start, mut inner) = (at, 0);
    loop {
        start = start.checked_sub(1)?;
        if word(start, "end") {
            inner += 1;
        } else if word(start, "case") && inner == 0 {
            break;
        } else if word(start, "case") {
            inner -= 1;
        }
    }
    let mut end = start + 1;
    let mut open = 1;
    while open > 0 {
        tokens.get(end)?;
        open += i32::from(word(end, "case")) - i32::from(word(end, "end"));
        end += 1;
    }
    let mut frame = masked(text, &tokens[start..end]);
    frame.push((at - start).to_string());
    Some(frame)
}

/// `doc ->>` and the like before a parameter; comparisons do not count.
fn operand_before(text: &str, tokens: &[Token], at: usize) -> Option<Vec<String>> {
    let mut start = at;
    while start > 0 && matches!(tokens[start - 1].kind, TokenKind::Other | TokenKind::Equals) {
        start -= 1;
    }
    let operator: String = tokens[start..at].iter().map(|t| text_of(text, t)).collect();
    if !["->", "->>", "#>", "#>>", "||", "+", "-", "*", "/", "%"].contains(&operator.as_str()) {
        return None;
    }
    // At most `schema.table.column`; a keyword before it would make equal operands differ.
    let name = |i: usize| matches!(tokens[i].kind, TokenKind::Word | TokenKind::QuotedName);
    let mut first = start.checked_sub(1).filter(|i| name(*i))?;
    while first >= 2 && tokens[first - 1].kind == TokenKind::Dot && name(first - 2) {
        first -= 2;
    }
    Some(masked(text, &tokens[first..=at]))
}

fn masked(text: &str, tokens: &[Token]) -> Vec<String> {
    let word = |t: &Token| match t.kind {
        _ if is_value(t) => "$".to_owned(),
        TokenKind::Word => text_of(text, t).to_ascii_lowercase(),
        _ => text_of(text, t).to_owned(),
    };
    tokens.iter().map(word).collect()
}
