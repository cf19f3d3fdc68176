//! Lines, their columns, and what goes on in the next line: values with line breaks in them, and lines that a mail program broke.

use super::{Line, head, property};

/// Lines that one quoted value may go over.
const LONGEST: usize = 400;

/// The lines that are not blank, with values of several lines joined.
pub(super) fn joined(lines: &[(usize, String)]) -> Vec<Line> {
    // psql indents the lines of a table by one space; a continuation line must lose it too.
    let margin = usize::from(lines.iter().filter(|(_, line)| !line.trim().is_empty()).all(|(_, line)| line.starts_with(' ')));
    let mut all = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (number, line) = &lines[at];
        at += 1;
        let trimmed = line.trim_start_matches(' ');
        if trimmed.is_empty() {
            continue;
        }
        let column = line.len() - trimmed.len();
        let mut text = trimmed.trim_end().to_owned();
        if let Some(quote) = open_quote(&text, None)
            && may_go_on(&text)
            && let Some(last) = closing_line(&lines[at..], quote)
        {
            for (_, next) in &lines[at..=at + last] {
                text.push('\n');
                text.push_str(next.get(margin..).unwrap_or_default());
            }
            at += last + 1;
        }
        while let Some((_, next)) = lines.get(at).filter(|(_, next)| is_rest(&text, next.trim())) {
            text.push(' ');
            text.push_str(next.trim());
            at += 1;
        }
        all.push(Line { number: *number, column, text });
    }
    all
}

/// Whether a line is the rest of the one before it, broken where the line grew too long.
fn is_rest(text: &str, next: &str) -> bool {
    let starts = ["(actual ", "(cost=", "(never executed)"];
    if starts.iter().any(|start| next.starts_with(start)) {
        return may_go_on(text);
    }
    let is_own = next.is_empty() || next.starts_with("->") || property::key(next).is_some() || head::is_head(next);
    !is_own && has_open_bracket(text) && may_go_on(text)
}

fn has_open_bracket(text: &str) -> bool {
    let (mut depth, mut open) = (0_i32, None);
    for character in text.chars() {
        match (open, character) {
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        open = next_quote(open, character);
    }
    depth > 0
}

/// Whether a line is one of a plan at all: prose before a plan may hold an apostrophe.
fn may_go_on(text: &str) -> bool {
    let key = text.split(':').next().unwrap_or_default();
    let is_property = text.contains(": ") && key.len() < 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || " -/".contains(c));
    text.starts_with("->") || is_property && !text.starts_with("Query Text:") || head::begins_like_a_node(text)
}

/// The quote that is open at the end of `text`, given the one open at its beginning.
pub(super) fn open_quote(text: &str, open: Option<char>) -> Option<char> {
    text.chars().fold(open, next_quote)
}

/// The quote that is open after one more character.
fn next_quote(open: Option<char>, character: char) -> Option<char> {
    match open {
        None => Some(character).filter(|c| matches!(c, '\'' | '"')),
        Some(quote) => Some(quote).filter(|quote| *quote != character),
    }
}

/// How many lines on the quote (and any opened after it) is closed; none when it is not.
fn closing_line(lines: &[(usize, String)], quote: char) -> Option<usize> {
    let mut open = Some(quote);
    for (nth, (_, line)) in lines.iter().take(LONGEST).enumerate() {
        open = open_quote(line, open);
        if open.is_none() {
            return Some(nth);
        }
    }
    None
}

/// Splits at `separator` outside quotes and brackets.
pub(super) fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth, mut open) = (Vec::new(), 0, 0_i32, None);
    for (at, character) in text.char_indices() {
        match (open, character) {
            (None, '\'' | '"') => open = Some(character),
            (Some(quote), character) if quote == character => open = None,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) if depth == 0 && at >= start && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            (Some(_) | None, _) => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Where `word` begins outside quotes.
pub(super) fn find(text: &str, word: &str) -> Option<usize> {
    let mut open = None;
    for (at, character) in text.char_indices() {
        if open.is_none() && text[at..].starts_with(word) {
            return Some(at);
        }
        open = next_quote(open, character);
    }
    None
}

/// The identifier that `text` begins with, without SQL's quotes, and what follows it.
pub(super) fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', '.']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut characters = inner.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == '"') {
            characters.next();
            name.push('"');
        } else {
            return Some((name, &inner[at + 1..]));
        }
    }
    None
}
