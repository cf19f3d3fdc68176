//! Rules on row level security.

mod disabled_on_exposed_table;
mod policy_always_true;
mod policy_column_unindexed;

use architrave_model::Rule;
use architrave_model::catalog::{Column, Table};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&disabled_on_exposed_table::RULE, &policy_always_true::RULE, &policy_column_unindexed::RULE];

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
    let personal = |c: &&Column| super::column::words_of(&c.name).iter().any(|w| WORDS.contains(&w.as_str()));
    table.columns.iter().filter(personal).map(|c| c.name.as_str()).collect()
}

/// What one role may do with the rows of a table, in the order select, insert, update, delete, truncate.
fn privileges(table: &Table, role: &str) -> Vec<&'static str> {
    const ALL: [(&str, &str); 5] =
        [("SELECT", "select"), ("INSERT", "insert"), ("UPDATE", "update"), ("DELETE", "delete"), ("TRUNCATE", "truncate")];
    let grants = || table.grants.iter().chain(table.columns.iter().flat_map(|c| &c.grants)).filter(|g| g.is_public() || g.grantee == role);
    ALL.iter().filter(|(privilege, _)| grants().any(|g| g.has(privilege))).map(|(_, word)| *word).collect()
}
