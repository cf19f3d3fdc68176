//! Rules on schemas.

mod empty;
mod encoding_sql_ascii;
mod outsider_may_create;
mod public_create_granted;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&empty::RULE, &encoding_sql_ascii::RULE, &outsider_may_create::RULE, &public_create_granted::RULE];
