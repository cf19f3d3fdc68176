//! The current database and all databases of the cluster.

use crate::session::{Question, Rows};
use architrave_model::stats::DatabaseFacts;
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::new("statistics of the database", include_str!("database.sql"));
pub(super) static DATABASES: Question = Question::new("databases of the cluster", include_str!("databases.sql"));

/// Marks the current database.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CurrentKey {
    current: bool,
}

/// The databases; `bytes` is the size of the current one.
pub(super) fn build(rows: Rows<DatabaseFacts, CurrentKey>, bytes: Option<i64>) -> Vec<DatabaseFacts> {
    let with_size = |(key, database): (CurrentKey, DatabaseFacts)| DatabaseFacts { bytes: bytes.filter(|_| key.current), ..database };
    rows.rows.into_iter().map(with_size).collect()
}
