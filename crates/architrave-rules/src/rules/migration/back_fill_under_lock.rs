//! `migration/back-fill-under-lock`: see `back_fill_under_lock.md` for the rule's page.

use crate::expand::apart;
use crate::held::{added_columns, felt_locks, transactions, words_of, work_of};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, TakenLock};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::cmp::Reverse;

pub(crate) static RULE: Rule = Rule {
    id: "migration/back-fill-under-lock",
    summary: "rows moved in the transaction that holds a lock from DDL",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("back_fill_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in transactions(migrations, context) {
        let added = added_columns(&steps);
        let mut held: Vec<(At<'_>, &TakenLock)> = Vec::new();
        for at in steps {
            let moved = work_of(at, &added).filter(|w| w.moves_rows);
            let held_so_far = held.iter().max_by_key(|(locker, lock)| (lock.mode, Reverse(locker.number)));
            if let (Some(work), Some((locker, lock))) = (moved, held_so_far) {
                report(at, work.table, *locker, lock, sink);
                break;
            }
            held.extend(felt_locks(at.step).filter(|l| !l.held_before).map(|l| (at, l)));
        }
    }
}

fn report(at: At<'_>, written: &QualifiedName, locker: At<'_>, lock: &TakenLock, sink: &mut Sink<'_>) {
    let Some(severity) = at.weight(&[written, &lock.relation]).severity() else { return };
    let waits = if lock.mode.blocks_reads() { "reads and writes" } else { "writes" };
    let copies = at.step.actions.iter().any(|a| matches!(a, Action::Insert { .. }));
    let done = if copies { "copied" } else { "written" };
    let message = format!(
        "rows of {written} are {done} while the transaction holds {} on {} from line {}: {waits} of it wait until the commit",
        lock.mode.sql(),
        lock.relation,
        locker.step.location.line
    );
    let why = "A lock is kept to the end of its transaction. Alone, the DDL would hold it for milliseconds; with the back-fill behind it in the same transaction it holds it for as long as the rows \
               take, and then everybody waits for all of them. DDL and back-fill belong into separate migrations.";
    let draft = at.draft(ObjectRef::table(&lock.relation), &lock.relation, message, why).severity(severity);
    let draft = draft.evidence("statement that took the lock", words_of(&locker.step.text), locker.source());
    sink.report(match apart(at.migrations, at.number) {
        Some(safe) => draft.safe(safe),
        None => draft,
    });
}
