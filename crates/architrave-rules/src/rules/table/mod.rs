//! Rules on tables as a whole.

mod alignment_padding;
mod all_columns_nullable;
mod column_privileges_void;
mod comment_missing;
mod empty;
mod entity_attribute_value;
mod foreign_exposed;
mod inheritance;
mod leftover_copy;
mod log_without_time;
mod never_read;
mod no_role_may_reach;
mod numbered_columns;
mod numbered_tables;
mod privileges_self_written;
mod rewrite_rule;
mod row_exceeds_page;
mod too_many_columns;
mod truncate_granted;
mod unlogged;
mod without_columns;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &alignment_padding::RULE,
    &all_columns_nullable::RULE,
    &column_privileges_void::RULE,
    &comment_missing::RULE,
    &empty::RULE,
    &entity_attribute_value::RULE,
    &foreign_exposed::RULE,
    &inheritance::RULE,
    &leftover_copy::RULE,
    &log_without_time::RULE,
    &never_read::RULE,
    &no_role_may_reach::RULE,
    &numbered_columns::RULE,
    &numbered_tables::RULE,
    &privileges_self_written::RULE,
    &rewrite_rule::RULE,
    &row_exceeds_page::RULE,
    &too_many_columns::RULE,
    &truncate_granted::RULE,
    &unlogged::RULE,
    &without_columns::RULE,
];
