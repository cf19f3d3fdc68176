//! `migration/reference-locks-table`: see `reference_locks_table.md` for the rule's page.

use crate::held::{asked, brief_lock, felt_locks};
use crate::migrations::{At, Weight};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, LockMode, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/reference-locks-table",
    summary: "new foreign key locks the referenced table against writes until the commit",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("reference_locks_table.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let (of, constraints) = match action {
            Action::CreateTable { table, constraints, columns, .. } => {
                (table, constraints.iter().chain(columns.iter().flat_map(|c| &c.constraints)).collect::<Vec<_>>())
            }
            Action::AddColumn { table, column, .. } => (&table.name, column.constraints.iter().collect()),
            _ => continue,
        };
        let referenced: BTreeSet<&QualifiedName> =
            constraints.iter().filter(|c| c.form == ConstraintForm::ForeignKey).filter_map(|c| c.referenced.as_ref()).collect();
        for table in referenced.into_iter().filter(|t| *t != of) {
            let felt = felt_locks(at.step).any(|l| l.relation == *table && l.mode >= LockMode::ShareRowExclusive && !l.held_before);
            if felt {
                report(at, of, table, sink);
            }
        }
    }
}

/// Nearly every new table references an old one: only a table that is known to be large or busy is worth a word.
fn report(at: At<'_>, of: &QualifiedName, referenced: &QualifiedName, sink: &mut Sink<'_>) {
    let severity = match brief_lock(at, referenced) {
        Some(Severity::High) => Severity::Medium,
        Some(Severity::Low) if at.weight(&[referenced]) == Weight::Large => Severity::Low,
        _ => return,
    };
    let message = format!("writes of {referenced} wait until the foreign key of {of} is committed");
    let why = "The triggers behind a foreign key are made on both tables under SHARE ROW EXCLUSIVE: the lock is short, but it waits behind every transaction that has written the referenced \
               table, holds up all later writes of it meanwhile, and is kept until the end of the transaction.";
    sink.report(at.draft(ObjectRef::table(referenced), referenced, message, why).severity(severity));
}
