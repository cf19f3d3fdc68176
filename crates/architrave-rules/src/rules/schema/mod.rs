//! Rules on schemas.

mod empty;
mod encoding_sql_ascii;
mod public_create_granted;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&empty::RULE, &encoding_sql_ascii::RULE, &public_create_granted::RULE];
