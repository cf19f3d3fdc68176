//! Rewrite rules of tables.

use super::table::Relations;
use crate::session::{Question, Rows};
use architrave_model::catalog::RewriteRule;

pub(super) static QUESTION: Question = Question::new("rewrite rules", include_str!("rule.sql"));

pub(super) fn attach(rows: Rows<RewriteRule>, relations: &mut Relations) {
    for (keys, rule) in rows.rows {
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.rules.push(rule);
        }
    }
}
