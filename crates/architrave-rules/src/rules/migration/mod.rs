//! Rules on scripts and what they make, and on what migrations do while they run.

mod drift;
mod index_built_under_lock;
mod statement_fails;
#[cfg(test)]
mod testing;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&drift::RULE, &index_built_under_lock::RULE, &statement_fails::RULE];
