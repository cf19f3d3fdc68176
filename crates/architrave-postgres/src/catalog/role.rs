//! Roles of the cluster, without password hashes.

use crate::session::{NoKeys, Question, Rows};
use crate::settings::hide_secret_of;
use architrave_model::catalog::Role;

pub(super) static QUESTION: Question = Question::new("roles", include_str!("role.sql"));

pub(super) fn build(rows: Rows<Role, NoKeys>) -> Vec<Role> {
    let mut roles = rows.values();
    for role in &mut roles {
        role.config.iter_mut().for_each(hide_secret_of);
    }
    roles
}
