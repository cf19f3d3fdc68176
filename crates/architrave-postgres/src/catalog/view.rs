//! Views and materialized views, and what they read.

use super::table::{NameRow, Relations};
use crate::session::{Question, Rows};

pub(super) static QUESTION: Question = Question::essential("views", include_str!("view.sql"));
pub(super) static DEPENDENCIES: Question = Question::new("what views read", include_str!("view_dependency.sql"));

pub(super) fn attach_dependencies(rows: Rows<NameRow>, relations: &mut Relations) {
    for (keys, read) in rows.rows {
        if let Some(view) = relations.view_mut(keys.belongs_to) {
            view.depends_on.push(read.qualified());
        }
    }
}
