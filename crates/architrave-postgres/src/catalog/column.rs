//! Columns of tables and views.

use super::grant::GrantBook;
use super::table::{Attribute, Relations};
use crate::session::{Question, Rows};
use architrave_model::catalog::{Column, ViewColumn};
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::essential("columns", include_str!("column.sql"));

/// What a column's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ColumnKeys {
    belongs_to: u32,
    position: i16,
    acl: Option<String>,
    collation_oid: u32,
}

pub(super) fn attach(mut rows: Rows<Column, ColumnKeys>, relations: &mut Relations, grants: &GrantBook) {
    rows.rows.sort_by_key(|(keys, _)| (keys.belongs_to, keys.position));
    for (keys, mut column) in rows.rows {
        let attribute = Attribute { number: keys.position, name: column.name.clone(), collation: keys.collation_oid };
        relations.add_attribute(keys.belongs_to, attribute);
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            column.grants = grants.of_text(keys.acl.as_deref());
            table.columns.push(column);
        } else if let Some(view) = relations.view_mut(keys.belongs_to) {
            view.columns.push(ViewColumn { name: column.name, data_type: column.data_type, comment: column.comment });
        }
    }
}
