//! Rules on the plans of statements: each knows one kind of bottleneck and says it with the numbers of the plan at hand.

mod bitmap_lossy;
mod cache_misses;
mod costly_node;
mod hash_on_disk;
mod heap_fetches;
mod index_chosen_for_order;
mod index_scan_discards_rows;
mod join_filter_discards_rows;
mod large_offset;
mod nested_loop_many_iterations;
mod or_across_tables;
mod parallelism_unused;
mod remedy;
mod rows_misestimated;
mod sequential_scan_discards_rows;
mod slow_io;
mod slow_node;
mod sort_on_disk;
mod statistics_stale;
mod temporary_files;
mod tree;
mod weight;
mod wording;
mod workers_not_launched;

use architrave_model::Rule;

/// All of them, by id; one per line.
#[rustfmt::skip]
pub(crate) static RULES: &[&Rule] = &[
    &bitmap_lossy::RULE,
    &cache_misses::RULE,
    &costly_node::RULE,
    &hash_on_disk::RULE,
    &heap_fetches::RULE,
    &index_chosen_for_order::RULE,
    &index_scan_discards_rows::RULE,
    &join_filter_discards_rows::RULE,
    &large_offset::RULE,
    &nested_loop_many_iterations::RULE,
    &or_across_tables::RULE,
    &parallelism_unused::RULE,
    &rows_misestimated::RULE,
    &sequential_scan_discards_rows::RULE,
    &slow_io::RULE,
    &slow_node::RULE,
    &sort_on_disk::RULE,
    &statistics_stale::RULE,
    &temporary_files::RULE,
    &workers_not_launched::RULE,
];
