//! Placeholders of drivers and query tools (`?`, `:name`, `@name`, `%s`, `%(name)s`, `sqlc.arg(name)`) as PostgreSQL's `$n`.

use super::{edited, number, significant, text_of};
use crate::lex::{Token, TokenKind};

/// A text whose placeholders are `$n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Text.
    pub text: String,
    /// Names by number from 1; empty where the placeholder had none.
    pub names: Vec<String>,
}

/// Words after which an operand follows, so that `?` there is a placeholder and no operator of jsonb.
static BEFORE_OPERAND: &[&str] = &[
    "and",
    "any",
    "between",
    "by",
    "case",
    "distinct",
    "else",
    "escape",
    "fetch",
    "first",
    "from",
    "ilike",
    "in",
    "interval",
    "is",
    "like",
    "limit",
    "next",
    "not",
    "offset",
    "on",
    "or",
    "returning",
    "select",
    "set",
    "similar",
    "then",
    "to",
    "values",
    "when",
    "where",
    "zone",
];

/// Numbers all placeholders of a text in the order of their first occurrence; equal names share a number. A text with `$n` keeps
/// them and what looks like placeholders of another style.
pub fn number_placeholders(text: &str) -> Numbered {
    let unchanged = || Numbered { text: text.to_owned(), names: Vec::new() };
    if !text.contains(['?', ':', '@', '%']) && !text.contains("sqlc") {
        return unchanged();
    }
    let tokens = significant(text);
    if tokens.iter().any(|t| number(text, t).is_some()) {
        return unchanged();
    }
    let mut edits = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseBracket => depth -= 1,
            _ => {}
        }
        let Some((length, name)) = placeholder(text, &tokens, at, depth > 0) else {
            at += 1;
            continue;
        };
        let known = names.iter().position(|n| !name.is_empty() && *n == name);
        let number = known.unwrap_or(names.len()) + 1;
        if known.is_none() {
            names.push(name);
        }
        let end = tokens.get(at + length - 1).map_or(token.end, |t| t.end);
        edits.push((token.start..end, format!("${number}")));
        at += length;
    }
    Numbered { text: edited(text, edits), names }
}

/// The placeholder that begins at a token: how many tokens, and its name.
fn placeholder(text: &str, tokens: &[Token], at: usize, subscript: bool) -> Option<(usize, String)> {
    let token = tokens.get(at)?;
    let next = tokens.get(at + 1);
    let spelled = text_of(text, token);
    let glued = next.is_some_and(|n| n.start == token.end);
    let word = |t: Option<&Token>| t.filter(|t| t.kind == TokenKind::Word).map(|t| text_of(text, t).to_owned());
    match (token.kind, spelled) {
        (TokenKind::Colon, _) if glued && !subscript => word(next).map(|name| (2, name)),
        (TokenKind::Other, "@") if glued && operand_follows(text, tokens, at) => word(next).map(|name| (2, name)),
        (TokenKind::Other, "?") if operand_follows(text, tokens, at) && !(glued && next.is_some_and(|n| n.kind == TokenKind::Other)) => {
            Some((1, String::new()))
        }
        (TokenKind::Other, "%") if glued && operand_follows(text, tokens, at) => percent(text, tokens, at),
        (TokenKind::Word, "sqlc") => sqlc(text, tokens, at),
        _ => None,
    }
}

/// `%s`, `%(name)s`.
fn percent(text: &str, tokens: &[Token], at: usize) -> Option<(usize, String)> {
    let spelled = |offset: usize| tokens.get(at + offset).map(|t| text_of(text, t));
    match spelled(1)? {
        "s" | "d" => Some((2, String::new())),
        "(" if spelled(3) == Some(")") && matches!(spelled(4), Some("s" | "d")) => Some((5, spelled(2)?.to_owned())),
        _ => None,
    }
}

/// `sqlc.arg(name)`, `sqlc.narg('name')`, `sqlc.slice(name)`.
fn sqlc(text: &str, tokens: &[Token], at: usize) -> Option<(usize, String)> {
    let spelled = |offset: usize| tokens.get(at + offset).map(|t| text_of(text, t));
    let call = spelled(1) == Some(".")
        && matches!(spelled(2), Some("arg" | "narg" | "slice"))
        && spelled(3) == Some("(")
        && spelled(5) == Some(")");
    call.then(|| spelled(4)).flatten().map(|name| (6, name.trim_matches('\'').to_owned()))
}

/// Whether an operand must follow here, since what stands before is no operand itself.
fn operand_follows(text: &str, tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|b| tokens.get(b)) else { return true };
    match before.kind {
        TokenKind::Word => BEFORE_OPERAND.contains(&text_of(text, before).to_ascii_lowercase().as_str()),
        TokenKind::QuotedName
        | TokenKind::String
        | TokenKind::DollarString
        | TokenKind::Number
        | TokenKind::Parameter
        | TokenKind::CloseParen
        | TokenKind::CloseBracket => false,
        // `a = ?`, but not the second `?` of `? ?`, and not `%` after `%`.
        TokenKind::Other => !matches!(text_of(text, before), "?" | "%" | "@"),
        _ => true,
    }
}
