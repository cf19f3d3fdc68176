//! Rules on constraints: not validated, not enforced, forbidding less than they seem to.

mod not_enforced;
mod not_validated;
mod unique_by_data_only;
mod unique_over_nullable;
mod unique_with_soft_delete;
mod unique_without_effect;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &not_enforced::RULE,
    &not_validated::RULE,
    &unique_by_data_only::RULE,
    &unique_over_nullable::RULE,
    &unique_with_soft_delete::RULE,
    &unique_without_effect::RULE,
];
