//! `migration/not-null-scan-under-lock`: see `not_null_scan_under_lock.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, names, with_work};
use architrave_model::catalog::ConstraintKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/not-null-scan-under-lock",
    summary: "SET NOT NULL that reads the whole table under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("not_null_scan_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let scanned = at.scanned();
        if scanned.is_empty() {
            continue;
        }
        let mut tables: BTreeMap<&QualifiedName, Vec<&str>> = BTreeMap::new();
        for action in &at.step.actions {
            let Action::SetNotNull { table, column } = action else { continue };
            let known = at.step.table(&table.name);
            let done = known.and_then(|t| t.column(column)).is_some_and(|c| c.not_null);
            // With a NOT NULL that is not validated yet it is another rule's.
            let begun =
                known.is_some_and(|t| t.constraints.iter().any(|c| c.kind == ConstraintKind::NotNull && c.columns == [column.as_str()]));
            if !done && !begun {
                tables.entry(&table.name).or_default().push(column);
            }
        }
        for (table, columns) in tables {
            let read = at.of_family(table, &scanned);
            if read.is_empty() || !at.of_family(table, &at.rewritten()).is_empty() {
                continue;
            }
            if let Some(severity) = at.weight(&read).severity() {
                report(at, table, &columns, &read, severity, sink);
            }
        }
    }
}

/// A validated check on one of the columns that the same statement drops: it would have been the proof.
fn dropped_proof<'a>(at: At<'a>, table: &QualifiedName, columns: &[&str]) -> Option<&'a str> {
    let known = at.step.table(table)?;
    at.step.actions.iter().find_map(|action| {
        let Action::DropConstraint { name, .. } = action else { return None };
        let check = known.constraints.iter().find(|c| c.name == *name && c.kind == ConstraintKind::Check && c.validated)?;
        let about = columns.iter().any(|column| check.columns.iter().any(|c| c == column));
        about.then_some(name.as_str())
    })
}

fn report(at: At<'_>, table: &QualifiedName, columns: &[&str], read: &[&QualifiedName], severity: Severity, sink: &mut Sink<'_>) {
    let first = read.first().copied().unwrap_or(table);
    let proof = dropped_proof(at, table, columns);
    let tail = proof
        .map_or_else(String::new, |name| format!(": {name}, which proves that there are no NULLs, is dropped in the same ALTER TABLE"));
    let message = format!("SET NOT NULL of {} reads {} whole while {} wait{tail}", list(columns), names(read), at.who_waits(first));
    let why = "Every row is read under ACCESS EXCLUSIVE to see that no value is NULL, and nobody reads or writes the table until the end. Where a validated CHECK (… IS NOT NULL) proves it, PostgreSQL takes \
               that proof and reads nothing; from 18 on a NOT NULL constraint itself can be added NOT VALID and validated without blocking anybody.";
    let object = match columns {
        [one] => ObjectRef::column(table, *one),
        _ => ObjectRef::table(table),
    };
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read);
    sink.report(at.safely(draft));
}
