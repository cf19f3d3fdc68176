//! Which columns the UPDATEs of a statement set, by its words alone: what a plan does not tell.

use crate::lex::{Lexer, Token, TokenKind, name_of};

/// An UPDATE: the last part of its table's name, and the columns that it sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetList {
    /// Table without schema, as the catalogue stores it.
    pub table: String,
    /// Columns in the order of the statement, as the catalogue stores them.
    pub columns: Vec<String>,
}

/// The set lists of all UPDATEs in a statement, those of common table expressions included. `ON CONFLICT DO UPDATE` and `MERGE` are
/// not among them: how many rows they update nobody knows.
pub fn set_lists(sql: &str) -> Vec<SetList> {
    let blank = |kind| matches!(kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment);
    let tokens: Vec<Token> = Lexer::new(sql).filter(|token| !blank(token.kind)).collect();
    let mut reader = Reader { sql, tokens: &tokens, at: 0 };
    let mut all = Vec::new();
    while reader.at < tokens.len() {
        // FOR UPDATE locks, DO UPDATE belongs to an INSERT, THEN UPDATE to a MERGE.
        let other = ["for", "do", "then", "key"].iter().any(|word| reader.at > 0 && reader.is_word_at(reader.at - 1, word));
        let update = reader.is_word("update") && !other;
        reader.at += 1;
        if update {
            all.extend(reader.update());
        }
    }
    all
}

struct Reader<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.sql[token.start..token.end])
    }

    fn kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn next_kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at + 1).map(|token| token.kind)
    }

    fn is_word_at(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word) && self.text(at).eq_ignore_ascii_case(word)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(self.at, word)
    }

    fn name(&mut self) -> Option<String> {
        let name = matches!(self.kind(), Some(TokenKind::Word | TokenKind::QuotedName)).then(|| name_of(self.text(self.at)))?;
        self.at += 1;
        Some(name)
    }

    /// After the word UPDATE: `[ONLY] table [*] [[AS] alias] SET …`.
    fn update(&mut self) -> Option<SetList> {
        if self.is_word("only") {
            self.at += 1;
        }
        let mut table = self.name()?;
        while self.kind() == Some(TokenKind::Dot) {
            self.at += 1;
            table = self.name()?;
        }
        while !self.is_word("set") {
            matches!(self.kind(), Some(TokenKind::Word | TokenKind::QuotedName | TokenKind::Other)).then_some(())?;
            self.at += 1;
        }
        self.at += 1;
        let mut columns = Vec::new();
        loop {
            self.targets(&mut columns)?;
            if !self.skip_value() {
                return Some(SetList { table, columns });
            }
        }
    }

    /// A column, one with a field or element behind it, or several in brackets.
    fn targets(&mut self, columns: &mut Vec<String>) -> Option<()> {
        let several = self.kind() == Some(TokenKind::OpenParen);
        self.at += usize::from(several);
        loop {
            columns.push(self.name()?);
            while !matches!(self.kind(), None | Some(TokenKind::Equals | TokenKind::Comma | TokenKind::CloseParen)) {
                self.at += 1;
            }
            if !(several && self.kind() == Some(TokenKind::Comma)) {
                return Some(());
            }
            self.at += 1;
        }
    }

    /// To behind the comma that follows the value; false when the list ends.
    fn skip_value(&mut self) -> bool {
        let mut depth = 0usize;
        while let Some(kind) = self.kind() {
            match kind {
                TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
                // The bracket around several targets closes before `=`.
                TokenKind::CloseParen | TokenKind::CloseBracket if depth == 0 && self.next_kind() == Some(TokenKind::Equals) => {}
                TokenKind::CloseParen | TokenKind::CloseBracket if depth == 0 => return false,
                TokenKind::CloseParen | TokenKind::CloseBracket => depth -= 1,
                TokenKind::Comma if depth == 0 => {
                    self.at += 1;
                    return true;
                }
                TokenKind::Semicolon => return false,
                TokenKind::Word if depth == 0 && ["from", "where", "returning"].iter().any(|end| self.is_word(end)) => return false,
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[(&str, &[&str])]) {
        let found = set_lists(sql);
        let found: Vec<(&str, Vec<&str>)> =
            found.iter().map(|l| (l.table.as_str(), l.columns.iter().map(String::as_str).collect())).collect();
        let expected: Vec<(&str, Vec<&str>)> = expected.iter().map(|(table, columns)| (*table, columns.to_vec())).collect();
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn columns_of_an_update_are_found() {
        check("update t set a = 1, B = f(x, y), \"c D\" = $1 where e = 2", &[("t", &["a", "b", "c D"])]);
        check("UPDATE ONLY s.\"Order\" * AS o SET total = o.total + 1 FROM x, y WHERE true", &[("Order", &["total"])]);
        check("update t set (a, b) = (select 1, 2), c = array[1, 2], d[3] = 4, e.f = 5 returning g", &[("t", &["a", "b", "c", "d", "e"])]);
        check("update t set a = 'x, b = 2', c = 1 -- , d = 2\n, /* e = 1, */ f = default", &[("t", &["a", "c", "f"])]);
    }

    #[test]
    fn every_update_of_a_statement_counts() {
        let sql = "with moved as (update a set x = 1 where y returning *), kept as (update b set z = case when q then (1, 2) else r end) select 1";
        check(sql, &[("a", &["x"]), ("b", &["z"])]);
    }

    #[test]
    fn words_that_only_look_like_it_do_not() {
        check("select * from t for update", &[]);
        check("select * from t for no key update of t", &[]);
        check("insert into t values (1) on conflict (a) do update set b = 2", &[]);
        check("update", &[]);
        check("update t", &[]);
        check("update t set", &[]);
        check("select 'update t set a = 1'", &[]);
    }
}
