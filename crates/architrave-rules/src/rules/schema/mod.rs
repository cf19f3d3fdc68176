//! Rules on schemas.

mod public_create_granted;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&public_create_granted::RULE];
