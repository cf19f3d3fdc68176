//! The data dictionary: every schema, table and column with what is known of it, as plain data and in the forms that people hand around.
//!
//! [`build`] computes a [`Dictionary`] from an opened target; the modules beside it print one and compute nothing. What changes from day to day
//! (rows, sizes, shares of NULLs) is kept apart where the form allows, so that a dictionary under version control stays quiet.

mod build;
pub mod csv;
mod entry;
mod file_names;
pub mod html;
pub mod markdown;
mod marks;
#[cfg(test)]
mod sample;
pub mod xlsx;

pub use build::{MOST_USES, Options, build};
pub use entry::{
    Check, Code, Column, ColumnFigures, Coverage, DICTIONARY_VERSION, Dictionary, Domain, EnumType, Extension, ForeignKey, Function, Index,
    OtherType, Place, Policy, Referenced, Relation, RelationKind, Schema, Trigger, Unique, Use,
};

pub use marks::{Marked, compare, mark, plain};

/// The dictionary as JSON, pretty, with a final newline.
pub fn json(dictionary: &Dictionary) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(dictionary)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// How much has comments, a line per schema.
pub fn coverage_text(dictionary: &Dictionary) -> String {
    let mut lines: Vec<(String, Coverage)> =
        dictionary.schemas.iter().filter(|s| s.coverage.relations > 0).map(|s| (crate::format::visible(&s.name), s.coverage)).collect();
    if lines.len() != 1 {
        lines.push(("all schemas".to_owned(), dictionary.coverage()));
    }
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{}\n", crate::format::visible(&dictionary.name));
    for (name, c) in lines {
        text.push_str(&format!("  {name:width$}  {}\n", markdown::coverage(c)));
    }
    if !dictionary.statistics {
        text.push_str("  rows and sizes are unknown: no statistics were read\n");
    }
    text
}
