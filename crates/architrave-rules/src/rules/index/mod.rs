//! Rules on indexes: missing, duplicate, redundant, invalid, unused, bloated, unfit for their column.

mod bloated;
mod blocks_hot_updates;
mod btree_on_container;
mod collation_version_changed;
mod duplicate;
mod few_values;
mod foreign_key_unindexed;
mod invalid;
mod missing_for_workload;
mod mostly_null;
mod predicate_always_true;
mod rarely_used;
mod redundant;
mod superfluous_for_workload;
mod too_many;
mod unused;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &bloated::RULE,
    &blocks_hot_updates::RULE,
    &btree_on_container::RULE,
    &collation_version_changed::RULE,
    &duplicate::RULE,
    &few_values::RULE,
    &foreign_key_unindexed::RULE,
    &invalid::RULE,
    &missing_for_workload::RULE,
    &mostly_null::RULE,
    &predicate_always_true::RULE,
    &rarely_used::RULE,
    &redundant::RULE,
    &superfluous_for_workload::RULE,
    &too_many::RULE,
    &unused::RULE,
];
