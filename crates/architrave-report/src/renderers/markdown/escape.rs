//! Escaping for Markdown: only what would be read as mark-up there, so that the raw text stays readable.

use crate::format::visible;

/// Words inside a line.
pub(crate) fn words(text: &str) -> String {
    let text = visible(text);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    for (at, &c) in chars.iter().enumerate() {
        let before = if at == 0 { None } else { chars.get(at - 1) };
        let after = chars.get(at + 1);
        let escape = match c {
            '\\' => after.is_some_and(char::is_ascii_punctuation),
            '`' | '|' => true,
            // Between letters an underscore is no emphasis, surrounded by spaces neither is.
            '_' => !(word(before) && word(after)),
            '*' | '~' => !(before.is_none_or(|c| *c == ' ') && after.is_none_or(|c| *c == ' ')),
            // `text[]` is no link; `[x](y)`, `[x][y]` and `[x]` may become one.
            '[' => after != Some(&']') || chars.get(at + 2).is_some_and(|c| matches!(c, '(' | '[' | ':')),
            ']' => after.is_some_and(|c| matches!(c, '(' | '[' | ':')) && before != Some(&'['),
            '&' => after.is_some_and(|c| c.is_alphabetic() || *c == '#'),
            '<' => after.is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '!' | '?')),
            _ => false,
        };
        match c {
            '<' if escape => out.push_str("&lt;"),
            '&' if escape => out.push_str("&amp;"),
            c if escape => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Words at the beginning of a line, where some signs open a block.
pub(crate) fn line(text: &str) -> String {
    let text = words(text);
    let mut chars = text.chars();
    match chars.next() {
        Some('#' | '-' | '+' | '=' | '>') => format!("\\{text}"),
        Some(c) if c.is_ascii_digit() => {
            let digits = text.chars().take_while(char::is_ascii_digit).count();
            let opens = text[digits..].starts_with(". ") || text[digits..].starts_with(") ");
            if opens { format!("{}\\{}", &text[..digits], &text[digits..]) } else { text }
        }
        _ => text,
    }
}

/// A code span, fenced by more backticks than it holds. Pipes are escaped, which is right in tables and harmless to read elsewhere.
pub(crate) fn code(text: &str, in_table: bool) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    let body = if in_table { text.replace('|', "\\|") } else { text };
    format!("{fence}{pad}{body}{pad}{fence}")
}

/// A fence for a block of code that holds no such fence.
pub(crate) fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Text inside an HTML element of a Markdown document.
pub(crate) fn html(text: &str) -> String {
    crate::format::visible_lines(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
