//! Rules on row level security: on policies and what they rest on, and on what an attack has shown.

mod bucket_not_tested;
mod bucket_open;
mod check_weaker_than_using;
mod clerk_id_as_uuid;
mod clerk_token_old;
mod column_captured;
mod disabled_on_exposed_table;
mod existence_told;
mod existence_told_by_key;
mod foreign_key_across_tenants;
mod function_gives_rows_of_others;
mod function_per_row;
mod immutable_reads_session;
mod index_not_leakproof;
mod only_restrictive_policies;
mod open_by_policy;
mod owner_not_bound;
mod policies_recursive;
mod policies_without_row_security;
mod policy_adds_nothing;
mod policy_always_true;
mod policy_column_unindexed;
mod policy_for_everybody;
mod policy_missing;
mod policy_not_tested;
mod published_without_row_security;
mod read_policy_missing;
mod realtime_topics_open;
mod rows_of_others_readable;
mod rows_of_others_writable;
mod session_call_per_row;
mod setting_read_strictly;
mod setting_through_pooler;
mod shown;
mod user_editable_metadata;
mod view_gives_rows_of_others;
mod way_in_several_steps;
mod write_granted_without_policy;

use architrave_model::catalog::{Column, Policy, Table};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::{ObjectKind, Rule};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &bucket_not_tested::RULE,
    &bucket_open::RULE,
    &check_weaker_than_using::RULE,
    &clerk_id_as_uuid::RULE,
    &clerk_token_old::RULE,
    &column_captured::RULE,
    &disabled_on_exposed_table::RULE,
    &existence_told::RULE,
    &existence_told_by_key::RULE,
    &foreign_key_across_tenants::RULE,
    &function_gives_rows_of_others::RULE,
    &function_per_row::RULE,
    &immutable_reads_session::RULE,
    &index_not_leakproof::RULE,
    &only_restrictive_policies::RULE,
    &open_by_policy::RULE,
    &owner_not_bound::RULE,
    &policies_recursive::RULE,
    &policies_without_row_security::RULE,
    &policy_adds_nothing::RULE,
    &policy_always_true::RULE,
    &policy_column_unindexed::RULE,
    &policy_for_everybody::RULE,
    &policy_missing::RULE,
    &policy_not_tested::RULE,
    &published_without_row_security::RULE,
    &read_policy_missing::RULE,
    &realtime_topics_open::RULE,
    &rows_of_others_readable::RULE,
    &rows_of_others_writable::RULE,
    &session_call_per_row::RULE,
    &setting_read_strictly::RULE,
    &setting_through_pooler::RULE,
    &user_editable_metadata::RULE,
    &view_gives_rows_of_others::RULE,
    &way_in_several_steps::RULE,
    &write_granted_without_policy::RULE,
];

/// The policy as findings name it.
fn policy_ref(table: &Table, policy: &Policy) -> ObjectRef {
    ObjectRef::in_table(ObjectKind::Policy, &table.name, &policy.name)
}

/// `alter policy name on table`.
fn alter_policy(table: &Table, policy: &Policy) -> String {
    format!("alter policy {} on {}", quote_ident(&policy.name), table.name.sql())
}

/// Columns that by their name hold what concerns one person only.
fn personal_columns(table: &Table) -> Vec<&str> {
    const WORDS: &[&str] = &[
        "address",
        "bank",
        "birth",
        "birthday",
        "birthdate",
        "card",
        "dob",
        "email",
        "iban",
        "ip",
        "passport",
        "password",
        "phone",
        "salary",
        "secret",
        "ssn",
        "street",
        "token",
    ];
    // `default_email boolean` is a setting, not an address.
    let says_more = |c: &&Column| c.base_type() != "boolean";
    let personal = |c: &&Column| says_more(c) && super::column::words_of(&c.name).iter().any(|w| WORDS.contains(&w.as_str()));
    table.columns.iter().filter(personal).map(|c| c.name.as_str()).collect()
}
