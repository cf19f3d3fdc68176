//! Rules on settings of the server.

pub(crate) mod advice;
mod cache_misses_many;
mod cache_size_contradictory;
mod checkpoints_bursty;
mod checkpoints_forced;
mod constraints_bypassed;
mod counters_off;
mod developer_option_on;
mod diagnostics_off;
mod durability_off;
mod file_error;
mod huge_pages_unused;
mod log_leaks;
mod memory_overcommitted;
mod planner_costs_contradictory;
mod planner_method_off;
mod random_page_cost_of_disks;
mod restart_pending;
mod shared_buffers_unfit;
mod sql_semantics_changed;
mod statistics_target_extreme;
mod synchronous_commit_off;
mod temporary_files_large;
mod wal_images_uncompressed;
mod worker_limits_contradictory;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &cache_misses_many::RULE,
    &cache_size_contradictory::RULE,
    &checkpoints_bursty::RULE,
    &checkpoints_forced::RULE,
    &constraints_bypassed::RULE,
    &counters_off::RULE,
    &developer_option_on::RULE,
    &diagnostics_off::RULE,
    &durability_off::RULE,
    &file_error::RULE,
    &huge_pages_unused::RULE,
    &log_leaks::RULE,
    &memory_overcommitted::RULE,
    &planner_costs_contradictory::RULE,
    &planner_method_off::RULE,
    &random_page_cost_of_disks::RULE,
    &restart_pending::RULE,
    &shared_buffers_unfit::RULE,
    &sql_semantics_changed::RULE,
    &statistics_target_extreme::RULE,
    &synchronous_commit_off::RULE,
    &temporary_files_large::RULE,
    &wal_images_uncompressed::RULE,
    &worker_limits_contradictory::RULE,
];
