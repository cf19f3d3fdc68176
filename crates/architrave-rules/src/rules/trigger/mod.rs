//! Rules on triggers.

mod updated_at_unmaintained;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&updated_at_unmaintained::RULE];
