//! Rules on personal data, secrets, erasure and audit trails. They judge names, types and figures; no value is read or printed.

mod lexicon;
mod personal;
mod personal_data;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&personal_data::RULE];
