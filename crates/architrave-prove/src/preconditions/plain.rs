//! Whether an expression of a script may be part of a query that we ask on a live target: nothing in it can do more than compare.

use architrave_sql::lex::{Lexer, Token, TokenKind};

/// Words that may stand before an opening bracket: SQL's own, types with modifiers, and functions that only compute.
static HARMLESS: &[&str] = &[
    "abs",
    "all",
    "and",
    "any",
    "array",
    "array_length",
    "between",
    "bit",
    "btrim",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "char",
    "char_length",
    "character",
    "character_length",
    "coalesce",
    "date_part",
    "date_trunc",
    "decimal",
    "else",
    "extract",
    "floor",
    "greatest",
    "in",
    "int4range",
    "int8range",
    "interval",
    "jsonb_typeof",
    "json_typeof",
    "daterange",
    "numrange",
    "tsrange",
    "tstzrange",
    "least",
    "left",
    "length",
    "like",
    "lower",
    "ltrim",
    "mod",
    "not",
    "nullif",
    "num_nonnulls",
    "num_nulls",
    "numeric",
    "octet_length",
    "or",
    "overlaps",
    "position",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "row",
    "rtrim",
    "sign",
    "some",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "then",
    "time",
    "timestamp",
    "timestamptz",
    "trim",
    "trunc",
    "upper",
    "value",
    "varchar",
    "varying",
    "when",
    "with",
];

/// Words that begin something else than an expression.
static FOREIGN: &[&str] =
    &["select", "insert", "update", "delete", "merge", "into", "operator", "union", "copy", "do", "call", "table", "values", "exists"];

/// Only names, constants, operators and harmless functions; brackets balanced, no comment, no semicolon.
pub(super) fn is_plain(text: &str) -> bool {
    let all: Vec<Token> = Lexer::new(text).collect();
    let refused = [
        TokenKind::Semicolon,
        TokenKind::LineComment,
        TokenKind::BlockComment,
        TokenKind::DollarString,
        TokenKind::Parameter,
        TokenKind::Backslash,
    ];
    if all.iter().any(|t| !t.terminated || refused.contains(&t.kind)) {
        return false;
    }
    let tokens: Vec<&Token> = all.iter().filter(|t| t.kind != TokenKind::Space).collect();
    let mut depth = 0i32;
    for (at, token) in tokens.iter().enumerate() {
        let word = text.get(token.start..token.end).unwrap_or_default().to_ascii_lowercase();
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth -= 1,
            TokenKind::Word | TokenKind::QuotedName => {
                let calls = tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::OpenParen);
                let qualified = at > 0 && tokens.get(at - 1).is_some_and(|t| t.kind == TokenKind::Dot);
                if FOREIGN.contains(&word.as_str()) || (calls && (qualified || !HARMLESS.contains(&word.as_str()))) {
                    return false;
                }
            }
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_plain_and_whatever_acts_is_not() {
        for text in
            ["a > 0 and lower(b) = 'x'", "(a IN (1, 2)) OR b IS NULL", "\"from\" <> '' and c::numeric(10,2) < 5", "a between 1 and (2)"]
        {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "pg_terminate_backend(1)",
            "a > 0); drop table t; select (1",
            "a > (select 1)",
            "public.lower(a) = ''",
            "a > 0 -- x",
            "a operator(x.=) b",
            "(a > 0",
            "a > 0) or (b > 0",
            "\"f\" (1) > 0",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
