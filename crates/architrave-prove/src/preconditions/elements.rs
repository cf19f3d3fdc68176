//! The elements of an index or an exclusion constraint, as they are written.

use architrave_sql::lex::{Lexer, Token, TokenKind};

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// The column or expression.
    pub(super) expression: String,
    /// The operator of an exclusion constraint.
    pub(super) operator: Option<String>,
}

/// A list of elements with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Elements {
    pub(super) list: Vec<Element>,
    /// NULLS NOT DISTINCT.
    pub(super) nulls_not_distinct: bool,
    /// WHERE.
    pub(super) predicate: Option<String>,
}

/// Tokens of a text without blanks and comments.
struct Tokens<'t> {
    text: &'t str,
    all: Vec<Token>,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t str) -> Self {
        let blank = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
        Self { text, all: Lexer::new(text).filter(|t| !blank.contains(&t.kind)).collect() }
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.all.get(at).map(|t| t.kind)
    }

    fn part(&self, at: usize) -> &'t str {
        self.all.get(at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.part(at).eq_ignore_ascii_case(word)
    }

    /// The text from one token to before another.
    fn slice(&self, from: usize, to: usize) -> &'t str {
        let start = self.all.get(from).map_or(self.text.len(), |t| t.start);
        let end = to.checked_sub(1).and_then(|last| self.all.get(last)).map_or(start, |t| t.end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The token behind the bracket that closes the one at `open`.
    fn behind_bracket(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for at in open..self.all.len() {
            match self.kind(at)? {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// The token behind a name with its qualifiers.
    fn behind_name(&self, mut at: usize) -> usize {
        while self.kind(at + 1) == Some(TokenKind::Dot) {
            at += 2;
        }
        at + 1
    }

    /// The list that opens at `open`, and what stands behind it.
    fn list(&self, open: usize) -> Option<Elements> {
        if self.kind(open) != Some(TokenKind::OpenParen) {
            return None;
        }
        let end = self.behind_bracket(open)?;
        let mut list = Vec::new();
        let mut at = open + 1;
        while at < end {
            let behind = match self.kind(at)? {
                TokenKind::OpenParen => self.behind_bracket(at)?,
                _ => match self.behind_name(at) {
                    call if self.kind(call) == Some(TokenKind::OpenParen) => self.behind_bracket(call)?,
                    name => name,
                },
            };
            let expression = self.slice(at, behind).to_owned();
            let mut next = behind;
            while next < end - 1 && self.kind(next) != Some(TokenKind::Comma) {
                next = if self.kind(next) == Some(TokenKind::OpenParen) { self.behind_bracket(next)? } else { next + 1 };
            }
            let with = (behind..next).find(|n| self.is(*n, "with"));
            let operator = with.map(|with| self.slice(with + 1, next).trim().to_owned());
            list.push(Element { expression, operator });
            at = next + 1;
        }
        let predicate = (end..self.all.len()).find(|n| self.is(*n, "where")).map(|n| self.slice(n + 1, self.all.len()).to_owned());
        let nulls = (end..self.all.len()).any(|n| self.is(n, "nulls") && self.is(n + 1, "not") && self.is(n + 2, "distinct"));
        Some(Elements { list, nulls_not_distinct: nulls, predicate })
    }
}

/// Of a CREATE INDEX.
pub(super) fn of_index(text: &str) -> Option<Elements> {
    let tokens = Tokens::of(text);
    let on = (0..tokens.all.len()).find(|at| tokens.is(*at, "on"))?;
    let name = if tokens.is(on + 1, "only") { on + 2 } else { on + 1 };
    let mut open = tokens.behind_name(name);
    if tokens.is(open, "using") {
        open += 2;
    }
    tokens.list(open)
}

/// Of EXCLUDE.
pub(super) fn of_exclusion(text: &str) -> Option<Elements> {
    let tokens = Tokens::of(text);
    let open = (0..tokens.all.len()).find(|at| tokens.kind(*at) == Some(TokenKind::OpenParen))?;
    let mut elements = tokens.list(open)?;
    // What may stand behind the predicate is not part of it.
    if let Some(predicate) = &mut elements.predicate {
        let inner = Tokens::of(predicate);
        let end = inner.behind_bracket(0)?;
        *predicate = inner.slice(0, end).to_owned();
    }
    Some(elements)
}

/// Whether words stand one behind the other.
pub(super) fn has_words(text: &str, words: &[&str]) -> bool {
    let tokens = Tokens::of(text);
    (0..tokens.all.len()).any(|at| words.iter().enumerate().all(|(n, word)| tokens.is(at + n, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(elements: &Elements) -> Vec<String> {
        elements
            .list
            .iter()
            .map(|e| format!("{}{}", e.expression, e.operator.as_ref().map(|o| format!(" {o}")).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn elements_of_indexes_are_read() {
        let text = "create unique index i on only s.t using btree (lower(a) text_pattern_ops desc, (b + c), \"D\" collate \"C\") include (x) nulls not distinct where d > 0";
        let read = of_index(text).unwrap();
        assert_eq!(list(&read), ["lower(a)", "(b + c)", "\"D\""]);
        assert_eq!((read.nulls_not_distinct, read.predicate.as_deref()), (true, Some("d > 0")));
    }

    #[test]
    fn elements_of_exclusions_are_read() {
        let read = of_exclusion("EXCLUDE USING gist (room WITH =, tsrange(a, b) WITH &&) WHERE (room > 0) DEFERRABLE").unwrap();
        assert_eq!(list(&read), ["room =", "tsrange(a, b) &&"]);
        assert_eq!(read.predicate.as_deref(), Some("(room > 0)"));
    }
}
