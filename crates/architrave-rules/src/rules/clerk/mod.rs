//! Rules for projects that sign people in with Clerk: their tables, and the handlers of its webhooks.

mod deletion_cascades;
mod handler;
mod membership_before_user;
mod required_column_not_sent;
mod update_time_not_stored;
mod user_id_as_uuid;
mod user_id_not_unique;
mod webhook_behind_token;
mod webhook_body_rewritten;
mod webhook_deletion_ignored;
mod webhook_failure_acknowledged;
mod webhook_first_email;
mod webhook_not_repeatable;
mod webhook_order_diverges;
mod webhook_order_ignored;
mod webhook_result_ignored;
mod webhook_unverified;

use crate::rules::column::words_of;
use architrave_model::Rule;
use architrave_model::catalog::Table;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &deletion_cascades::RULE,
    &membership_before_user::RULE,
    &required_column_not_sent::RULE,
    &update_time_not_stored::RULE,
    &user_id_as_uuid::RULE,
    &user_id_not_unique::RULE,
    &webhook_behind_token::RULE,
    &webhook_body_rewritten::RULE,
    &webhook_deletion_ignored::RULE,
    &webhook_failure_acknowledged::RULE,
    &webhook_first_email::RULE,
    &webhook_not_repeatable::RULE,
    &webhook_order_diverges::RULE,
    &webhook_order_ignored::RULE,
    &webhook_result_ignored::RULE,
    &webhook_unverified::RULE,
];

/// Whether a column's name says that it holds Clerk's id of a person.
fn is_clerk_user_id(column: &str) -> bool {
    let words = words_of(column);
    matches!(words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), ["clerk", "user", "id"] | ["clerk", "id" | "uid" | "user"])
}

/// One row per person: by the table's name, or because it has the person's e-mail address.
fn holds_people(table: &Table) -> bool {
    const PEOPLE: &[&str] = &[
        "account",
        "accounts",
        "admin",
        "admins",
        "client",
        "clients",
        "customer",
        "customers",
        "employee",
        "employees",
        "people",
        "person",
        "persons",
        "profile",
        "profiles",
        "staff",
        "subscriber",
        "subscribers",
        "user",
        "users",
    ];
    let named = words_of(&table.name.name).last().is_some_and(|w| PEOPLE.contains(&w.as_str()));
    let mailed = table.columns.iter().any(|c| matches!(c.name.to_lowercase().as_str(), "email" | "email_address" | "emailaddress"));
    named || mailed
}
