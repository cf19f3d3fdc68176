//! Rules on scripts and what they make, and on what migrations do while they run.

mod added_column_rewrites_table;
mod added_column_without_values;
mod all_rows_written;
mod back_fill_under_lock;
mod cached_plan_result_changes;
mod check_refuses_old_rows;
mod check_validated_under_lock;
mod column_dropped;
mod column_recreated;
mod column_renamed;
mod concurrent_build_corrupts;
mod concurrent_build_under_timeout;
mod concurrently_in_transaction;
mod concurrently_on_partitioned_table;
mod default_partition_scanned;
mod detach_concurrently_fails;
mod domain_constraint_scans;
mod drift;
mod drop_cascades;
mod enum_value_renamed;
mod enum_value_used_at_once;
mod exclusion_built_under_lock;
mod foreign_key_validated_under_lock;
mod function_body_breaks;
mod half_applied;
mod hidden_in_dynamic_sql;
mod history_broken;
mod identifier_cut;
mod index_built_under_lock;
mod index_dropped_under_lock;
mod invalid_index_hidden_by_retry;
mod key_built_under_lock;
mod lock_timeout_missing;
mod not_judged;
mod not_null_revalidated_under_lock;
mod not_null_scan_under_lock;
mod not_rerunnable;
mod object_dropped;
mod open_transaction_in_the_way;
mod partition_attach_scans;
mod partition_created_in_place;
mod partition_detach_blocks;
mod passes_mergeable;
mod primary_key_over_nullable_columns;
mod privileges_widened;
mod published_table_changed;
mod query_breaks;
mod reference_locks_table;
mod referenced_table_locked;
mod refresh_blocks_readers;
mod reindex_under_lock;
mod relation_renamed;
mod replication_broken;
mod required_column_unfilled;
mod row_security_weakened;
mod row_security_without_policy;
mod rows_in_the_way;
mod several_tables_locked;
mod statement_does_not_end;
mod statement_fails;
mod statement_fails_on_data;
mod statement_refused;
mod storage_rewritten;
mod table_dropped;
mod table_exposed_without_row_security;
mod table_packed_under_lock;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trigger_left_disabled;
mod truncates;
mod type_change_blocked;
mod type_changed_under_lock;
mod validated_in_same_transaction;
mod way_back_fails;
mod way_back_loses_data;
mod way_back_missing;
mod work_under_lock;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &added_column_rewrites_table::RULE,
    &added_column_without_values::RULE,
    &all_rows_written::RULE,
    &back_fill_under_lock::RULE,
    &cached_plan_result_changes::RULE,
    &check_refuses_old_rows::RULE,
    &check_validated_under_lock::RULE,
    &column_dropped::RULE,
    &column_recreated::RULE,
    &column_renamed::RULE,
    &concurrent_build_corrupts::RULE,
    &concurrent_build_under_timeout::RULE,
    &concurrently_in_transaction::RULE,
    &concurrently_on_partitioned_table::RULE,
    &default_partition_scanned::RULE,
    &detach_concurrently_fails::RULE,
    &domain_constraint_scans::RULE,
    &drift::RULE,
    &drop_cascades::RULE,
    &enum_value_renamed::RULE,
    &enum_value_used_at_once::RULE,
    &exclusion_built_under_lock::RULE,
    &foreign_key_validated_under_lock::RULE,
    &function_body_breaks::RULE,
    &half_applied::RULE,
    &hidden_in_dynamic_sql::RULE,
    &history_broken::RULE,
    &identifier_cut::RULE,
    &index_built_under_lock::RULE,
    &index_dropped_under_lock::RULE,
    &invalid_index_hidden_by_retry::RULE,
    &key_built_under_lock::RULE,
    &lock_timeout_missing::RULE,
    &not_judged::RULE,
    &not_null_revalidated_under_lock::RULE,
    &not_null_scan_under_lock::RULE,
    &not_rerunnable::RULE,
    &object_dropped::RULE,
    &open_transaction_in_the_way::RULE,
    &partition_attach_scans::RULE,
    &partition_created_in_place::RULE,
    &partition_detach_blocks::RULE,
    &passes_mergeable::RULE,
    &primary_key_over_nullable_columns::RULE,
    &privileges_widened::RULE,
    &published_table_changed::RULE,
    &query_breaks::RULE,
    &reference_locks_table::RULE,
    &referenced_table_locked::RULE,
    &refresh_blocks_readers::RULE,
    &reindex_under_lock::RULE,
    &relation_renamed::RULE,
    &replication_broken::RULE,
    &required_column_unfilled::RULE,
    &row_security_weakened::RULE,
    &row_security_without_policy::RULE,
    &rows_in_the_way::RULE,
    &several_tables_locked::RULE,
    &statement_does_not_end::RULE,
    &statement_fails::RULE,
    &statement_fails_on_data::RULE,
    &statement_refused::RULE,
    &storage_rewritten::RULE,
    &table_dropped::RULE,
    &table_exposed_without_row_security::RULE,
    &table_packed_under_lock::RULE,
    &trigger_left_disabled::RULE,
    &truncates::RULE,
    &type_change_blocked::RULE,
    &type_changed_under_lock::RULE,
    &validated_in_same_transaction::RULE,
    &way_back_fails::RULE,
    &way_back_loses_data::RULE,
    &way_back_missing::RULE,
    &work_under_lock::RULE,
];
