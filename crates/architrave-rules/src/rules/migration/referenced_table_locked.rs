//! `migration/referenced-table-locked`: see `referenced_table_locked.md` for the rule's page.

use crate::held::{brief_lock, felt_locks};
use crate::migrations::{At, acting, names};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, LockMode, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "migration/referenced-table-locked",
    summary: "dropping a foreign key locks the other table of it too",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("referenced_table_locked.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let targets: BTreeSet<&QualifiedName> = at.step.actions.iter().filter_map(dropped_from).collect();
        if targets.is_empty() {
            continue;
        }
        let locked =
            felt_locks(at.step).filter(|l| l.mode == LockMode::AccessExclusive && !l.held_before && !targets.contains(&l.relation));
        let mut others: BTreeMap<&QualifiedName, Vec<&QualifiedName>> = BTreeMap::new();
        for lock in locked {
            if let Some(target) = targets.iter().copied().find(|t| are_related(at, t, &lock.relation)) {
                others.entry(target).or_default().push(&lock.relation);
            }
        }
        for (target, others) in others {
            report(at, target, &others, sink);
        }
    }
}

/// The table that loses a foreign key, perhaps.
fn dropped_from(action: &Action) -> Option<&QualifiedName> {
    match action {
        Action::DropConstraint { table, .. } | Action::DropColumn { table, .. } => Some(&table.name),
        Action::DropTable { table, .. } => Some(table),
        _ => None,
    }
}

/// Whether a foreign key of one of the two points at the other.
fn are_related(at: At<'_>, one: &QualifiedName, other: &QualifiedName) -> bool {
    let points = |from: &QualifiedName, to: &QualifiedName| {
        let tables = [at.step.table(from), at.step.before.table_named(from)];
        tables.into_iter().flatten().any(|t| t.foreign_keys().any(|(_, r)| r.table == *to))
    };
    points(one, other) || points(other, one)
}

fn report(at: At<'_>, target: &QualifiedName, others: &[&QualifiedName], sink: &mut Sink<'_>) {
    let felt = others.iter().copied().filter_map(|other| Some((brief_lock(at, other)?, other)));
    let felt: Vec<(Severity, &QualifiedName)> = felt.collect();
    let Some((severity, other)) = felt.iter().copied().max_by_key(|(severity, _)| *severity) else { return };
    let tables: Vec<&QualifiedName> = felt.iter().map(|(_, table)| *table).collect();
    let (is, key, it) = if tables.len() == 1 { ("is", "a foreign key", "it") } else { ("are", "foreign keys", "them") };
    let message =
        format!("{} {is} locked against reads and writes as well, because {key} between {it} and {target} {is} dropped", names(&tables));
    let why = "A foreign key lives as triggers on both tables, and taking them away needs ACCESS EXCLUSIVE on both. The statement names one of them; if the other is the busy one, it waits there \
               behind every open transaction, and everybody else waits behind it. Dropping the constraint first, in a transaction of its own with a lock time-out, keeps that short.";
    sink.report(at.safely(at.draft(ObjectRef::table(other), other, message, why).severity(severity)));
}
