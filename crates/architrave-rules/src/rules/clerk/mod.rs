//! Rules for projects that sign people in with Clerk.

mod user_id_not_unique;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&user_id_not_unique::RULE];
