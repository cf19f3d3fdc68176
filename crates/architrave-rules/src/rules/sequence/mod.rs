//! Rules on sequences.

mod cycles;
mod not_owned;
mod shared_by_tables;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&cycles::RULE, &not_owned::RULE, &shared_by_tables::RULE];
