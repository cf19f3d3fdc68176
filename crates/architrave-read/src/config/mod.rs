//! `architrave.toml`: every key is known or an error with its line and the nearest known key.

mod access;
mod sections;
#[cfg(test)]
mod tests;

use crate::error::ReadError;
use crate::sql::line_of;
use crate::tree::Tree;
use architrave_model::Gap;
use architrave_model::access::Stated;
use architrave_model::brief::Brief;
use architrave_model::house::{Allowance, RuleSetting};
use architrave_model::script::Location;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Its name.
pub(crate) const FILE: &str = "architrave.toml";

const SECTIONS: &[&str] = &["brief", "rules", "allow", "twin", "review", "house", "access"];

/// Everything in it.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) brief: Brief,
    pub(crate) rules: Vec<RuleSetting>,
    pub(crate) allowed: Vec<Allowance>,
    /// `[house] rules`: sentences with their places.
    pub(crate) house: Vec<(String, Location)>,
    pub(crate) targets: Vec<String>,
    pub(crate) twin_postgres: Option<u16>,
    pub(crate) access: Stated,
}

/// Reads the file when there is one.
pub(crate) fn read(tree: &Tree, gaps: &mut Vec<Gap>) -> Result<Config, ReadError> {
    if !tree.has_file(FILE) {
        return Ok(Config::default());
    }
    match tree.read(FILE) {
        Ok(file) => parse(&file.text),
        Err(error) => {
            gaps.push(Gap::new(FILE, error.why(), error.remedy()));
            Ok(Config::default())
        }
    }
}

/// Reads its text.
pub(crate) fn parse(text: &str) -> Result<Config, ReadError> {
    let source = Source { text };
    let table = DeTable::parse(text).map_err(|error| source.error(error.span().unwrap_or(0..0), error.message().to_owned()))?;
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        match name {
            "brief" => sections::brief(&source, value, &mut config)?,
            "rules" => sections::rules(&source, value, &mut config)?,
            "allow" => sections::allow(&source, value, &mut config)?,
            "twin" => sections::twin(&source, value, &mut config)?,
            "review" => sections::review(&source, value, &mut config)?,
            "house" => sections::house(&source, value, &mut config)?,
            "access" => access::section(&source, value, &mut config)?,
            _ => return Err(source.unknown(key.span(), "section", name, SECTIONS)),
        }
    }
    // A TOML table has no order of its own; the file has.
    config.rules.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(config)
}

/// The text, for places and messages.
struct Source<'a> {
    text: &'a str,
}

type Item<'a> = Spanned<DeValue<'a>>;
type Table<'a> = DeTable<'a>;

impl Source<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> ReadError {
        ReadError::Config { path: FILE.to_owned(), line: line_of(self.text, span.start), message: message.into() }
    }

    fn location(&self, span: Range<usize>) -> Location {
        let start = span.start.min(self.text.len());
        let line_start = self.text[..start].rfind('\n').map_or(0, |n| n + 1);
        let column = u32::try_from(self.text[line_start..start].chars().count() + 1).unwrap_or(u32::MAX);
        Location { path: FILE.to_owned(), line: line_of(self.text, start), column }
    }

    /// An unknown word, with the nearest known one when it is near.
    fn unknown(&self, span: Range<usize>, what: &str, word: &str, known: &[&str]) -> ReadError {
        let near = known.iter().map(|k| (strsim::damerau_levenshtein(word, k), *k)).min();
        let hint = match near {
            Some((distance, nearest)) if distance <= 2.max(word.len() / 3) => format!("did you mean {nearest}?"),
            _ => format!("known: {}", known.join(", ")),
        };
        self.error(span, format!("unknown {what} {word:?}; {hint}"))
    }

    fn table<'v, 'a>(&self, value: &'v Item<'a>, what: &str) -> Result<&'v Table<'a>, ReadError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => Err(self.error(value.span(), format!("{what} must be a table, not {}", kind(other)))),
        }
    }

    fn string(&self, value: &Item<'_>, what: &str) -> Result<String, ReadError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            other => Err(self.error(value.span(), format!("{what} must be a string, not {}", kind(other)))),
        }
    }

    fn flag(&self, value: &Item<'_>, what: &str) -> Result<bool, ReadError> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            other => Err(self.error(value.span(), format!("{what} must be true or false, not {}", kind(other)))),
        }
    }

    fn strings(&self, value: &Item<'_>, what: &str) -> Result<Vec<String>, ReadError> {
        self.array(value, what)?.iter().map(|item| self.string(item, &format!("each of {what}"))).collect()
    }

    fn array<'v, 'a>(&self, value: &'v Item<'a>, what: &str) -> Result<&'v [Item<'a>], ReadError> {
        match value.get_ref() {
            DeValue::Array(items) => Ok(items),
            other => Err(self.error(value.span(), format!("{what} must be a list, not {}", kind(other)))),
        }
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
