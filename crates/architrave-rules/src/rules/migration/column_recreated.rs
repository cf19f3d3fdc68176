//! `migration/column-recreated`: see `column_recreated.md` for the rule's page.

use crate::held::{scripts, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/column-recreated",
    summary: "column dropped and added again under its name",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("column_recreated.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let mut dropped: BTreeSet<(&QualifiedName, &str)> = BTreeSet::new();
        for at in steps {
            for action in &at.step.actions {
                match action {
                    Action::DropColumn { table, column, .. } if had_data(at, &table.name, column) => {
                        dropped.insert((&table.name, column));
                    }
                    Action::AddColumn { table, column, .. } if dropped.contains(&(&table.name, column.name.as_str())) => {
                        sink.report(draft(at, &table.name, &column.name, &column.type_text));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn had_data(at: At<'_>, table: &QualifiedName, column: &str) -> bool {
    at.step.before.table_named(table).and_then(|t| t.column(column)).is_some_and(|c| c.generated.is_none())
}

fn draft(at: At<'_>, table: &QualifiedName, column: &str, type_text: &str) -> Draft {
    let message = format!("{table}.{column} is dropped and added again as {type_text}: every value of it is lost");
    let why = "To PostgreSQL these are two columns that have nothing in common but the name: the new one is empty or holds its default in every row. Nothing fails and nothing warns. \
               Generators of migrations write this for a change of type; ALTER COLUMN … TYPE … USING keeps the values.";
    let draft = told(at, ObjectRef::column(table, column), message, why);
    match at.size(table) {
        Some(size) if size.rows < 1.0 => draft.severity(Severity::Low).evidence("rows", size.rows, size.source.word()),
        Some(size) => draft.evidence("rows that lose the value", size.rows, size.source.word()),
        None => draft,
    }
}
