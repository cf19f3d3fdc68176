//! Expressions as EXPLAIN prints them: every operator in brackets of its own, keywords in capitals, names quoted where needed.

use crate::lex::{Lexer, Token, TokenKind, name_of};

/// A printed expression and its tokens, blanks left out.
pub(super) struct Printed<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

/// An operator between two operands, as positions in a run of tokens.
pub(super) struct Operator {
    /// First token of it.
    pub(super) start: usize,
    /// Token after it.
    pub(super) end: usize,
    /// `=`, `~~`, `IS DISTINCT FROM`.
    pub(super) name: String,
}

impl<'a> Printed<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let blank = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
        Self { text, tokens: Lexer::new(text).filter(|t| !blank.contains(&t.kind)).collect() }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn text_of(&self, token: &Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    /// The text from the first to the last token.
    pub(super) fn slice(&self, tokens: &[Token]) -> &'a str {
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or(""),
            _ => "",
        }
    }

    /// Whether the token is this keyword, in capitals as PostgreSQL prints it.
    pub(super) fn is_word(&self, token: &Token, word: &str) -> bool {
        token.kind == TokenKind::Word && self.text_of(token) == word
    }

    /// The name that a token spells; none for keywords.
    pub(super) fn name(&self, token: &Token) -> Option<String> {
        let text = self.text_of(token);
        let plain = token.kind == TokenKind::Word && !text.bytes().any(|b| b.is_ascii_uppercase());
        (plain || token.kind == TokenKind::QuotedName).then(|| name_of(text))
    }

    /// Without the brackets around all of it.
    pub(super) fn unwrapped<'t>(&self, mut tokens: &'t [Token]) -> &'t [Token] {
        while let [first, inner @ .., last] = tokens {
            if first.kind != TokenKind::OpenParen || last.kind != TokenKind::CloseParen || self.depths(inner).any(|(_, d)| d < 0) {
                break;
            }
            tokens = inner;
        }
        tokens
    }

    /// Each token with the depth of brackets that it stands in; CASE and END are brackets too. Opening and closing tokens stand
    /// outside what they bracket.
    fn depths<'t>(&'t self, tokens: &'t [Token]) -> impl Iterator<Item = (usize, i32)> + 't {
        let mut depth = 0;
        tokens.iter().enumerate().map(move |(at, token)| {
            let case = |word| self.is_word(token, word);
            if matches!(token.kind, TokenKind::CloseParen | TokenKind::CloseBracket) || case("END") {
                depth -= 1;
            }
            let here = depth;
            if matches!(token.kind, TokenKind::OpenParen | TokenKind::OpenBracket) || case("CASE") {
                depth += 1;
            }
            (at, here)
        })
    }

    /// The parts between a keyword that stands outside all brackets; one part when it does not occur.
    pub(super) fn split<'t>(&self, tokens: &'t [Token], word: &str) -> Vec<&'t [Token]> {
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, depth) in self.depths(tokens) {
            if depth == 0 && self.is_word(&tokens[at], word) {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
        }
        parts.push(&tokens[start..]);
        parts
    }

    /// The operator that stands outside all brackets with something to its left.
    pub(super) fn operator(&self, tokens: &[Token]) -> Option<Operator> {
        for (at, depth) in self.depths(tokens) {
            if depth != 0 || at == 0 {
                continue;
            }
            let token = &tokens[at];
            if is_symbol(token) {
                let run = tokens[at..].windows(2).take_while(|w| is_symbol(&w[1]) && w[0].end == w[1].start).count() + 1;
                return Some(Operator { start: at, end: at + run, name: self.slice(&tokens[at..at + run]).to_owned() });
            }
            if self.is_word(token, "OPERATOR") && tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::OpenParen) {
                let close = at + tokens[at..].iter().position(|t| t.kind == TokenKind::CloseParen)?;
                let name: String = tokens[at + 2..close].iter().filter(|t| is_symbol(t)).map(|t| self.text_of(t)).collect();
                return Some(Operator { start: at, end: close + 1, name });
            }
            for words in [&["IS", "DISTINCT", "FROM"][..], &["IS", "NOT", "DISTINCT", "FROM"], &["AT", "TIME", "ZONE"]] {
                let rest = tokens.get(at..at + words.len()).unwrap_or(&[]);
                if !rest.is_empty() && rest.iter().zip(words).all(|(t, w)| self.is_word(t, w)) {
                    return Some(Operator { start: at, end: at + words.len(), name: words.join(" ") });
                }
            }
        }
        None
    }

    /// The expression before `::` and the type after it, when the whole is a cast.
    pub(super) fn cast<'t>(&self, tokens: &'t [Token]) -> Option<(&'t [Token], &'t str)>
    where
        'a: 't,
    {
        if self.operator(tokens).is_some() {
            return None;
        }
        let at = self.depths(tokens).filter(|(at, depth)| *depth == 0 && tokens[*at].kind == TokenKind::DoubleColon).last()?.0;
        Some((tokens.get(..at)?, self.slice(tokens.get(at + 1..)?)))
    }

    /// Whether the whole is one call, `f(…)`.
    fn is_call(&self, tokens: &[Token]) -> bool {
        let mut depths = self.depths(tokens);
        depths.all(|(at, depth)| {
            let kind = tokens[at].kind;
            depth > 0
                || matches!(kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Dot | TokenKind::OpenParen)
                || (kind == TokenKind::CloseParen && at + 1 == tokens.len())
        })
    }

    /// The text of an expression as `pg_get_expr` prints it for an index: without the tokens at these places, in brackets when it
    /// is neither a call nor a cast.
    pub(super) fn text_without(&self, tokens: &[Token], left_out: &[usize]) -> String {
        let tokens = self.unwrapped(tokens);
        let mut text = String::new();
        let mut end = tokens.first().map_or(0, |t| t.start);
        for token in tokens {
            text.push_str(self.text.get(end..token.start).unwrap_or(""));
            if !left_out.contains(&token.start) {
                text.push_str(self.text_of(token));
            }
            end = token.end;
        }
        let plain = self.is_call(tokens) || self.cast(tokens).is_some() || tokens.first().is_some_and(|t| self.is_word(t, "CASE"));
        if plain || tokens.len() == 1 { text } else { format!("({text})") }
    }

    /// The first entry of a list with commas.
    pub(super) fn first_of_list<'t>(&self, tokens: &'t [Token]) -> &'t [Token] {
        let comma = self.depths(tokens).find(|(at, depth)| *depth == 0 && tokens[*at].kind == TokenKind::Comma);
        comma.map_or(tokens, |(at, _)| &tokens[..at])
    }

    /// Whether the token can go on with the name of a type: keywords in capitals cannot.
    pub(super) fn is_part_of_a_type(&self, token: &Token) -> bool {
        token.kind == TokenKind::Dot || self.name(token).is_some()
    }

    /// Whether the token names a subplan or an init plan by number.
    pub(super) fn is_subplan(&self, token: &Token) -> bool {
        ["SubPlan", "InitPlan"].iter().any(|word| self.is_word(token, word))
    }

    /// What a string constant says; none for anything else.
    pub(super) fn string(&self, tokens: &[Token]) -> Option<String> {
        let [token] = tokens else { return None };
        let text = self.text_of(token);
        let escaped = text.starts_with(['E', 'e']);
        let inner = text.trim_start_matches(['E', 'e']).strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
        Some(if escaped { inner.replace("\\\\", "\\") } else { inner })
    }
}

fn is_symbol(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Other | TokenKind::Equals)
}
