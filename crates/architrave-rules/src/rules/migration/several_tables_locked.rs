//! `migration/several-tables-locked`: see `several_tables_locked.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::held::{brief_lock, felt_locks, file_of, told, transactions};
use crate::migrations::{At, Weight};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, LockMode, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/several-tables-locked",
    summary: "one transaction locks several tables against everybody, one after the other",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("several_tables_locked.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in transactions(migrations, context) {
        let mut locked: Vec<(At<'_>, &QualifiedName)> = Vec::new();
        for at in steps {
            let targets: BTreeSet<&QualifiedName> = at.step.actions.iter().filter_map(Action::table).collect();
            for lock in felt_locks(at.step).filter(|l| l.mode == LockMode::AccessExclusive && !l.held_before) {
                let counts = targets.contains(&lock.relation) && at.weight(&[&lock.relation]) != Weight::Small;
                if counts && !locked.iter().any(|(_, t)| *t == &lock.relation) {
                    locked.push((at, &lock.relation));
                }
            }
        }
        if let [(first, _), (_, _), ..] = locked.as_slice() {
            report(*first, &locked, sink);
        }
    }
}

fn report(first: At<'_>, locked: &[(At<'_>, &QualifiedName)], sink: &mut Sink<'_>) {
    let tables: Vec<String> = locked.iter().map(|(_, t)| t.to_string()).collect();
    let message =
        format!("one transaction locks {} against reads and writes: {}", counted(tables.len(), "table", "tables"), list_of(&tables, 4));
    let why = "While it waits for the second table, the transaction holds the first and everybody waits for it. A session that has read the second and now wants the first waits for the transaction, which \
               waits for that session: a deadlock, and PostgreSQL cancels one of the two. A migration for each table holds one lock at a time.";
    let busy = locked.iter().filter(|(at, t)| brief_lock(*at, t) == Some(Severity::High)).count();
    let mut draft = told(first, file_of(first), message, why);
    if busy > 1 {
        draft = draft.severity(Severity::Medium);
    }
    for (at, table) in locked {
        draft = draft.place_at(ObjectRef::table(table), at.step.location.clone(), Some("ACCESS EXCLUSIVE".to_owned()));
    }
    sink.report(draft);
}
