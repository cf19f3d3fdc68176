//! `migration/work-under-lock`: see `work_under_lock.md` for the rule's page.

use crate::expand::apart;
use crate::held::{added_columns, felt_locks, transactions, words_of, work_of};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, LockMode, Migrations, TakenLock};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::cmp::Reverse;

pub(crate) static RULE: Rule = Rule {
    id: "migration/work-under-lock",
    summary: "long work in a transaction that holds an older, stronger lock",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("work_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in transactions(migrations, context) {
        let added = added_columns(&steps);
        let mut held: Vec<(At<'_>, &TakenLock)> = Vec::new();
        for at in steps {
            let work = work_of(at, &added).filter(|w| !w.moves_rows && !validates_its_own(at));
            let worse = held.iter().filter(|(_, l)| is_worse(at, l)).max_by_key(|(locker, lock)| (lock.mode, Reverse(locker.number)));
            if let (Some(work), Some((locker, lock))) = (work, worse)
                && !speaks_for_itself(at, work.table, *locker, lock)
            {
                report(at, work.table, *locker, lock, sink);
                break;
            }
            held.extend(felt_locks(at.step).filter(|l| !l.held_before).map(|l| (at, l)));
        }
    }
}

/// Whether somebody waits for the held lock who would not wait for the work itself.
fn is_worse(at: At<'_>, lock: &TakenLock) -> bool {
    let named = at.step.actions.iter().any(|a| a.table() == Some(&lock.relation));
    let own = if named { own_mode(at) } else { None };
    let waits = |of: fn(LockMode) -> bool| of(lock.mode) && !own.is_some_and(of);
    waits(LockMode::blocks_reads) || waits(LockMode::blocks_writes)
}

/// Whether another rule says it of the statement already: an index or a block of dynamic SQL on the very table that is locked, or one index after the
/// other. What mends that finding mends this one.
fn speaks_for_itself(at: At<'_>, work: &QualifiedName, locker: At<'_>, lock: &TakenLock) -> bool {
    let builds = |at: At<'_>| at.step.actions.iter().any(|a| matches!(a, Action::CreateIndex { concurrently: false, .. }));
    let is_dynamic = at.step.actions.iter().any(|a| matches!(a, Action::Dynamic { .. }));
    let is_same = lock.relation == *work;
    builds(at) && (is_same || builds(locker)) || at.migrations.executed && is_dynamic && is_same
}

/// The lock that a statement needs of itself where the transaction holds a stronger one already, which hides it.
fn own_mode(at: At<'_>) -> Option<LockMode> {
    at.step
        .actions
        .iter()
        .map(|action| match action {
            Action::CreateIndex { .. } => LockMode::Share,
            Action::ValidateConstraint { .. } => LockMode::ShareUpdateExclusive,
            Action::AddConstraint { constraint, .. } if constraint.form == ConstraintForm::ForeignKey => LockMode::ShareRowExclusive,
            Action::CreateTable { .. } | Action::CreateView { .. } => LockMode::AccessShare,
            _ => LockMode::AccessExclusive,
        })
        .max()
}

/// NOT VALID and VALIDATE in one transaction: the subject of another rule.
fn validates_its_own(at: At<'_>) -> bool {
    let together = at.migrations.together(at.step);
    let adds = |wanted: &str| {
        together
            .iter()
            .flat_map(|s| &s.actions)
            .any(|a| matches!(a, Action::AddConstraint { constraint, .. } if constraint.name.as_deref() == Some(wanted)))
    };
    at.step.actions.iter().any(|a| matches!(a, Action::ValidateConstraint { name, .. } if adds(name)))
}

fn report(at: At<'_>, work: &QualifiedName, locker: At<'_>, lock: &TakenLock, sink: &mut Sink<'_>) {
    let Some(severity) = at.weight(&[work]).severity() else { return };
    let waits = if lock.mode.blocks_reads() { "reads and writes" } else { "writes" };
    let message = format!(
        "{work} is read whole while the transaction holds {} on {} from line {}: {waits} of it wait until the commit",
        lock.mode.sql(),
        lock.relation,
        locker.step.location.line
    );
    let why = "A lock is kept to the end of its transaction. The first statement would have held it for milliseconds; what follows takes as long as the table is large, and holds it all the while. \
               The long statement belongs into a migration of its own.";
    let draft = at.draft(ObjectRef::table(&lock.relation), &lock.relation, message, why).severity(severity);
    let draft = draft.evidence("statement that took the lock", words_of(&locker.step.text), locker.source());
    sink.report(match apart(at.migrations, at.number) {
        Some(safe) => draft.safe(safe),
        None => draft,
    });
}
