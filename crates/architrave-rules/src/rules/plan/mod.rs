//! Rules on the plans of statements: each knows one kind of bottleneck and says it with the numbers of the plan at hand.

mod bitmap_lossy;
mod bloat_suspected;
mod branch_never_executed;
mod cache_misses;
mod costly_node;
mod cte_blocks_pushdown;
mod default_selectivity;
mod disabled_node_chosen;
mod expression;
mod function_per_row;
mod function_wrapped_column;
mod grows_faster_than_data;
mod hash_on_disk;
mod heap_fetches;
mod implicit_cast;
mod index_chosen_for_order;
mod index_scan_discards_rows;
mod jit_overhead;
mod join_filter_discards_rows;
mod large_offset;
mod late_filter;
mod limit_gamble;
mod lock_waits;
mod memoize_misses;
mod nested_loop_many_iterations;
mod or_across_tables;
mod parallelism_unused;
mod parameter_sensitive;
mod partition_pruning_absent;
mod planning_dominates;
mod remedy;
mod rows_misestimated;
mod select_dirties_blocks;
mod sequential_scan_discards_rows;
mod serialization_time;
mod slow_io;
mod slow_node;
mod sort_on_disk;
mod statistics_stale;
mod subplan_per_row;
mod temporary_files;
#[cfg(test)]
mod tests;
mod tree;
mod trigger_time;
mod wal_volume;
mod weight;
mod wording;
mod workers_not_launched;

use architrave_model::Rule;

/// All of them, by id; one per line.
#[rustfmt::skip]
pub(crate) static RULES: &[&Rule] = &[
    &bitmap_lossy::RULE,
    &bloat_suspected::RULE,
    &branch_never_executed::RULE,
    &cache_misses::RULE,
    &costly_node::RULE,
    &cte_blocks_pushdown::RULE,
    &default_selectivity::RULE,
    &disabled_node_chosen::RULE,
    &function_per_row::RULE,
    &function_wrapped_column::RULE,
    &grows_faster_than_data::RULE,
    &hash_on_disk::RULE,
    &heap_fetches::RULE,
    &implicit_cast::RULE,
    &index_chosen_for_order::RULE,
    &index_scan_discards_rows::RULE,
    &jit_overhead::RULE,
    &join_filter_discards_rows::RULE,
    &large_offset::RULE,
    &late_filter::RULE,
    &limit_gamble::RULE,
    &lock_waits::RULE,
    &memoize_misses::RULE,
    &nested_loop_many_iterations::RULE,
    &or_across_tables::RULE,
    &parallelism_unused::RULE,
    &parameter_sensitive::RULE,
    &partition_pruning_absent::RULE,
    &planning_dominates::RULE,
    &rows_misestimated::RULE,
    &select_dirties_blocks::RULE,
    &sequential_scan_discards_rows::RULE,
    &serialization_time::RULE,
    &slow_io::RULE,
    &slow_node::RULE,
    &sort_on_disk::RULE,
    &statistics_stale::RULE,
    &subplan_per_row::RULE,
    &temporary_files::RULE,
    &trigger_time::RULE,
    &wal_volume::RULE,
    &workers_not_launched::RULE,
];
