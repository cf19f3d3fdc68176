//! `migration/published-table-changed`: see `published_table_changed.md` for the rule's page.

use crate::held::{asked, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Step};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/published-table-changed",
    summary: "columns of a published table changed: subscribers do not get DDL",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("published_table_changed.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let (table, what) = match action {
            Action::AddColumn { table, column, .. } => (&table.name, format!("gets column {}", column.name)),
            Action::SetType { table, column, .. } => (&table.name, format!("changes the type of {column}")),
            Action::RenameColumn { table, from, .. } => (&table.name, format!("renames column {from}")),
            Action::RenameTable { table, to } => (&table.name, format!("is renamed to {to}")),
            _ => continue,
        };
        let Some(publication) = published(at.step, table) else { continue };
        let message = format!("{table} {what} and is published by {publication}: subscribers stop until they are changed too");
        let why = "Logical replication carries rows, not DDL. The first row with the change reaches a table that does not have it, the apply worker fails and tries again for ever, and the publisher keeps all write-ahead \
                   log for it. What is added is added at the subscriber first, what is dropped is dropped there last.";
        sink.report(told(at, ObjectRef::table(table), message, why));
    }
}

/// The publication that holds the table, if any.
fn published<'a>(step: &'a Step, table: &QualifiedName) -> Option<&'a str> {
    step.before.table_named(table)?;
    let holds = |p: &&architrave_model::catalog::Publication| {
        p.all_tables || p.schemas.contains(&table.schema) || p.tables.iter().any(|t| t.table == *table && t.columns.is_none())
    };
    step.before.publications.iter().find(holds).map(|p| p.name.as_str())
}
