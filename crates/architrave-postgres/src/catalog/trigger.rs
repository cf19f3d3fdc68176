//! Triggers of tables and views.

use super::table::Relations;
use crate::session::{Question, Rows};
use architrave_model::catalog::Trigger;
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::new("triggers", include_str!("trigger.sql"));

/// Keys of rows that name columns by number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NumberKeys {
    pub(super) belongs_to: u32,
    pub(super) column_numbers: Vec<i16>,
}

pub(super) fn attach(rows: Rows<Trigger, NumberKeys>, relations: &mut Relations) {
    for (keys, mut trigger) in rows.rows {
        trigger.columns = relations.names(keys.belongs_to, &keys.column_numbers);
        trigger.events.sort();
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.triggers.push(trigger);
        } else if let Some(view) = relations.view_mut(keys.belongs_to) {
            view.triggers.push(trigger);
        }
    }
}
