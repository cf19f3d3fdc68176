//! Rules on the plans of statements: each knows one kind of bottleneck and says it with the numbers of the plan at hand.

mod bloat_suspected;
mod branch_never_executed;
mod cte_blocks_pushdown;
mod default_selectivity;
mod disabled_node_chosen;
mod expression;
mod function_per_row;
mod function_wrapped_column;
mod implicit_cast;
mod jit_overhead;
mod late_filter;
mod limit_gamble;
mod lock_waits;
mod memoize_misses;
mod parameter_sensitive;
mod partition_pruning_absent;
mod planning_dominates;
mod remedy;
mod select_dirties_blocks;
mod serialization_time;
mod subplan_per_row;
mod tree;
mod trigger_time;
mod wal_volume;
mod weight;
mod wording;

use architrave_model::Rule;

/// All of them, by id; one per line.
#[rustfmt::skip]
pub(crate) static RULES: &[&Rule] = &[
    &bloat_suspected::RULE,
    &branch_never_executed::RULE,
    &cte_blocks_pushdown::RULE,
    &default_selectivity::RULE,
    &disabled_node_chosen::RULE,
    &function_per_row::RULE,
    &function_wrapped_column::RULE,
    &implicit_cast::RULE,
    &jit_overhead::RULE,
    &late_filter::RULE,
    &limit_gamble::RULE,
    &lock_waits::RULE,
    &memoize_misses::RULE,
    &parameter_sensitive::RULE,
    &partition_pruning_absent::RULE,
    &planning_dominates::RULE,
    &select_dirties_blocks::RULE,
    &serialization_time::RULE,
    &subplan_per_row::RULE,
    &trigger_time::RULE,
    &wal_volume::RULE,
];
