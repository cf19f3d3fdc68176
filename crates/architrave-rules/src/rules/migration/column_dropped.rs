//! `migration/column-dropped`: see `column_dropped.md` for the rule's page.

use crate::figures::list_of;
use crate::held::told;
use crate::migrations::{At, Weight, acting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/column-dropped",
    summary: "column with data dropped",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("column_dropped.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let mut gone: BTreeMap<&QualifiedName, Vec<&str>> = BTreeMap::new();
        for action in &at.step.actions {
            let Action::DropColumn { table, column, .. } = action else { continue };
            let old = at.step.before.table_named(&table.name).and_then(|t| t.column(column));
            if old.is_some_and(|c| c.generated.is_none()) && !made_anew(at, &table.name, column) {
                gone.entry(&table.name).or_default().push(column);
            }
        }
        for (table, columns) in gone {
            report(at, table, &columns, sink);
        }
    }
}

fn report(at: At<'_>, table: &QualifiedName, columns: &[&str], sink: &mut Sink<'_>) {
    let Some(first) = columns.first() else { return };
    let message = if let [column] = columns {
        format!("{table}.{column} is dropped: its data is gone, and statements that say it fail")
    } else {
        let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let (count, names) = (columns.len(), list_of(&names, 3));
        format!("{count} columns of {table} are dropped ({names}): their data is gone, and statements that say them fail")
    };
    let why = "Nothing brings the values back but a backup. Code that still names the column is refused with 42703, and an ORM that lists all columns names it in every \
               SELECT and INSERT until the new version runs everywhere. First the code forgets the column, then the migration drops it.";
    let mut draft = told(at, ObjectRef::column(table, *first), message, why);
    if columns.len() > 1 {
        for column in columns {
            draft = draft.place(ObjectRef::column(table, *column), None);
        }
    }
    if at.weight(&[table]) == Weight::Small && at.size(table).is_some_and(|s| s.rows < 1.0) {
        draft = draft.severity(Severity::Low);
    }
    sink.report(draft);
}

/// Dropped and added under the same name: the subject of `migration/column-recreated`.
fn made_anew(at: At<'_>, of: &QualifiedName, name: &str) -> bool {
    let adds = |a: &Action| matches!(a, Action::AddColumn { table, column, .. } if table.name == *of && column.name == name);
    at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(adds))
}
