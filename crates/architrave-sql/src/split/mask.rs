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

/// [`first_line`] of [`mask_literals`], which are not made of the lines after it.
pub fn masked_first_line(sql: &str, max_chars: usize) -> String {
    let mut out = String::new();
    let mut has_ended = false;
    for token in Lexer::new(sql) {
        let text = sql.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            TokenKind::Space => {
                has_ended |= text.contains('\n') && !out.trim().is_empty();
                out.push_str(text);
                continue;
            }
            TokenKind::LineComment => continue,
            TokenKind::BlockComment => {
                out.push(' ');
                continue;
            }
            TokenKind::String => out.push_str("'…'"),
            TokenKind::DollarString => out.push_str("$…$"),
            _ => out.push_str(text),
        }
        // That something follows is all that is told of it.
        if has_ended {
            break;
        }
    }
    first_line(&out, max_chars)
}

/// The first line with something on it, blanks squeezed, at most `max_chars` characters; `…` says that something follows.
pub fn first_line(sql: &str, max_chars: usize) -> String {
    let text = sql.trim();
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut squeezed = String::with_capacity(line.len() + 4);
    for word in line.split_whitespace() {
        if !squeezed.is_empty() {
            squeezed.push(' ');
        }
        squeezed.push_str(word);
    }
    let more = !rest.trim().is_empty();
    // A character has a byte at least.
    if squeezed.len() + 2 <= max_chars {
        if more {
            squeezed.push_str(" …");
        }
        return squeezed;
    }
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
    fn the_first_line_of_a_masked_text_is_that_of_the_whole() {
        for text in [
            "",
            "  \n -- a\n",
            "select 1",
            "/* a\nb */ select 'x\ny',\n  2",
            "-- a\n\ncreate table t (\n a text default 'b'\n)",
            "select \"a\nb\", 1\n-- only a comment\n",
            "do $$\nbegin end\n$$",
            "select 1\r\n, 2",
            "select $$a\nb$$\n\n;",
        ] {
            for max in [8, 120] {
                assert_eq!(masked_first_line(text, max), first_line(&mask_literals(text), max), "{text}");
            }
        }
    }

    #[test]
    fn the_first_line_is_short() {
        assert_eq!(first_line("  create   table t (\n a int)", 80), "create table t ( …");
        assert_eq!(first_line("select 12345", 8), "select…");
        assert_eq!(first_line("", 8), "");
    }
}
