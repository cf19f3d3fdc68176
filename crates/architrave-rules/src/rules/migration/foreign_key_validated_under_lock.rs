//! `migration/foreign-key-validated-under-lock`: see `foreign_key_validated_under_lock.md` for the rule's page.

use crate::migrations::{At, acting, constraint_name, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintDraft, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/foreign-key-validated-under-lock",
    summary: "new foreign key that reads the whole table while writes of both tables wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("foreign_key_validated_under_lock.md"),
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
                // Without a default the new column is NULL everywhere, and nothing is read.
                Action::AddColumn { table, column, .. } if column.default.is_some() => {
                    match column.constraints.iter().find(|c| is_checked(c)) {
                        Some(key) => (&table.name, key, Some(column.name.as_str())),
                        None => continue,
                    }
                }
                _ => continue,
            };
            let read = at.of_family(table, &scanned);
            let Some(severity) = at.weight(&read).severity().filter(|_| is_checked(constraint) && !read.is_empty()) else { continue };
            report(at, table, constraint, column, &read, severity, sink);
        }
    }
}

fn is_checked(constraint: &ConstraintDraft) -> bool {
    constraint.form == ConstraintForm::ForeignKey && !constraint.not_valid && !constraint.not_enforced
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
    let other = constraint.referenced.as_ref().filter(|r| *r != table && at.blocks(r));
    let both = other.map_or_else(String::new, |r| format!(" and those of {r}"));
    let message = format!("foreign key {name} reads {} whole while its writes{both} wait", names(read));
    let why = "A new foreign key holds SHARE ROW EXCLUSIVE on both tables while every row is looked up on the other side: no write gets through to either until the end. NOT VALID takes the locks for a \
               moment, and VALIDATE CONSTRAINT looks the rows up under locks that block neither reads nor writes.";
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, &name);
    let mut draft = with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read);
    if let Some((other, mode)) = other.and_then(|r| Some((r, at.lock(r)?))) {
        draft = draft.evidence(format!("lock on {other}"), mode.sql(), at.source());
    }
    sink.report(at.safely(draft));
}
