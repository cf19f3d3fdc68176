//! Rules on connections.

mod near_limit;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&near_limit::RULE];
