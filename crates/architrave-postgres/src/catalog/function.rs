//! Functions, procedures and aggregates.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use crate::settings::hide_secret_of;
use architrave_model::catalog::Function;

pub(super) static QUESTION: Question = Question::new("functions", include_str!("function.sql"));

pub(super) fn build(rows: Rows<Function>, grants: &GrantBook) -> Vec<Function> {
    let complete = |(keys, mut function): (_, Function)| {
        function.config.iter_mut().for_each(hide_secret_of);
        Function { grants: grants.of(&keys), ..function }
    };
    rows.rows.into_iter().map(complete).collect()
}
