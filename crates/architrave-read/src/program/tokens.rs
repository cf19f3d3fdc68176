//! Source text to names, strings and marks; comments and regular expressions left out.

use super::{Language, Literal};

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Text(Literal),
    /// Any other character.
    Mark(char),
    Number,
}

/// A token with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of a source text.
pub(super) fn tokens(source: &str, language: Language) -> Vec<Token> {
    let mut scanner = Scanner { source, language, at: 0, out: Vec::new() };
    while scanner.at < source.len() {
        scanner.step();
    }
    scanner.out
}

struct Scanner<'a> {
    source: &'a str,
    language: Language,
    at: usize,
    out: Vec<Token>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else { return };
        let script = self.language == Language::Script;
        if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if script && rest.starts_with("//") || !script && first == '#' {
            self.at += rest.find('\n').unwrap_or(rest.len());
        } else if script && rest.starts_with("/*") {
            self.at += rest.find("*/").map_or(rest.len(), |n| n + 2);
        } else if script && first == '/' && self.regex_may_start() {
            self.regex();
        } else if let Some(length) = self.string_prefix(rest) {
            self.string(length);
        } else if first.is_alphabetic() || matches!(first, '_' | '$') {
            let length = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).unwrap_or(rest.len());
            self.push(Kind::Name, length);
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.push(Kind::Number, length);
        } else {
            self.push(Kind::Mark(first), first.len_utf8());
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.out.push(Token { kind, start: self.at, end: self.at + length });
        self.at += length;
    }

    /// After a value a slash divides.
    fn regex_may_start(&self) -> bool {
        match self.out.last().map(|t| &t.kind) {
            Some(Kind::Text(_) | Kind::Number | Kind::Mark(')' | ']' | '}')) => false,
            Some(Kind::Name) => {
                self.out.last().is_some_and(|t| matches!(&self.source[t.start..t.end], "return" | "typeof" | "case" | "in" | "of"))
            }
            _ => true,
        }
    }

    fn regex(&mut self) {
        let (mut class, mut escaped) = (false, false);
        for (at, c) in self.source[self.at..].char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    self.at += at + 1;
                    return;
                }
                _ => {}
            }
        }
        self.push(Kind::Mark('/'), 1);
    }

    /// Length of the letters before the quote, when a string starts here.
    fn string_prefix(&self, rest: &str) -> Option<usize> {
        if self.language == Language::Script {
            return rest.starts_with(['\'', '"', '`']).then_some(0);
        }
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let known = letters <= 2 && rest[..letters].chars().all(|c| "rRbBfFuU".contains(c));
        (known && rest[letters..].starts_with(['\'', '"'])).then_some(letters)
    }

    fn string(&mut self, prefix: usize) {
        let rest = &self.source[self.at..];
        let letters = rest[..prefix].to_ascii_lowercase();
        let body = &rest[prefix..];
        let quote = &body[..1];
        let triple = quote.repeat(3);
        let close = if self.language == Language::Python && body.starts_with(&triple) { triple.as_str() } else { quote };
        let from = self.at + prefix + close.len();
        let raw = letters.contains('r');
        let mut literal = Literal { map: vec![(0, from)], ..Literal::default() };
        let mut at = from;
        while let Some(c) = self.source[at..].chars().next() {
            let here = &self.source[at..];
            if here.starts_with(close) {
                at += close.len();
                break;
            }
            if c == '\n' && close.len() == 1 && close != "`" {
                break;
            }
            if c == '\\' && !raw {
                at += escape(here, &mut literal.text);
                literal.map.push((literal.text.len(), at));
                continue;
            }
            if close == "`" && here.starts_with("${") {
                let length = hole(here);
                literal.text.push_str(&here[..length]);
                literal.holes.push("${");
                at += length;
                continue;
            }
            literal.text.push(c);
            at += c.len_utf8();
        }
        if letters.contains('f') && literal.text.contains('{') {
            literal.holes.push("{");
        }
        let length = at - self.at;
        self.push(Kind::Text(literal), length);
    }
}

/// Length of `${ … }`, braces and strings inside it counted.
fn hole(text: &str) -> usize {
    let (mut depth, mut quote): (u32, Option<char>) = (0, None);
    for (at, c) in text.char_indices().skip(1) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Decodes one escape; its length in the source.
fn escape(text: &str, out: &mut String) -> usize {
    let mut chars = text.chars();
    chars.next();
    let Some(c) = chars.next() else { return text.len() };
    let hexadecimal = |from: usize, length: usize| {
        let digits = text.get(from..from + length)?;
        Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, from + length))
    };
    let decoded = match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '\n' => return 2,
        'x' | 'u' => {
            let found = if text[2..].starts_with('{') {
                let end = text.find('}').unwrap_or(3);
                hexadecimal(3, end.saturating_sub(3)).map(|(c, at)| (c, at + 1))
            } else {
                hexadecimal(2, if c == 'x' { 2 } else { 4 })
            };
            if let Some((decoded, length)) = found {
                out.push(decoded);
                return length;
            }
            c
        }
        other => other,
    };
    out.push(decoded);
    1 + c.len_utf8()
}
