//! `migration/table-exposed-without-row-security`: see `table_exposed_without_row_security.md` for the rule's page.

use crate::held::{asked, is_old, told};
use crate::migrations::At;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) static RULE: Rule = Rule {
    id: "migration/table-exposed-without-row-security",
    summary: "new table in a schema that an API serves, without row level security",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("table_exposed_without_row_security.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    if context.exposure.is_none() {
        return;
    }
    let mut open: BTreeMap<&QualifiedName, At<'_>> = BTreeMap::new();
    for (at, action) in asked(migrations, context) {
        match action {
            Action::CreateTable { table, temporary: false, partition_of: None, .. }
                if context.exposure.schemas.contains(&table.schema) && !is_old(at.step, table) =>
            {
                open.insert(table, at);
            }
            Action::RowSecurity { table, enable: Some(true), .. } => {
                open.remove(&table.name);
            }
            Action::DropTable { table, .. } => {
                open.remove(table);
            }
            Action::SetSchema { object, .. } => {
                open.retain(|t, _| object.schema.as_deref() != Some(t.schema.as_str()) || object.name != t.name);
            }
            _ => {}
        }
    }
    open.retain(|table, at| !enabled_later(*at, table) && !taken_from_all(*at, table, context));
    for (table, at) in open {
        report(at, table, context, sink);
    }
}

/// Whether a later step finds it enabled: by a DO block, a function or an event trigger.
fn enabled_later(at: At<'_>, table: &QualifiedName) -> bool {
    let on = |t: &Table| t.name == *table && t.rls_enabled;
    at.later().any(|l| l.step.at_hand.iter().map(Arc::as_ref).any(on) || l.step.before.table_named(table).is_some_and(on))
        || at.context.catalog.table_named(table).is_some_and(on)
}

/// Whether every exposed role has lost its privileges again.
fn taken_from_all(at: At<'_>, table: &QualifiedName, context: &Context<'_>) -> bool {
    let revoked: BTreeSet<&str> = at
        .later()
        .flat_map(|l| l.step.actions.iter())
        .filter_map(|a| match a {
            Action::Grant { revoke: true, objects, roles } if objects.iter().any(|o| o.table_name().as_ref() == Some(table)) => Some(roles),
            _ => None,
        })
        .flatten()
        .map(String::as_str)
        .collect();
    context.exposure.roles.iter().all(|r| revoked.contains(r.as_str()))
}

fn report(at: At<'_>, table: &QualifiedName, context: &Context<'_>, sink: &mut Sink<'_>) {
    let message = format!("{table} is made in a schema that the API serves, and row level security is not enabled on it");
    let why = format!(
        "Whoever has the public key of the API acts as {}, and default privileges usually grant these roles every new table of the schema: each row can be read and written by everybody, from the moment \
         of the commit.",
        crate::figures::list(&context.exposure.roles)
    );
    sink.report(told(at, ObjectRef::table(table), message, why));
}
