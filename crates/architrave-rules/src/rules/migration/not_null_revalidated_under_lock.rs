//! `migration/not-null-revalidated-under-lock`: see `not_null_revalidated_under_lock.md` for the rule's page.

use crate::migrations::{At, acting, in_transaction, names, with_work};
use architrave_model::catalog::{Constraint, ConstraintKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/not-null-revalidated-under-lock",
    summary: "SET NOT NULL where VALIDATE CONSTRAINT would do without the lock",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("not_null_revalidated_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let scanned = at.scanned();
        for action in &at.step.actions {
            let Action::SetNotNull { table, column } = action else { continue };
            let read = at.of_family(&table.name, &scanned);
            let begun = at.step.table(&table.name).and_then(|t| {
                let own = |c: &&Constraint| c.kind == ConstraintKind::NotNull && !c.validated && c.columns == [column.as_str()];
                t.constraints.iter().find(own)
            });
            let (Some(begun), false) = (begun, read.is_empty()) else { continue };
            if let Some(severity) = at.weight(&read).severity() {
                report(at, &table.name, column, &begun.name, &read, severity, sink);
            }
        }
    }
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    column: &str,
    constraint: &str,
    read: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let message = format!(
        "SET NOT NULL of {column} validates {constraint} under ACCESS EXCLUSIVE: {} is read whole while reads and writes wait",
        names(read)
    );
    let why = "The column has a NOT NULL constraint that is not validated yet. SET NOT NULL validates it, but keeps ACCESS EXCLUSIVE while it reads the rows; VALIDATE CONSTRAINT ends in the same schema and \
               reads them under SHARE UPDATE EXCLUSIVE, which blocks neither reads nor writes.";
    let draft = with_work(at.draft(ObjectRef::column(table, column), table, message, why).severity(severity), at, "read whole", read);
    if at.step.actions.len() > 1 {
        return sink.report(draft);
    }
    let validate = format!("alter table {} validate constraint {}", table.sql(), quote_ident(constraint));
    sink.report(draft.safe(at.instead(vec![in_transaction(format!("validate {constraint}"), vec![validate])])));
}
