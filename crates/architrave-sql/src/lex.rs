//! PostgreSQL's lexical rules, as far as finding statements and constants needs them; never fails, never allocates.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Spaces, tabs and line ends.
    Space,
    /// `-- …` up to the line end, which is not part of it.
    LineComment,
    /// `/* … */`, nested ones included.
    BlockComment,
    /// A key word or unquoted identifier.
    Word,
    /// `"…"` or `U&"…"`.
    QuotedName,
    /// `'…'` with any prefix.
    String,
    /// `$tag$ … $tag$`.
    DollarString,
    /// `$1`.
    Parameter,
    /// Digits and what follows them.
    Number,
    /// `;`
    Semicolon,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// A single `:` (psql's variables, array slices).
    Colon,
    /// `::`
    DoubleColon,
    /// `\`, which only psql understands.
    Backslash,
    /// `=`
    Equals,
    /// Any other character.
    Other,
}

/// A token: what it is and where, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Kind.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// False for a string, comment or quoted name that the text ends in.
    pub terminated: bool,
}

/// Reads tokens from left to right.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    /// False makes `\` an escape in plain strings, as `standard_conforming_strings = off` does.
    pub standard_strings: bool,
}

impl<'a> Lexer<'a> {
    /// At the start of the text.
    pub fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), position: 0, standard_strings: true }
    }

    /// Where the next token starts.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes on from another place, which must be a character boundary.
    pub fn seek(&mut self, position: usize) {
        self.position = position.min(self.bytes.len());
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn scan_for(&self, from: usize, wanted: impl Fn(u8) -> bool) -> usize {
        self.bytes.get(from..).and_then(|rest| rest.iter().position(|b| wanted(*b))).map_or(self.bytes.len(), |at| from + at)
    }

    /// Ends of a string with doubled quotes, from after the opening quote: (end, terminated).
    fn quoted(&self, from: usize, quote: u8) -> (usize, bool) {
        let mut at = from;
        loop {
            at = self.scan_for(at, |b| b == quote);
            if at >= self.bytes.len() {
                return (at, false);
            }
            if self.byte(at + 1) != quote {
                return (at + 1, true);
            }
            at += 2;
        }
    }

    /// Same for a string with backslash escapes, continued over line ends where the standard says so.
    fn escaped(&self, from: usize) -> (usize, bool) {
        let mut at = from;
        loop {
            at = self.scan_for(at, |b| b == b'\'' || b == b'\\');
            if at >= self.bytes.len() {
                return (at, false);
            }
            if self.byte(at) == b'\\' {
                at = (at + 2).min(self.bytes.len());
            } else if self.byte(at + 1) == b'\'' {
                at += 2;
            } else if let Some(next) = self.continuation(at + 1) {
                at = next;
            } else {
                return (at + 1, true);
            }
        }
    }

    /// After a closing quote: blanks with a line end among them (line comments too) and another quote continue the constant.
    fn continuation(&self, from: usize) -> Option<usize> {
        let mut at = self.scan_for(from, |b| b != b' ' && b != b'\t' && b != 0x0b && b != 0x0c);
        if self.byte(at) == b'-' && self.byte(at + 1) == b'-' {
            at = self.line_end(at);
        }
        if !matches!(self.byte(at), b'\n' | b'\r') {
            return None;
        }
        loop {
            at = self.scan_for(at, |b| !is_space(b));
            if self.byte(at) == b'-' && self.byte(at + 1) == b'-' {
                at = self.line_end(at);
            } else {
                return (self.byte(at) == b'\'').then_some(at + 1);
            }
        }
    }

    /// The line end at or after this place.
    pub fn line_end(&self, from: usize) -> usize {
        self.scan_for(from, |b| b == b'\n' || b == b'\r')
    }

    fn block_comment(&self, start: usize) -> (usize, bool) {
        let mut depth = 1usize;
        let mut at = start + 2;
        while depth > 0 {
            at = self.scan_for(at, |b| b == b'/' || b == b'*');
            if at >= self.bytes.len() {
                return (at, false);
            }
            match (self.byte(at), self.byte(at + 1)) {
                (b'/', b'*') => {
                    depth += 1;
                    at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        (at, true)
    }

    fn dollar(&self, start: usize) -> (TokenKind, usize, bool) {
        if self.byte(start + 1).is_ascii_digit() {
            return (TokenKind::Parameter, self.scan_for(start + 1, |b| !b.is_ascii_digit()), true);
        }
        let tag_end = if is_word_start(self.byte(start + 1)) { self.scan_for(start + 1, |b| !is_word(b) || b == b'$') } else { start + 1 };
        if self.byte(tag_end) != b'$' {
            return (TokenKind::Other, start + 1, true);
        }
        let (Some(tag), Some(rest)) = (self.text.get(start..=tag_end), self.text.get(tag_end + 1..)) else {
            return (TokenKind::Other, start + 1, true);
        };
        match rest.find(tag) {
            Some(at) => (TokenKind::DollarString, tag_end + 1 + at + tag.len(), true),
            None => (TokenKind::DollarString, self.bytes.len(), false),
        }
    }

    fn plain_string(&self, quote_at: usize) -> (usize, bool) {
        if self.standard_strings { self.quoted(quote_at + 1, b'\'') } else { self.escaped(quote_at + 1) }
    }

    fn word(&self, start: usize) -> (TokenKind, usize, bool) {
        let first = self.byte(start).to_ascii_lowercase();
        let next = self.byte(start + 1);
        if next == b'\'' && matches!(first, b'b' | b'x') {
            let (end, terminated) = self.quoted(start + 2, b'\'');
            return (TokenKind::String, end, terminated);
        }
        if next == b'\'' && first == b'n' {
            let (end, terminated) = self.plain_string(start + 1);
            return (TokenKind::String, end, terminated);
        }
        if next == b'\'' && first == b'e' {
            let (end, terminated) = self.escaped(start + 2);
            return (TokenKind::String, end, terminated);
        }
        if first == b'u' && next == b'&' && matches!(self.byte(start + 2), b'\'' | b'"') {
            let quote = self.byte(start + 2);
            let (end, terminated) = self.quoted(start + 3, quote);
            return (if quote == b'"' { TokenKind::QuotedName } else { TokenKind::String }, end, terminated);
        }
        (TokenKind::Word, self.scan_for(start, |b| !is_word(b)), true)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.position;
        let first = *self.bytes.get(start)?;
        let one = |kind| (kind, start + 1, true);
        let (kind, end, terminated) = match first {
            b if is_space(b) => (TokenKind::Space, self.scan_for(start, |b| !is_space(b)), true),
            b'-' if self.byte(start + 1) == b'-' => (TokenKind::LineComment, self.line_end(start), true),
            b'/' if self.byte(start + 1) == b'*' => {
                let (end, terminated) = self.block_comment(start);
                (TokenKind::BlockComment, end, terminated)
            }
            b'\'' => {
                let (end, terminated) = self.plain_string(start);
                (TokenKind::String, end, terminated)
            }
            b'"' => {
                let (end, terminated) = self.quoted(start + 1, b'"');
                (TokenKind::QuotedName, end, terminated)
            }
            b'$' => self.dollar(start),
            b if is_word_start(b) => self.word(start),
            b if b.is_ascii_digit() => {
                (TokenKind::Number, self.scan_for(start, |b| !b.is_ascii_alphanumeric() && b != b'.' && b != b'_'), true)
            }
            b';' => one(TokenKind::Semicolon),
            b'(' => one(TokenKind::OpenParen),
            b')' => one(TokenKind::CloseParen),
            b'[' => one(TokenKind::OpenBracket),
            b']' => one(TokenKind::CloseBracket),
            b',' => one(TokenKind::Comma),
            b'.' => one(TokenKind::Dot),
            b'=' => one(TokenKind::Equals),
            b'\\' => one(TokenKind::Backslash),
            b':' if self.byte(start + 1) == b':' => (TokenKind::DoubleColon, start + 2, true),
            b':' if self.byte(start + 1) == b'=' => (TokenKind::Other, start + 2, true),
            b':' => one(TokenKind::Colon),
            _ => one(TokenKind::Other),
        };
        self.position = end;
        Some(Token { kind, start, end, terminated })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// A name as the catalogue stores it: lower case unless quoted, quotes and `U&` escapes resolved.
pub fn name_of(token_text: &str) -> String {
    let Some(quoted) = token_text.strip_suffix('"') else { return fold(token_text) };
    if let Some(inner) = quoted.strip_prefix('"') {
        return inner.replace("\"\"", "\"");
    }
    match quoted.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("u&\"") => unicode_escapes(&quoted[3..].replace("\"\"", "\"")),
        _ => fold(token_text),
    }
}

/// PostgreSQL folds ASCII only (in UTF-8 databases).
fn fold(word: &str) -> String {
    word.to_ascii_lowercase()
}

fn unicode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (digits, skip) = match after.chars().next() {
            Some('\\') => {
                out.push('\\');
                rest = &after[1..];
                continue;
            }
            Some('+') => (after.get(1..7), 7),
            _ => (after.get(..4), 4),
        };
        if let Some(c) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32) {
            out.push(c);
            rest = &after[skip..];
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(TokenKind, &str)]) {
        let tokens: Vec<(TokenKind, &str)> =
            Lexer::new(text).filter(|t| t.kind != TokenKind::Space).map(|t| (t.kind, &text[t.start..t.end])).collect();
        assert_eq!(tokens, expect, "{text}");
    }

    #[test]
    fn strings_of_every_kind() {
        check("'it''s'", &[(TokenKind::String, "'it''s'")]);
        check(r"E'a\'b' x", &[(TokenKind::String, r"E'a\'b'"), (TokenKind::Word, "x")]);
        check(r"'a\' b", &[(TokenKind::String, r"'a\'"), (TokenKind::Word, "b")]);
        check("U&'d\\0061t' U&\"d\"", &[(TokenKind::String, "U&'d\\0061t'"), (TokenKind::QuotedName, "U&\"d\"")]);
        check("x'1F' B'01' n'x'", &[(TokenKind::String, "x'1F'"), (TokenKind::String, "B'01'"), (TokenKind::String, "n'x'")]);
        check("E'a' -- more\n 'b\\'c'", &[(TokenKind::String, "E'a' -- more\n 'b\\'c'")]);
        check("$a$ $b$ $a$", &[(TokenKind::DollarString, "$a$ $b$ $a$")]);
        check("$$;$$ $1 a$b$c", &[(TokenKind::DollarString, "$$;$$"), (TokenKind::Parameter, "$1"), (TokenKind::Word, "a$b$c")]);
        check("$ä$;$ä$", &[(TokenKind::DollarString, "$ä$;$ä$")]);
    }

    #[test]
    fn comments_nest() {
        check("/* a /* b */ ; */ x", &[(TokenKind::BlockComment, "/* a /* b */ ; */"), (TokenKind::Word, "x")]);
        check("a--b\rc", &[(TokenKind::Word, "a"), (TokenKind::LineComment, "--b"), (TokenKind::Word, "c")]);
    }

    #[test]
    fn names_fold_and_unquote() {
        assert_eq!(name_of("Orders"), "orders");
        assert_eq!(name_of("\"Or\"\"ders\""), "Or\"ders");
        assert_eq!(name_of("U&\"d\\0061t\\+000061\""), "data");
        assert_eq!(name_of("É"), "É");
    }

    #[test]
    fn plain_strings_escape_when_the_setting_is_off() {
        let mut lexer = Lexer::new(r"'a\';' x");
        lexer.standard_strings = false;
        assert_eq!(lexer.next().map(|t| t.end), Some(6));
    }
}
