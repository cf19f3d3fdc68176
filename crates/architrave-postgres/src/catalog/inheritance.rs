//! Parents of tables, by inheritance or partitioning.

use super::table::{NameRow, Relations};
use crate::session::{Question, Rows};

pub(super) static QUESTION: Question = Question::essential("inheritance", include_str!("inheritance.sql"));

pub(super) fn attach(mut rows: Rows<NameRow>, relations: &mut Relations) {
    rows.rows.sort_by_key(|(keys, _)| (keys.belongs_to, keys.position));
    for (keys, parent) in rows.rows {
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.parents.push(parent.qualified());
        }
    }
}
