//! Rules on partitioned tables and their partitions.

mod default_has_rows;
mod detached_leftover;
mod index_missing;
mod large_table_whole;
mod none;
mod range_runs_out;
mod too_many;
mod uneven;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &default_has_rows::RULE,
    &detached_leftover::RULE,
    &index_missing::RULE,
    &large_table_whole::RULE,
    &none::RULE,
    &range_runs_out::RULE,
    &too_many::RULE,
    &uneven::RULE,
];
