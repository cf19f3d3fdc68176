//! Constants out: the normalised text of a statement and a short name for it.

use super::{edited, text_of};
use crate::lex::{Lexer, Token, TokenKind};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with `$n` in place of its constants, numbered after the parameters that it has; comments go. TRUE, FALSE and NULL are
/// no constants here, nor are numbers that stand for a column (`ORDER BY 1`) or belong to a type (`numeric(10, 2)`).
pub fn normalise(text: &str) -> String {
    let mut next = super::parameters(text).last().map_or(1, |n| n + 1);
    let mut edits = Vec::new();
    let mut positions = Positions::default();
    for token in Lexer::new(text) {
        let stays = positions.step(text, &token);
        match token.kind {
            TokenKind::String | TokenKind::DollarString | TokenKind::Number if !stays => {
                edits.push((token.start..token.end, format!("${next}")));
                next += 1;
            }
            TokenKind::LineComment => edits.push((token.start..token.end, String::new())),
            TokenKind::BlockComment => edits.push((token.start..token.end, " ".to_owned())),
            _ => {}
        }
    }
    edited(text, edits).trim().to_owned()
}

/// Types that take numbers in brackets.
static WITH_MODIFIER: &[&str] = &[
    "bit",
    "bpchar",
    "char",
    "character",
    "decimal",
    "float",
    "halfvec",
    "interval",
    "numeric",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "varbit",
    "varchar",
    "varying",
    "vector",
];

/// Follows a text to tell numbers that are no constants.
#[derive(Default)]
struct Positions {
    /// Per open bracket: the innermost is a type's.
    brackets: Vec<bool>,
    /// Depths of brackets at which a list after BY is being read.
    lists: Vec<usize>,
    /// The last word or sign.
    last: String,
}

impl Positions {
    /// Whether the token is such a number.
    fn step(&mut self, text: &str, token: &Token) -> bool {
        let spelled = text_of(text, token).to_ascii_lowercase();
        let depth = self.brackets.len();
        let by_position = self.lists.last() == Some(&depth) && matches!(self.last.as_str(), "by" | ",");
        let stays = token.kind == TokenKind::Number && (by_position || self.brackets.last() == Some(&true));
        match token.kind {
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => return false,
            TokenKind::OpenParen => self.brackets.push(WITH_MODIFIER.contains(&self.last.as_str())),
            TokenKind::CloseParen => {
                self.brackets.pop();
                self.lists.retain(|list| *list < depth);
            }
            TokenKind::Word if spelled == "by" => self.lists.push(depth),
            TokenKind::Word if ["limit", "offset", "having", "fetch", "for", "union", "window", "select"].contains(&spelled.as_str()) => {
                self.lists.retain(|list| *list != depth);
            }
            _ => {}
        }
        self.last = spelled;
        stays
    }
}

/// Eight hexadecimal digits that texts share when they differ in constants, blanks, comments, the case of keywords, or the length
/// of lists only.
pub fn identity(text: &str) -> String {
    // FNV-1a: stable between runs and versions.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in canonical(text).bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut id = String::with_capacity(8);
    let _infallible = write!(id, "{:08x}", (hash ^ (hash >> 32)) & 0xffff_ffff);
    id
}

/// One spelling for all texts of the same identity.
pub fn canonical(text: &str) -> String {
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    let tokens: Vec<Token> = super::significant(text);
    for (at, token) in tokens.iter().enumerate() {
        let spelled = text_of(text, token);
        words.push(match token.kind {
            TokenKind::String | TokenKind::DollarString | TokenKind::Number | TokenKind::Parameter => Cow::Borrowed("?"),
            TokenKind::Word if spelled.bytes().any(|b| b.is_ascii_uppercase()) => Cow::Owned(spelled.to_ascii_lowercase()),
            TokenKind::Semicolon if at + 1 == tokens.len() => continue,
            _ => Cow::Borrowed(spelled),
        });
        shorten(&mut words);
    }
    words.join(" ")
}

/// `( ? , ?` becomes `( ?`, and `( ? ) , ( ? )` becomes `( ? )`: lists of any length are one.
fn shorten(words: &mut Vec<Cow<'_, str>>) {
    let ends = |words: &[Cow<'_, str>], tail: &[&str]| {
        words.len() >= tail.len() && words[words.len() - tail.len()..].iter().zip(tail).all(|(a, b)| a == b)
    };
    if ends(words, &["(", "?", ",", "?"]) {
        words.truncate(words.len() - 2);
    } else if ends(words, &["(", "?", ")", ",", "(", "?", ")"]) {
        words.truncate(words.len() - 4);
    }
}
