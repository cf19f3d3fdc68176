//! Small questions to the parser's tree: names, paths, tokens, words.

use super::naming::{LONGEST_NAME, clip};
use crate::lex;
use crate::touches::below;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};
use std::ops::Range;

/// A possibly qualified name as written: parts from the outside in, unquoted and folded.
pub(crate) type Path = Vec<String>;

/// The name a node holds, unquoted, folded and cut to PostgreSQL's length.
pub(crate) fn name(node: &impl AstNode) -> String {
    name_of(node.syntax())
}

/// As [`name`], of an untyped node.
pub(crate) fn name_of(node: &SyntaxNode) -> String {
    let full = ast::normalize_name_node(node);
    clip(&full, LONGEST_NAME).to_owned()
}

/// All parts of the path below a node (`public.orders` → `["public", "orders"]`).
pub(crate) fn path_of(node: &SyntaxNode) -> Path {
    let is_segment = |kind| matches!(kind, SyntaxKind::PATH_SEGMENT | SyntaxKind::PATH_SEGMENT_REF);
    let green = node.green();
    let tokens = below::first_tokens(&green, is_segment);
    if tokens.iter().any(|t| t.starts_with(['u', 'U']) && t[1..].starts_with('&')) {
        // What these escape depends on tokens behind them.
        return node.descendants().filter(|child| is_segment(child.kind())).map(|child| name_of(&child)).collect();
    }
    tokens.into_iter().map(|token| clip(&lex::name_of(token), LONGEST_NAME).to_owned()).collect()
}

/// As [`path_of`], of a typed node.
pub(crate) fn path(node: &impl AstNode) -> Path {
    path_of(node.syntax())
}

/// As [`path`], of a node that may be missing.
pub(crate) fn path_opt<N: AstNode>(node: Option<N>) -> Option<Path> {
    node.map(|n| path(&n)).filter(|p| !p.is_empty())
}

/// The first child of that type.
pub(crate) fn child<N: AstNode>(node: &SyntaxNode) -> Option<N> {
    node.children().find_map(N::cast)
}

/// All children of that type.
pub(crate) fn children<N: AstNode>(node: &SyntaxNode) -> impl Iterator<Item = N> + use<N> {
    node.children().filter_map(N::cast)
}

/// Whether the node has such a token as a direct child.
pub(crate) fn has(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.children_with_tokens().any(|e| e.kind() == kind)
}

/// Whether the node has such a node or token anywhere below.
pub(crate) fn has_deep(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    below::has_any(node, |k| k == kind)
}

/// Direct tokens without blanks and comments.
pub(crate) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(SyntaxElement::into_token).filter(|t| !t.kind().is_trivia())
}

/// All tokens below, without blanks and comments.
pub(crate) fn all_tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.descendants_with_tokens().filter_map(SyntaxElement::into_token).filter(|t| !t.kind().is_trivia())
}

/// A token as a word: keywords and names in lower case, quoted names and literals as they stand.
pub(crate) fn word(token: &SyntaxToken) -> String {
    word_of(token.kind(), token.text())
}

/// The same of a token's kind and text.
pub(crate) fn word_of(kind: SyntaxKind, text: &str) -> String {
    let literal = matches!(
        kind,
        SyntaxKind::STRING
            | SyntaxKind::ESC_STRING
            | SyntaxKind::DOLLAR_QUOTED_STRING
            | SyntaxKind::BIT_STRING
            | SyntaxKind::BYTE_STRING
            | SyntaxKind::UNICODE_ESC_STRING
            | SyntaxKind::NATIONAL_STRING
    );
    if literal || text.starts_with('"') { text.to_owned() } else { text.to_ascii_lowercase() }
}

/// All words of a node.
pub(crate) fn words(node: &SyntaxNode) -> Vec<String> {
    let mut words = Vec::new();
    below::each_token(node, |kind, text| {
        if !kind.is_trivia() {
            words.push(word_of(kind, text));
        }
    });
    words
}

/// The node's text without comments, blanks reduced to one space (kept inside literals).
pub(crate) fn plain_text(node: &SyntaxNode) -> String {
    let mut text = String::new();
    let mut gap = false;
    below::each_token(node, |kind, token| {
        if kind.is_trivia() {
            gap = !text.is_empty();
            return;
        }
        if gap {
            text.push(' ');
            gap = false;
        }
        text.push_str(token);
    });
    text
}

/// A literal's string value, when it is a string.
pub(crate) fn string(literal: &ast::Literal) -> Option<String> {
    let is_string = matches!(
        literal.kind()?,
        ast::LitKind::String(_)
            | ast::LitKind::EscString(_)
            | ast::LitKind::DollarQuotedString(_)
            | ast::LitKind::UnicodeEscString(_)
            | ast::LitKind::NationalString(_)
    );
    if is_string { literal.string_value() } else { None }
}

/// Where string literals stand, in bytes.
pub(crate) fn literal_ranges(node: &SyntaxNode) -> Vec<Range<usize>> {
    let strings = [SyntaxKind::STRING, SyntaxKind::ESC_STRING, SyntaxKind::DOLLAR_QUOTED_STRING];
    all_tokens(node)
        .filter(|t| strings.contains(&t.kind()))
        .map(|t| usize::from(t.text_range().start())..usize::from(t.text_range().end()))
        .collect()
}

