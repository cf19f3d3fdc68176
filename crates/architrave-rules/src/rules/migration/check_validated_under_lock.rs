//! `migration/check-validated-under-lock`: see `check_validated_under_lock.md` for the rule's page.

use crate::migrations::{At, acting, constraint_name, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintDraft, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/check-validated-under-lock",
    summary: "new CHECK that reads the whole table under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("check_validated_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let scanned = at.scanned();
        if scanned.is_empty() {
            continue;
        }
        for action in &at.step.actions {
            let (table, constraint, column) = match action {
                Action::AddConstraint { table, constraint } => (&table.name, constraint, None),
                Action::AddColumn { table, column, .. } => match column.constraints.iter().find(|c| is_checked(c)) {
                    Some(check) => (&table.name, check, Some(column.name.as_str())),
                    None => continue,
                },
                _ => continue,
            };
            let read = at.of_family(table, &scanned);
            // Where the table is written anew, the check costs nothing of its own.
            if !is_checked(constraint) || read.is_empty() || !at.of_family(table, &at.rewritten()).is_empty() {
                continue;
            }
            if let Some(severity) = at.weight(&read).severity() {
                report(at, table, constraint, column, &read, severity, sink);
            }
        }
    }
}

fn is_checked(constraint: &ConstraintDraft) -> bool {
    constraint.form == ConstraintForm::Check && !constraint.not_valid && !constraint.not_enforced
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    constraint: &ConstraintDraft,
    column: Option<&str>,
    read: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let name = constraint_name(at, table, constraint, column);
    let first = read.first().copied().unwrap_or(table);
    let message = format!("check {name} reads {} whole while {} wait", names(read), at.who_waits(first));
    let why = "A new CHECK holds ACCESS EXCLUSIVE while every row is read: nobody reads or writes the table until the end. NOT VALID takes that lock for a moment, and VALIDATE CONSTRAINT reads the rows \
               under SHARE UPDATE EXCLUSIVE, which blocks neither.";
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, &name);
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read);
    sink.report(at.safely(draft));
}
