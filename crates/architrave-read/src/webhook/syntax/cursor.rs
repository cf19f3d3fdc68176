//! A place in the tokens of a program.

use crate::program::Language;
use crate::program::tokens::{Kind, Token, tokens};
use std::cell::Cell;

/// Operators of more than one character, longest first.
const OPERATORS: &[&str] = &[
    "===", "!==", "**=", "??=", "||=", "&&=", "...", "//=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=",
    "*=", "/=", "%=", "|=", ":=", "->", "**", "//",
];

/// Deeper nesting is not read.
const DEEPEST: u32 = 120;

/// Tokens, and where we are.
pub(super) struct Cursor<'a> {
    pub(super) source: &'a str,
    pub(super) language: Language,
    tokens: Vec<Token>,
    at: Cell<usize>,
    /// Nothing is read beyond it.
    end: Cell<usize>,
    depth: Cell<u32>,
    /// Offsets at which lines start.
    lines: Vec<usize>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a str, language: Language) -> Self {
        let tokens = tokens(source, language);
        let lines = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let end = Cell::new(tokens.len());
        Self { source, language, tokens, at: Cell::new(0), end, depth: Cell::new(0), lines }
    }

    pub(super) fn at(&self) -> usize {
        self.at.get()
    }

    pub(super) fn go(&self, at: usize) {
        self.at.set(at.min(self.end.get()));
    }

    pub(super) fn step(&self) {
        self.go(self.at() + 1);
    }

    pub(super) fn is_end(&self) -> bool {
        self.at() >= self.end.get()
    }

    /// Reads no further than `end` while `work` runs, and goes there.
    pub(super) fn within<T>(&self, end: usize, work: impl FnOnce() -> T) -> T {
        let before = self.end.replace(end.min(self.end.get()));
        let out = work();
        let reached = self.end.replace(before);
        self.go(reached);
        out
    }

    /// Runs one level deeper; none when that is too deep.
    pub(super) fn deeper<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= DEEPEST {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let out = work();
        self.depth.set(self.depth.get() - 1);
        Some(out)
    }

    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).filter(|_| at < self.end.get())
    }

    pub(super) fn name_at(&self, at: usize) -> Option<&'a str> {
        self.token(at).filter(|t| t.kind == Kind::Name).map(|t| &self.source[t.start..t.end])
    }

    pub(super) fn name(&self) -> Option<&'a str> {
        self.name_at(self.at())
    }

    /// Takes a name.
    pub(super) fn take_name(&self) -> Option<&'a str> {
        let name = self.name()?;
        self.step();
        Some(name)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.name() == Some(word)
    }

    pub(super) fn eat_word(&self, word: &str) -> bool {
        let is = self.is_word(word);
        if is {
            self.step();
        }
        is
    }

    pub(super) fn mark_at(&self, at: usize) -> Option<char> {
        match self.token(at)?.kind {
            Kind::Mark(c) => Some(c),
            _ => None,
        }
    }

    /// The operator or mark here, as long as it gets.
    pub(super) fn operator(&self) -> Option<&'a str> {
        let token = self.token(self.at())?;
        if !matches!(token.kind, Kind::Mark(_)) {
            return None;
        }
        let rest = &self.source[token.start..];
        let long = OPERATORS.iter().find(|o| rest.starts_with(**o) && !(self.language == crate::program::Language::Script && **o == "//"));
        Some(long.map_or(&self.source[token.start..token.end], |o| &rest[..o.len()]))
    }

    pub(super) fn is(&self, operator: &str) -> bool {
        self.operator() == Some(operator)
    }

    pub(super) fn eat(&self, operator: &str) -> bool {
        let is = self.is(operator);
        if is {
            self.skip_operator(operator);
        }
        is
    }

    /// Goes behind an operator that is here.
    pub(super) fn skip_operator(&self, operator: &str) {
        self.go(self.at() + operator.chars().count());
    }

    /// Line of a token, from 1 on.
    pub(super) fn line_at(&self, at: usize) -> u32 {
        let start = self.tokens.get(at).or_else(|| self.tokens.last()).map_or(0, |t| t.start);
        u32::try_from(self.lines.partition_point(|from| *from <= start)).unwrap_or(u32::MAX)
    }

    pub(super) fn line(&self) -> u32 {
        self.line_at(self.at())
    }

    /// Whether the token here begins a line.
    pub(super) fn begins_line(&self) -> bool {
        self.at() == 0 || self.line_at(self.at() - 1) < self.line()
    }

    /// Column of a token, from 0 on.
    pub(super) fn column_at(&self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return 0 };
        let line = self.lines.partition_point(|from| *from <= token.start);
        token.start - self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// Index after the mark that closes the one at `open`.
    pub(super) fn close(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.end.get() {
            match self.mark_at(at) {
                Some('(' | '[' | '{') => depth += 1,
                Some(')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.end.get()
    }

    /// Goes behind the brackets that open here.
    pub(super) fn skip_brackets(&self) {
        self.go(self.close(self.at()));
    }
}
