//! Privileges: each distinct access list once; objects find theirs by its text.

use crate::session::{Keys, Question, Rows};
use architrave_model::catalog::Grant;
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::essential("grants", include_str!("grant.sql"));

/// Access lists by their text.
pub(super) struct GrantBook(HashMap<String, Vec<Grant>>);

impl GrantBook {
    pub(super) fn new(rows: Rows<Grant>) -> Self {
        let mut book: HashMap<String, Vec<Grant>> = HashMap::new();
        for (keys, grant) in rows.rows {
            book.entry(keys.acl.unwrap_or_default()).or_default().push(grant);
        }
        Self(book)
    }

    /// The privileges of an object.
    pub(super) fn of(&self, keys: &Keys) -> Vec<Grant> {
        self.of_text(keys.acl.as_deref())
    }

    /// The privileges that an access list's text stands for.
    pub(super) fn of_text(&self, acl: Option<&str>) -> Vec<Grant> {
        acl.and_then(|acl| self.0.get(acl)).cloned().unwrap_or_default()
    }
}