/// The number an expression spells, with its sign.
pub(crate) fn integer(node: &impl AstNode) -> Option<i64> {
    let digits: String = all_tokens(node.syntax()).map(|t| t.text().replace('_', "")).collect();
    digits.trim_start_matches('+').parse().ok()
}

/// Column names of any list of column references or names.
pub(crate) fn column_names(node: &SyntaxNode) -> Vec<String> {
    node.children().filter(|n| matches!(n.kind(), SyntaxKind::COLUMN_NAME_REF | SyntaxKind::COLUMN_NAME)).map(|n| name_of(&n)).collect()
}

/// Whether a statement nests deeper than the parser's recursion can bear; strings and comments do not count.
pub(crate) fn nests_too_deeply(text: &str) -> bool {
    const DEEPEST: i32 = 150;
    // Chains (`a or b or …`, `a[1][1]…`) grow a tree as deep as they are long; lists with commas do not.
    const LONGEST_RUN: usize = 3000;
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    let (mut depth, mut prefixes, mut chain, mut run) = (0_i32, 0_i32, 0_i32, 0_usize);
    while let Some(piece) = scan.next() {
        run += 1;
        match piece {
            Piece::Open => depth += 1,
            Piece::Close => depth = (depth - 1).max(0),
            Piece::Prefix => prefixes += 1,
            // The parser takes these from the right, one level per operator.
            Piece::CustomOperator => chain += 1,
            Piece::Comma => (run, chain) = (0, 0),
            Piece::Other => {}
        }
        if matches!(piece, Piece::Other | Piece::Close) {
            prefixes = 0;
        }
        if depth + prefixes + chain > DEEPEST || run > LONGEST_RUN {
            return true;
        }
    }
    false
}

#[derive(Clone, Copy)]
enum Piece {
    Open,
    Close,
    Prefix,
    Comma,
    CustomOperator,
    Other,
}

/// Characters of operators.
static OPERATOR: &[u8] = b"+-~@!#&|*/%^<>=:?";

/// A scanner that only tells brackets, operators and the rest apart.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<Piece> {
        loop {
            let rest = &self.bytes[self.at..];
            let first = *rest.first()?;
            match first {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'-' if rest.starts_with(b"--") => self.skip_past(b"\n", 2),
                b'/' if rest.starts_with(b"/*") => self.skip_past(b"*/", 2),
                b'\'' | b'"' => {
                    self.skip_past(&[first], 1);
                    return Some(Piece::Other);
                }
                b'$' => {
                    self.dollar();
                    return Some(Piece::Other);
                }
                b'(' | b'[' => return Some(self.step(Piece::Open)),
                b')' | b']' => return Some(self.step(Piece::Close)),
                _ if OPERATOR.contains(&first) => return Some(self.operator()),
                b',' => return Some(self.step(Piece::Comma)),
                _ if first.is_ascii_alphanumeric() || first == b'_' => return Some(self.word()),
                _ => return Some(self.step(Piece::Other)),
            }
        }
    }

    fn operator(&mut self) -> Piece {
        let before = self.bytes[..self.at].iter().rev().find(|b| !b.is_ascii_whitespace());
        let prefix = before.is_none_or(|b| OPERATOR.contains(b) || matches!(b, b'(' | b','));
        if prefix {
            return self.step(Piece::Prefix);
        }
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|b| OPERATOR.contains(b)).count();
        let known = [&b"<="[..], b">=", b"<>", b"!=", b"::", b":=", b"=>"];
        let custom = if len == 1 { b"~@!#&|?".contains(&rest[0]) } else { !known.contains(&&rest[..len]) };
        self.at += len;
        if custom { Piece::CustomOperator } else { Piece::Other }
    }

    fn step(&mut self, piece: Piece) -> Piece {
        self.at += 1;
        piece
    }

    fn skip_past(&mut self, end: &[u8], open: usize) {
        let from = (self.at + open).min(self.bytes.len());
        let found = self.bytes[from..].windows(end.len()).position(|w| w == end);
        self.at = found.map_or(self.bytes.len(), |p| from + p + end.len());
    }

    fn dollar(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        let tag = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        if rest.get(tag) == Some(&b'$') && !rest.first().is_some_and(u8::is_ascii_digit) {
            let delimiter = self.bytes[self.at..self.at + tag + 2].to_vec();
            self.skip_past(&delimiter, delimiter.len());
        } else {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Piece {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        self.at += len;
        match rest[..len].to_ascii_lowercase().as_slice() {
            b"case" => Piece::Open,
            b"end" => Piece::Close,
            b"not" => Piece::Prefix,
            _ => Piece::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_ignores_strings_and_comments() {
        assert!(!nests_too_deeply(&format!("select '{}'", "(".repeat(5000))));
        assert!(!nests_too_deeply(&format!("select 1 /* {} */", "(".repeat(5000))));
        assert!(!nests_too_deeply(&format!("do $x$ {} $x$", "(".repeat(5000))));
        assert!(nests_too_deeply(&format!("select {}", "(".repeat(5000))));
        assert!(nests_too_deeply(&format!("select {} true", "not ".repeat(5000))));
        assert!(nests_too_deeply(&format!("select {}1", "- ".repeat(5000))));
        assert!(!nests_too_deeply("select (1), [2], not x, - 3"));
    }
}
