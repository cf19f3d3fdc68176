//! Text ranges of a file to statements with places in that file; a light scanner that blanks what is no code.

pub(crate) mod placeholders;
pub(crate) mod words;

use crate::text::TextFile;
use architrave_model::script::{Statement, StatementKind};
use architrave_sql::SplitOptions;
use architrave_sql::lex::{Lexer, TokenKind};
use std::ops::Range;

/// Statements of a text and what was odd about it.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Statements in order.
    pub(crate) statements: Vec<Statement>,
    /// Oddities: line, column, what.
    pub(crate) notes: Vec<(u32, u32, String)>,
}

/// Statements of a whole file.
pub(crate) fn whole(file: &TextFile, options: &SplitOptions) -> Parsed {
    parts(file, std::slice::from_ref(&(0..file.text.len())), options)
}

/// Statements of some ranges of a file, each range for itself, with places in the file.
pub(crate) fn parts(file: &TextFile, ranges: &[Range<usize>], options: &SplitOptions) -> Parsed {
    let mut place = Cursor::default();
    let mut parsed = Parsed::default();
    for range in ranges {
        let Some(part) = file.text.get(range.clone()) else { continue };
        place.advance(&file.text, range.start);
        let mut split = architrave_sql::split_with(part, options);
        for statement in &mut split.statements {
            statement.offset += range.start + file.bom;
            place.shift(&mut statement.line, &mut statement.column);
            for touch in &mut statement.touches {
                place.shift(&mut touch.line, &mut touch.column);
            }
            if let Some(placeholder) = placeholders::in_code(&statement.text) {
                statement.kind = StatementKind::Template { placeholder };
                statement.syntax_error = None;
            }
        }
        parsed.statements.append(&mut split.statements);
        for mut note in split.notes {
            place.shift(&mut note.line, &mut note.column);
            parsed.notes.push((note.line, note.column, note.message));
        }
    }
    parsed
}

/// Statements of some ranges within a section of a file that starts with a line, whose number is given: the rest of the file is not looked at.
pub(crate) fn section(file: &TextFile, section: &Range<usize>, line: u32, ranges: &[Range<usize>], options: &SplitOptions) -> Parsed {
    let Some(text) = file.text.get(section.clone()) else { return Parsed::default() };
    let own = TextFile { text: text.to_owned(), ..TextFile::default() };
    let within: Vec<Range<usize>> =
        ranges.iter().map(|r| r.start.saturating_sub(section.start)..r.end.saturating_sub(section.start)).collect();
    let mut parsed = parts(&own, &within, options);
    for statement in &mut parsed.statements {
        statement.offset += section.start + file.bom;
        statement.line += line - 1;
        for touch in &mut statement.touches {
            touch.line += line - 1;
        }
    }
    for note in &mut parsed.notes {
        note.0 += line - 1;
    }
    parsed
}

/// As psql reads a file: meta-commands and variables.
pub(crate) fn psql() -> SplitOptions {
    SplitOptions::default()
}

/// As a migration runner sends it: SQL and nothing else.
pub(crate) fn plain() -> SplitOptions {
    SplitOptions { psql: false, ..SplitOptions::default() }
}

/// A place that moves forward through a text.
#[derive(Debug, Default)]
struct Cursor {
    offset: usize,
    /// Lines before this place.
    lines: u32,
    /// Characters before it in its line.
    columns: u32,
}

impl Cursor {
    fn advance(&mut self, text: &str, to: usize) {
        let from = if to < self.offset { 0 } else { self.offset };
        if from == 0 {
            *self = Self::default();
        }
        for c in text[from..to].chars() {
            if c == '\n' {
                self.lines += 1;
                self.columns = 0;
            } else {
                self.columns += 1;
            }
        }
        self.offset = to;
    }

    /// A place counted from here to one counted from the start of the file.
    fn shift(&self, line: &mut u32, column: &mut u32) {
        if *line == 1 {
            *column += self.columns;
        }
        *line += self.lines;
    }
}

/// The text with comments, strings and dollar-quoted bodies blanked by spaces; same length in bytes, same lines.
pub(crate) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in Lexer::new(text) {
        let Some(part) = text.get(token.start..token.end) else { continue };
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment | TokenKind::String | TokenKind::DollarString => {
                out.extend(part.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// Whether the word occurs as a whole word. Both in lower case.
#[cfg(test)]
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    find_word(text, word).is_some()
}

/// Byte offset of the first whole-word occurrence.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let starts_name = word.starts_with(is_name);
    let ends_name = word.ends_with(is_name);
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !(starts_name && before.is_some_and(is_name) || ends_name && after.is_some_and(is_name))
    })
}

/// Line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> u32 {
    let lines = text.bytes().take(offset).filter(|b| *b == b'\n').count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        let text = "a -- x\n'b''c' /* d /* e */ f */ $$g$$ $t$h$t$ i";
        assert_eq!(code_only(text).split_whitespace().collect::<Vec<_>>(), ["a", "i"]);
        assert_eq!(code_only(text).len(), text.len());
        assert_eq!(code_only("select $1, 'open"), "select $1,      ");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("id int unsigned,", "unsigned"));
        assert!(!has_word("unsigned_int", "unsigned"));
        assert_eq!(find_word("xserial serial", "serial"), Some(8));
    }

    #[test]
    fn places_of_a_range_are_places_of_the_file() {
        let file = TextFile { text: "x\nyé; select 1;\nselect 2;".to_owned(), ..TextFile::default() };
        let found = parts(&file, std::slice::from_ref(&(6..file.text.len())), &psql()).statements;
        let places: Vec<_> = found.iter().map(|s| (s.line, s.column, &file.text[s.offset..s.offset + 6])).collect();
        assert_eq!(places, [(2, 5, "select"), (3, 1, "select")]);
    }
}
