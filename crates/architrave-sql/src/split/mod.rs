//! Text of migrations and dumps to statements with places; PostgreSQL's and psql's lexical rules, nothing more.

mod classify;
mod decode;
mod mask;
mod psql;
pub(crate) mod scan;
#[cfg(test)]
mod tests;

pub use classify::is_cluster_wide;
pub use decode::{Decoded, NotText, decode};
pub use mask::{first_line, mask_literals, masked_first_line};
pub use psql::{Include, psql_include};

use architrave_model::script::Statement;
use std::collections::BTreeMap;

/// How to read a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitOptions {
    /// Understand psql: meta-commands, variables, data after `COPY … FROM stdin;`.
    pub psql: bool,
    /// Meaning of `\` in plain strings at the start; a `SET standard_conforming_strings` in the text changes it.
    pub standard_conforming_strings: bool,
    /// psql variables that are set before the first line (`psql -v`); `\set` in the text adds to them.
    pub variables: BTreeMap<String, String>,
    /// Parse statements for `touches` and `syntax_error`; without it both stay empty.
    pub parse: bool,
    /// Line comments that begin like this end a statement as a semicolon does (`--> statement-breakpoint`).
    pub breakpoint: Option<String>,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { psql: true, standard_conforming_strings: true, variables: BTreeMap::new(), parse: true, breakpoint: None }
    }
}

/// Something about the text that the reader of a review may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitNote {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// A lower-case fragment.
    pub message: String,
}

/// The statements of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Statements in order; empty ones are dropped.
    pub statements: Vec<Statement>,
    /// Oddities.
    pub notes: Vec<SplitNote>,
    /// Byte offset of the first NUL: this is no text, and `statements` is empty. [`decode`] finds it earlier and says more.
    pub not_text: Option<usize>,
}

/// The statements of a text, read as psql reads it. Invalid UTF-8 is the caller's: see [`decode`].
pub fn split(text: &str) -> Vec<Statement> {
    split_with(text, &SplitOptions::default()).statements
}

/// The same with options and with notes on what was odd.
pub fn split_with(text: &str, options: &SplitOptions) -> Split {
    if let Some(offset) = text.find('\0') {
        return Split { not_text: Some(offset), ..Split::default() };
    }
    let mut found = scan::scan(text, options);
    if options.parse {
        crate::touches::fill(text, &mut found);
    }
    Split { statements: found.pieces.into_iter().map(|p| p.statement).collect(), notes: found.notes, not_text: None }
}
