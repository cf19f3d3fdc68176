//! Which tables' rows decide what a table's policies let through.

use super::super::case::{Case, Ground};
use super::super::fault::helpers;
use super::super::matrix::policy_command;
use super::super::statements::mentions;
use architrave_model::QualifiedName;
use architrave_model::access::Command;
use architrave_model::catalog::{PolicyCommand, Table};
use std::collections::BTreeSet;

/// Tables that the policies read, through helper functions and the policies of the tables read, and through views.
/// And whether they ask for claims that the user fills himself.
pub(super) fn reads(case: &Case<'_>, ground: &Ground<'_>, role: &str, command: Command) -> (BTreeSet<QualifiedName>, bool) {
    let mut metadata = false;
    let mut found: BTreeSet<QualifiedName> = BTreeSet::new();
    let mut waiting: Vec<(&Table, PolicyCommand)> = vec![(ground.table, policy_command(command))];
    if command != Command::Select {
        waiting.push((ground.table, PolicyCommand::Select));
    }
    while let Some((table, command)) = waiting.pop() {
        for text in texts(case, table, role, command) {
            metadata |= text.contains("user_metadata");
            for other in case.catalog.tables.iter().filter(|t| mentions(&text, &t.name.name)) {
                if found.insert(other.name.clone()) {
                    waiting.push((other, PolicyCommand::Select));
                }
            }
        }
    }
    (found, metadata)
}

/// Conditions of the table's policies, and bodies of the helpers and views they name.
fn texts(case: &Case<'_>, table: &Table, role: &str, command: PolicyCommand) -> Vec<String> {
    let Some(table) = case.catalog.table_named(&table.name) else { return Vec::new() };
    let mut texts: Vec<String> =
        case.policies(table, role, command).into_iter().flat_map(|p| p.using.iter().chain(&p.with_check)).cloned().collect();
    let mut at = 0;
    while let Some(text) = texts.get(at).cloned() {
        at += 1;
        let bodies = helpers(case, &text).into_iter().map(|f| f.body.clone());
        let views = case.catalog.views.iter().filter(|v| mentions(&text, &v.name.name)).map(|v| v.definition.clone());
        for body in bodies.chain(views).collect::<Vec<_>>() {
            if !texts.contains(&body) {
                texts.push(body);
            }
        }
    }
    texts
}
