//! Which tables' rows decide what a table's policies let through.

use super::super::case::{Case, Ground};
use super::super::fault::helpers;
use super::super::matrix::policy_command;
use super::super::statements::mentions;
use architrave_model::QualifiedName;
use architrave_model::access::Command;
use architrave_model::catalog::PolicyCommand;
use std::collections::{BTreeMap, BTreeSet};

/// What the policies of one table for one command name: tables, and whether claims that the user fills himself.
type Named<'c> = (BTreeSet<&'c QualifiedName>, bool);

/// What policies read, for the role of one actor; each table's are looked through once.
pub(super) struct Relevance<'c, 'a> {
    case: &'c Case<'a>,
    role: &'c str,
    named: BTreeMap<(&'c QualifiedName, &'static str), Named<'c>>,
}

impl<'c, 'a> Relevance<'c, 'a> {
    pub(super) fn of(case: &'c Case<'a>, role: &'c str) -> Self {
        Self { case, role, named: BTreeMap::new() }
    }

    /// Tables that the policies read, through helper functions and the policies of the tables read, and through views.
    /// And whether they ask for claims that the user fills himself.
    pub(super) fn reads(&mut self, ground: &'c Ground<'a>, command: Command) -> (BTreeSet<QualifiedName>, bool) {
        let table = &ground.table.name;
        let mut metadata = false;
        let mut found: BTreeSet<&QualifiedName> = BTreeSet::new();
        let mut waiting = vec![(table, policy_command(command))];
        if command != Command::Select {
            waiting.push((table, PolicyCommand::Select));
        }
        while let Some(next) = waiting.pop() {
            let (case, role) = (self.case, self.role);
            let (tables, claims) = self.named.entry((next.0, next.1.sql())).or_insert_with(|| named(case, role, next));
            metadata |= *claims;
            for other in tables.iter() {
                if found.insert(other) {
                    waiting.push((other, PolicyCommand::Select));
                }
            }
        }
        (found.into_iter().cloned().collect(), metadata)
    }
}

fn named<'c>(case: &'c Case<'_>, role: &str, (table, command): (&QualifiedName, PolicyCommand)) -> Named<'c> {
    let texts = texts(case, table, role, command);
    let metadata = texts.iter().any(|text| text.contains("user_metadata"));
    let tables = case.catalog.tables.iter().filter(|t| texts.iter().any(|text| mentions(text, &t.name.name)));
    (tables.map(|t| &t.name).collect(), metadata)
}

/// Conditions of the table's policies, and bodies of the helpers and views they name.
fn texts<'c>(case: &'c Case<'_>, table: &QualifiedName, role: &str, command: PolicyCommand) -> Vec<&'c str> {
    let Some(table) = case.catalog.table_named(table) else { return Vec::new() };
    let policies = case.policies(table, role, command);
    let mut texts: Vec<&str> = policies.into_iter().flat_map(|p| p.using.iter().chain(&p.with_check)).map(String::as_str).collect();
    let mut at = 0;
    while let Some(text) = texts.get(at).copied() {
        at += 1;
        let bodies = helpers(case, text).into_iter().map(|f| f.body.as_str());
        let views = case.catalog.views.iter().filter(|v| mentions(text, &v.name.name)).map(|v| v.definition.as_str());
        for body in bodies.chain(views) {
            if !texts.contains(&body) {
                texts.push(body);
            }
        }
    }
    texts
}
