//! Rules on constraints.

mod unique_without_effect;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&unique_without_effect::RULE];
