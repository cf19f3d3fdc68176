//! Rules on scripts and what they make, and on what migrations do while they run.

mod added_column_rewrites_table;
mod added_column_without_values;
mod cached_plan_result_changes;
mod check_refuses_old_rows;
mod check_validated_under_lock;
mod concurrent_build_under_timeout;
mod concurrently_in_transaction;
mod concurrently_on_partitioned_table;
mod drift;
mod exclusion_built_under_lock;
mod foreign_key_validated_under_lock;
mod index_built_under_lock;
mod index_dropped_under_lock;
mod invalid_index_hidden_by_retry;
mod key_built_under_lock;
mod not_null_revalidated_under_lock;
mod not_null_scan_under_lock;
mod primary_key_over_nullable_columns;
mod reindex_under_lock;
mod statement_fails;
mod table_packed_under_lock;
#[cfg(test)]
mod testing;
mod type_change_blocked;
mod type_changed_under_lock;
mod validated_in_same_transaction;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &added_column_rewrites_table::RULE,
    &added_column_without_values::RULE,
    &cached_plan_result_changes::RULE,
    &check_refuses_old_rows::RULE,
    &check_validated_under_lock::RULE,
    &concurrent_build_under_timeout::RULE,
    &concurrently_in_transaction::RULE,
    &concurrently_on_partitioned_table::RULE,
    &drift::RULE,
    &exclusion_built_under_lock::RULE,
    &foreign_key_validated_under_lock::RULE,
    &index_built_under_lock::RULE,
    &index_dropped_under_lock::RULE,
    &invalid_index_hidden_by_retry::RULE,
    &key_built_under_lock::RULE,
    &not_null_revalidated_under_lock::RULE,
    &not_null_scan_under_lock::RULE,
    &primary_key_over_nullable_columns::RULE,
    &reindex_under_lock::RULE,
    &statement_fails::RULE,
    &table_packed_under_lock::RULE,
    &type_change_blocked::RULE,
    &type_changed_under_lock::RULE,
    &validated_in_same_transaction::RULE,
];
