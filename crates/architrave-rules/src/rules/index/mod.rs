//! Rules on indexes: missing, duplicate, redundant, invalid, unused.

mod duplicate;
mod foreign_key_unindexed;
mod invalid;
mod missing_for_workload;
mod redundant;
mod superfluous_for_workload;
mod unused;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &duplicate::RULE,
    &foreign_key_unindexed::RULE,
    &invalid::RULE,
    &missing_for_workload::RULE,
    &redundant::RULE,
    &superfluous_for_workload::RULE,
    &unused::RULE,
];
