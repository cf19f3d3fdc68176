//! `migration/key-built-under-lock`: see `key_built_under_lock.md` for the rule's page.

use crate::migrations::{At, acting, constraint_name, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintDraft, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/key-built-under-lock",
    summary: "new UNIQUE or PRIMARY KEY whose index is built under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("key_built_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let built_on = at.built_on();
        if built_on.is_empty() {
            continue;
        }
        for action in &at.step.actions {
            let (table, constraint, column) = match action {
                Action::AddConstraint { table, constraint } => (&table.name, constraint, None),
                Action::AddColumn { table, column, .. } => match column.constraints.iter().find(|c| is_built(c)) {
                    Some(key) => (&table.name, key, Some(column.name.as_str())),
                    None => continue,
                },
                _ => continue,
            };
            let built = at.of_family(table, &built_on);
            let Some(severity) = at.weight(&built).severity().filter(|_| is_built(constraint) && !built.is_empty()) else { continue };
            report(at, table, constraint, column, &built, severity, sink);
        }
    }
}

/// NOT VALID does not exist for keys: PostgreSQL refuses it.
fn is_built(constraint: &ConstraintDraft) -> bool {
    let key = matches!(constraint.form, ConstraintForm::Unique | ConstraintForm::PrimaryKey);
    key && constraint.using_index.is_none() && !constraint.not_valid
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    constraint: &ConstraintDraft,
    column: Option<&str>,
    built: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let name = constraint_name(at, table, constraint, column);
    let what = if constraint.form == ConstraintForm::PrimaryKey { "primary key" } else { "unique constraint" };
    let first = built.first().copied().unwrap_or(table);
    let message = format!("{what} {name} builds its index on {} while {} wait", names(built), at.who_waits(first));
    let why = "The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table until every row is sorted in. CREATE UNIQUE INDEX CONCURRENTLY builds the same index without keeping anybody out, \
               and ADD CONSTRAINT … USING INDEX makes it the constraint's in a moment.";
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, &name);
    sink.report(at.safely(with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", built)));
}
