//! `migration/primary-key-over-nullable-columns`: see `primary_key_over_nullable_columns.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintDraft, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/primary-key-over-nullable-columns",
    summary: "PRIMARY KEY USING INDEX over columns that may be NULL: the table is read under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("primary_key_over_nullable_columns.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let scanned = at.scanned();
        for action in &at.step.actions {
            let Action::AddConstraint { table, constraint } = action else { continue };
            let Some(index) = constraint.using_index.as_deref().filter(|_| constraint.form == ConstraintForm::PrimaryKey) else { continue };
            let read = at.of_family(&table.name, &scanned);
            let nullable = nullable(at, &table.name, index);
            if read.is_empty() || nullable.is_empty() {
                continue;
            }
            if let Some(severity) = at.weight(&read).severity() {
                report(at, &table.name, constraint, index, &nullable, &read, severity, sink);
            }
        }
    }
}

/// Columns of the index that may be NULL just before the statement.
fn nullable<'a>(at: At<'a>, table: &QualifiedName, index: &str) -> Vec<&'a str> {
    let Some(table) = at.step.table(table) else { return Vec::new() };
    let keys = table.index(index).into_iter().flat_map(|i| &i.keys).filter_map(|k| k.column.as_deref());
    keys.filter(|c| table.column(c).is_some_and(|c| !c.not_null)).collect()
}

#[expect(clippy::too_many_arguments, reason = "one subcommand and all that is known of it")]
fn report(
    at: At<'_>,
    table: &QualifiedName,
    constraint: &ConstraintDraft,
    index: &str,
    nullable: &[&str],
    read: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let name = constraint.name.as_deref().unwrap_or(index);
    let columns = list(nullable);
    let may = if nullable.len() == 1 { "may be NULL" } else { "may be NULL both" };
    let may = if nullable.len() > 2 { "may all be NULL" } else { may };
    let message = format!("primary key {name} over {columns}, which {may}, reads {} whole while reads and writes wait", names(read));
    let why = "The index is there, but a primary key also makes its columns NOT NULL, and for that PostgreSQL reads every row under ACCESS EXCLUSIVE, as SET NOT NULL does. Make the columns NOT NULL first: a \
               validated CHECK (… IS NOT NULL), or from 18 on a validated NOT NULL constraint, is taken as proof.";
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, name);
    sink.report(at.safely(with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read)));
}
