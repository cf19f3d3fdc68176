//! `migration/lock-timeout-missing`: see `lock_timeout_missing.md` for the rule's page.

use crate::expand::with_lock_timeout;
use crate::figures::count;
use crate::held::{felt_locks, file_of, scripts, told};
use crate::migrations::{At, Weight};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Migrations, TakenLock};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/lock-timeout-missing",
    summary: "script that waits for locks without limit",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("lock_timeout_missing.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let waits: Vec<(At<'_>, &TakenLock)> = steps
            .iter()
            .filter(|at| at.step.lock_timeout_ms == 0 && !at.step.effect.waits_for_older)
            .filter_map(|at| {
                Some((*at, felt_locks(at.step).filter(|l| !l.held_before && !is_new_index_of_small(*at, l)).max_by_key(|l| l.mode)?))
            })
            .collect();
        if let Some((first, lock)) = waits.first() {
            report(*first, lock, &waits, sink);
        }
    }
}

fn is_new_index_of_small(at: At<'_>, lock: &TakenLock) -> bool {
    at.weight(&[&lock.relation]) == Weight::Small
}

fn report(first: At<'_>, lock: &TakenLock, waits: &[(At<'_>, &TakenLock)], sink: &mut Sink<'_>) {
    let message = format!(
        "{} of {} waits for {} on {} without lock_timeout",
        if waits.len() == 1 { "1 statement".to_owned() } else { format!("{} statements, the first", count(waits.len() as f64)) },
        first.step.location.path,
        lock.mode.sql(),
        lock.relation
    );
    let why = "A waiting lock request stands in a queue, and everybody who comes later stands behind it, plain SELECTs too: one open transaction that has read the table, a report or pg_dump, and the \
               table is out of reach for all until that one ends. With SET lock_timeout = '2s' and a retry the migration gives up, and the queue dissolves.";
    let mut draft =
        told(first, file_of(first), message, why).evidence(format!("lock on {}", lock.relation), lock.mode.sql(), first.source());
    if !waits.iter().any(|(_, l)| l.mode.blocks_reads()) {
        draft = draft.severity(Severity::Info);
    }
    if let ([_], Some(safe)) = (waits, with_lock_timeout(first.migrations, first.number)) {
        draft = draft.safe(safe);
    }
    if waits.len() > 1 {
        for (at, lock) in waits {
            draft = draft.place_at(ObjectRef::table(&lock.relation), at.step.location.clone(), Some(lock.mode.sql().to_owned()));
        }
    }
    sink.report(draft);
}
