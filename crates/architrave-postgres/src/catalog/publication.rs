//! Publications and the tables they name.

use crate::session::{Question, Rows};
use architrave_model::catalog::{Publication, PublishedTable};

pub(super) static QUESTION: Question = Question::new("publications", include_str!("publication.sql"));
pub(super) static TABLES: Question = Question::new("tables of publications", include_str!("published_table.sql"));

pub(super) fn build(rows: Rows<Publication>, tables: Rows<PublishedTable>) -> Vec<Publication> {
    let mut publications = rows.rows;
    for (keys, table) in tables.rows {
        if let Some((_, publication)) = publications.iter_mut().find(|(own, _)| own.oid == keys.belongs_to) {
            publication.tables.push(table);
        }
    }
    for (_, publication) in &mut publications {
        publication.tables.sort_by(|a, b| a.table.cmp(&b.table));
    }
    publications.into_iter().map(|(_, publication)| publication).collect()
}
