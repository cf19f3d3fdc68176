//! Extended statistics objects.

use super::table::Relations;
use super::trigger::NumberKeys;
use crate::session::{Question, Rows};
use architrave_model::catalog::StatisticsObject;

pub(super) static QUESTION: Question = Question::new("extended statistics objects", include_str!("statistics_object.sql"));

pub(super) fn attach(rows: Rows<StatisticsObject, NumberKeys>, relations: &mut Relations) {
    for (keys, mut object) in rows.rows {
        object.columns = relations.names(keys.belongs_to, &keys.column_numbers);
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.statistics.push(object);
        }
    }
}
