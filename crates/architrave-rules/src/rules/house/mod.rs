//! The house's own rules, as far as they are understood.

mod broken;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&broken::RULE];
