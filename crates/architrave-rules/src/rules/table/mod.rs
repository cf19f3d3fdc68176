//! Rules on tables as a whole.

mod comment_missing;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&comment_missing::RULE];
