//! Rules on scripts and what they make.

mod drift;
mod statement_fails;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&drift::RULE, &statement_fails::RULE];
