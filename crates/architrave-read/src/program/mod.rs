//! SQL inside migrations that are programs: the string literals that the way up and the way down hand to the database, with their places.
//!
//! Nothing is evaluated. What is put together at run time is marked as a template; calls that are no SQL are listed by name.

mod calls;
pub(crate) mod folder;
#[cfg(test)]
mod tests;
mod tokens;

use crate::reader::Input;
use crate::sql::{self, Parsed};
use crate::text::TextFile;
use architrave_model::script::StatementKind;

pub(crate) use calls::{Calls, read};

/// A language, as far as its strings, comments and functions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JavaScript and TypeScript.
    Script,
    Python,
}

impl Language {
    /// By the ending of a file's name; declarations of types are no programs.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if name.ends_with(".d.ts") {
            return None;
        }
        match name.rsplit_once('.')?.1 {
            "ts" | "js" | "mjs" | "cjs" | "mts" | "cts" => Some(Self::Script),
            "py" => Some(Self::Python),
            _ => None,
        }
    }
}

/// A text that a program hands over, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Text.
    pub(crate) text: String,
    /// Where pieces of it come from: offset in the text, offset in the source; ascending, the first at 0.
    map: Vec<(usize, usize)>,
    /// Parts are put in at run time: every statement with one of these in it is a template; all of them when the list holds an empty one.
    holes: Vec<&'static str>,
}

/// One direction of a migration.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// What it hands over, in order.
    pub(crate) sql: Vec<Literal>,
    /// Calls that are no SQL: line and name.
    pub(crate) others: Vec<(u32, String)>,
}

/// A program as read.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) up: Option<Way>,
    pub(crate) down: Option<Way>,
}

impl Program {
    /// Whether the way up is known whole: SQL and nothing else.
    pub(crate) fn is_sql(&self) -> bool {
        self.up.as_ref().is_some_and(|up| up.others.is_empty())
    }
}

impl Way {
    /// Its statements, with places in the file.
    pub(crate) fn parsed(&self, file: &TextFile) -> Parsed {
        let mut out = Parsed::default();
        let source = line_starts(&file.text);
        for literal in &self.sql {
            literal.parse(file, &source, &mut out);
        }
        out
    }
}

impl Literal {
    fn parse(&self, file: &TextFile, source: &[usize], out: &mut Parsed) {
        let own = TextFile { text: self.text.clone(), ..TextFile::default() };
        let mut parsed = sql::whole(&own, &sql::plain());
        let places = Places { literal: self, starts: line_starts(&self.text), source, file };
        for statement in &mut parsed.statements {
            if let Some(hole) = self.holes.iter().find(|hole| statement.text.contains(**hole)) {
                let what = if hole.is_empty() { "a value that the program puts in" } else { *hole };
                statement.kind = StatementKind::Template { placeholder: what.to_owned() };
                statement.syntax_error = None;
            }
            statement.offset = places.source_offset(statement.offset) + file.bom;
            (statement.line, statement.column) = places.shift(statement.line, statement.column);
            for touch in &mut statement.touches {
                (touch.line, touch.column) = places.shift(touch.line, touch.column);
            }
        }
        out.statements.append(&mut parsed.statements);
        out.notes.extend(parsed.notes.into_iter().map(|(line, column, text)| {
            let (line, column) = places.shift(line, column);
            (line, column, text)
        }));
    }

    /// Appends another literal that the program joins to this one.
    fn join(&mut self, other: Self) {
        let at = self.text.len();
        self.text.push_str(&other.text);
        self.map.extend(other.map.into_iter().map(|(offset, source)| (offset + at, source)));
        self.holes.extend(other.holes);
    }
}

/// Places in a literal to places in the file.
struct Places<'a> {
    literal: &'a Literal,
    starts: Vec<usize>,
    source: &'a [usize],
    file: &'a TextFile,
}

impl Places<'_> {
    fn source_offset(&self, offset: usize) -> usize {
        let at = self.literal.map.partition_point(|(from, _)| *from <= offset);
        self.literal.map.get(at.saturating_sub(1)).map_or(offset, |(from, source)| source + (offset - from))
    }

    fn shift(&self, line: u32, column: u32) -> (u32, u32) {
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0);
        let within: usize = self.literal.text[start..].chars().take(column as usize - 1).map(char::len_utf8).sum();
        let offset = self.source_offset(start + within).min(self.file.text.len());
        let row = self.source.partition_point(|from| *from <= offset);
        let from = self.source.get(row.saturating_sub(1)).copied().unwrap_or(0);
        let columns = self.file.text.get(from..offset).map_or(0, |t| t.chars().count());
        (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(columns + 1).unwrap_or(u32::MAX))
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Reads a program of the project; none when it is unreadable.
pub(crate) fn load(input: &Input<'_>, path: &str, calls: &Calls) -> Option<(TextFile, Program)> {
    let language = Language::of(path)?;
    let text = input.tree.read(path).ok()?;
    let program = read(&text.text, language, calls);
    Some((text, program))
}
