//! `migration/index-dropped-under-lock`: see `index_dropped_under_lock.md` for the rule's page.

use crate::migrations::{At, Weight, acting};
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, LockMode, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/index-dropped-under-lock",
    summary: "index dropped under ACCESS EXCLUSIVE without a time-out for the lock",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("index_dropped_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        for (table, dropped) in dropped(at) {
            report(at, table, dropped, sink);
        }
    }
}

/// The indexes that are told of, each with its table.
pub(super) fn dropped(at: At<'_>) -> impl Iterator<Item = (&QualifiedName, &Index)> {
    at.step.actions.iter().filter(move |_| at.step.lock_timeout_ms == 0).filter_map(move |action| {
        let Action::DropIndex { index, concurrently: false, .. } = action else { return None };
        let (table, dropped) = owner(at, index)?;
        let held = at.step.effect.lock(table).is_some_and(|l| l.held_before);
        let waits = !held && at.lock(table) == Some(LockMode::AccessExclusive) && at.weight(&[table]) != Weight::Small;
        waits.then_some((table, dropped))
    })
}

/// The table of an index that was there before the script, and the index.
fn owner<'a>(at: At<'a>, index: &QualifiedName) -> Option<(&'a QualifiedName, &'a Index)> {
    let mut tables = at.step.before.tables.iter().filter(|t| t.name.schema == index.schema);
    tables.find_map(|t| Some((&t.name, t.index(&index.name)?)))
}

fn report(at: At<'_>, table: &QualifiedName, index: &Index, sink: &mut Sink<'_>) {
    let message = format!("index {} is dropped under ACCESS EXCLUSIVE on {table}, and nothing limits the wait for it", index.name);
    let why = "The drop itself takes a moment. While it waits for a long query or an idle transaction to let go of the table, every later query of the table queues up behind it, SELECT too. DROP INDEX \
               CONCURRENTLY waits without making others wait.";
    sink.report(at.safely(at.draft(ObjectRef::in_table(ObjectKind::Index, table, &index.name), table, message, why)));
}
