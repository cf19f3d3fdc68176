//! Rules on comments: the data dictionary that lives in the database.

mod columns_missing;
mod uninformative;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&columns_missing::RULE, &uninformative::RULE];
