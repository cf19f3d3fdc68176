//! SQL for reports: constants hidden, one line.

use crate::lex::{Lexer, TokenKind};

/// The text with every string constant as `'…'` and every dollar-quoted one as `$…$`; numbers, names and comments' places stay.
/// Comments go, since people paste rows into them.
pub fn mask_literals(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    for token in Lexer::new(sql) {
        match token.kind {
            TokenKind::String => out.push_str("'…'"),
            TokenKind::DollarString => out.push_str("$…$"),
            TokenKind::LineComment => {}
            TokenKind::BlockComment => out.push(' '),
            _ => out.push_str(sql.get(token.start..token.end).unwrap_or_default()),
        }
    }
    out
}

/// The first line with something on it, blanks squeezed, at most `max_chars` characters; `…` says that something follows.
pub fn first_line(sql: &str, max_chars: usize) -> String {
    let text = sql.trim();
    let line = text.lines().next().unwrap_or_default();
    let squeezed = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let more = text.lines().skip(1).any(|l| !l.trim().is_empty());
    if squeezed.chars().count() > max_chars {
        let cut: String = squeezed.chars().take(max_chars.saturating_sub(1)).collect();
        format!("{}…", cut.trim_end())
    } else if more && squeezed.chars().count() + 2 <= max_chars {
        format!("{squeezed} …")
    } else {
        squeezed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expect: &str) {
        assert_eq!(mask_literals(sql), expect);
    }

    #[test]
    fn constants_are_hidden() {
        check("insert into t values (1, 'x''y', E'a\\'b', 2.5)", "insert into t values (1, '…', '…', 2.5)");
        check("do $x$ begin insert into t values ('secret'); end $x$", "do $…$");
        check("select \"it's\" -- 'x'\n, $1", "select \"it's\" \n, $1");
        check("select 'open end", "select '…'");
        check("select/* row: bob */1", "select 1");
    }

    #[test]
    fn the_first_line_is_short() {
        assert_eq!(first_line("  create   table t (\n a int)", 80), "create table t ( …");
        assert_eq!(first_line("select 12345", 8), "select…");
        assert_eq!(first_line("", 8), "");
    }
}
