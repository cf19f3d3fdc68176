//! ALTER DEFAULT PRIVILEGES.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use architrave_model::catalog::DefaultPrivileges;

pub(super) static QUESTION: Question = Question::new("default privileges", include_str!("default_privileges.sql"));

pub(super) fn build(rows: Rows<DefaultPrivileges>, grants: &GrantBook) -> Vec<DefaultPrivileges> {
    let complete = |(keys, mut entry): (_, DefaultPrivileges)| {
        entry.grants = grants.of(&keys);
        entry.grants.sort();
        entry
    };
    rows.rows.into_iter().map(complete).collect()
}
