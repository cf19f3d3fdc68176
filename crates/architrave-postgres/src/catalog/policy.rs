//! Row level security policies of tables.

use super::table::Relations;
use crate::session::{Question, Rows};
use architrave_model::catalog::Policy;

pub(super) static QUESTION: Question = Question::new("row level security policies", include_str!("policy.sql"));

pub(super) fn attach(rows: Rows<Policy>, relations: &mut Relations) {
    for (keys, policy) in rows.rows {
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.policies.push(policy);
        }
    }
}
