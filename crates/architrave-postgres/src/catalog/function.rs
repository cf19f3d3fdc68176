//! Functions, procedures and aggregates.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use crate::settings::hide_secret_of;
use architrave_model::catalog::Function;

pub(super) static QUESTION: Question = Question::new("functions", include_str!("function.sql"));

pub(super) fn build(rows: Rows<Function>, grants: &GrantBook) -> Vec<Function> {
    let complete = |(keys, mut function): (_, Function)| {
        hide_secrets(&mut function);
        Function { grants: grants.of(&keys), ..function }
    };
    rows.rows.into_iter().map(complete).collect()
}

/// Hides secrets in `SET` clauses, and where the definition repeats them.
fn hide_secrets(function: &mut Function) {
    for entry in &mut function.config {
        let before = entry.clone();
        hide_secret_of(entry);
        if let (Some((_, value)), true) = (before.split_once('='), before != *entry) {
            function.definition = function.definition.as_ref().map(|text| text.replace(value, "<hidden>"));
        }
    }
}
