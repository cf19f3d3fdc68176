//! The data dictionary: every schema, table and column with what is known of it, as plain data and in the forms that people hand around.
//!
//! [`build`] computes a [`Dictionary`] from an opened target; the modules beside it print one and compute nothing. What changes from day to day
//! (rows, sizes, shares of NULLs) is kept apart where the form allows, so that a dictionary under version control stays quiet.

mod build;
mod entry;

pub use build::{MOST_USES, Options, build};
pub use entry::{
    Check, Code, Column, ColumnFigures, Coverage, DICTIONARY_VERSION, Dictionary, Domain, EnumType, Extension, ForeignKey, Function, Index,
    OtherType, Place, Policy, Referenced, Relation, RelationKind, Schema, Trigger, Unique, Use,
};

/// The dictionary as JSON, pretty, with a final newline.
pub fn json(dictionary: &Dictionary) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(dictionary)?;
    bytes.push(b'\n');
    Ok(bytes)
}
