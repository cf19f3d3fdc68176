//! `migration/lock-timeout-missing`: see `lock_timeout_missing.md` for the rule's page.

use super::index_dropped_under_lock;
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
                let counts = |l: &&TakenLock| !l.held_before && !is_new_index_of_small(*at, l) && !is_told(*at, l, &steps);
                Some((*at, felt_locks(at.step).filter(counts).max_by_key(|l| l.mode)?))
            })
            .collect();
        if let Some((first, lock)) = waits.first() {
            report(*first, lock, &waits, sink);
        }
    }
}

/// Whether the finding of a dropped index says of this lock that nothing limits the wait for it, and the script wants nothing else of the table: once
/// the index is dropped another way, nobody waits.
fn is_told(at: At<'_>, lock: &TakenLock, script: &[At<'_>]) -> bool {
    let drops = |at: At<'_>| index_dropped_under_lock::dropped(at).any(|(table, _)| *table == lock.relation);
    let locks = |at: At<'_>| felt_locks(at.step).any(|l| l.relation == lock.relation);
    drops(at) && script.iter().all(|other| drops(*other) || !locks(*other))
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

#[cfg(test)]
mod tests {
    use super::super::testing::{add_column, column, did, name, pending, table};
    use super::*;
    use architrave_model::catalog::Index;
    use architrave_model::migration::{Action, LockMode};

    #[test]
    fn a_dropped_index_has_a_finding_of_its_own_unless_the_table_is_locked_for_more() {
        let mut t = table("t", &["a integer"]);
        t.indexes.push(Index { name: "t_a_idx".into(), ..Index::plain("btree", Vec::new()) });
        let action = Action::DropIndex { index: name("t_a_idx"), concurrently: false, if_exists: false, cascade: false };
        let locked = || did().lock("t", LockMode::AccessExclusive);
        let dropped = || pending(vec![t.clone(), table("u", &["a integer"])]).step("drop index t_a_idx", vec![action.clone()], locked());
        assert_eq!(dropped().says(&index_dropped_under_lock::RULE).len(), 1);
        assert!(dropped().says(&RULE).is_empty(), "{:?}", dropped().says(&RULE));
        let other = "alter table u add b integer";
        let of_another = dropped().step(other, vec![add_column("u", column("b", "integer"))], did().lock("u", LockMode::AccessExclusive));
        assert_eq!(
            of_another.says(&RULE),
            ["low: 1 statement of migrations/1.sql waits for ACCESS EXCLUSIVE on public.u without lock_timeout"]
        );
        let more = "alter table t add b integer";
        let of_the_same = dropped().step(more, vec![add_column("t", column("b", "integer"))], locked());
        assert_eq!(
            of_the_same.says(&RULE),
            ["low: 2 statements, the first of migrations/1.sql waits for ACCESS EXCLUSIVE on public.t without lock_timeout"]
        );
    }
}
