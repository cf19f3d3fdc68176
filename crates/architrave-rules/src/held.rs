//! What a transaction of a migration holds already, what takes as long as the data is large, and findings that are about no lock.

use crate::migrations::{At, Weight, acting};
use architrave_model::finding::Severity;
use architrave_model::migration::{Action, Migrations, Relation, Step, TableSize, TakenLock};
use architrave_model::rule::Draft;
use architrave_model::{Context, ObjectKind, ObjectRef, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// From so many scans or written rows on, a table counts as used all the time.
const BUSY: i64 = 100_000;

/// Whether statistics say that the table is used all the time.
fn is_busy(size: Option<&TableSize>) -> bool {
    size.is_some_and(|s| s.writes.is_some_and(|n| n >= BUSY) || s.reads.is_some_and(|n| n >= BUSY))
}

/// Severity of a lock that is held for a moment only: what hurts is the queue behind it, which a lock time-out keeps short.
pub(crate) fn brief_lock(at: At<'_>, table: &QualifiedName) -> Option<Severity> {
    let size = at.size(table);
    let used = is_busy(size.as_ref()) || Weight::of(size.as_ref()) == Weight::Large;
    match (Weight::of(size.as_ref()), at.step.lock_timeout_ms > 0) {
        (Weight::Small, _) if !used => None,
        (_, true) => Some(Severity::Low),
        (_, false) if used => Some(Severity::High),
        (_, false) => Some(Severity::Medium),
    }
}

/// Whether the relation was there before the script: only then somebody can use it, and wait.
pub(crate) fn is_old(step: &Step, relation: &QualifiedName) -> bool {
    step.before.table_named(relation).is_some() || step.before.view(&relation.schema, &relation.name).is_some()
}

/// What each statement that was not refused asks for.
pub(crate) fn asked<'a>(migrations: &'a Migrations, context: &'a Context<'a>) -> impl Iterator<Item = (At<'a>, &'a Action)> {
    acting(migrations, context).flat_map(|at| at.step.actions.iter().map(move |action| (at, action)))
}

/// The statements of each transaction of several statements, in order.
pub(crate) fn transactions<'a>(migrations: &'a Migrations, context: &'a Context<'a>) -> Vec<Vec<At<'a>>> {
    let mut by_number: BTreeMap<u32, Vec<At<'a>>> = BTreeMap::new();
    for at in acting(migrations, context) {
        if let Some(number) = at.step.transaction {
            by_number.entry(number).or_default().push(at);
        }
    }
    by_number.into_values().filter(|steps| steps.len() > 1).collect()
}

/// The statements of each script, in order.
pub(crate) fn scripts<'a>(migrations: &'a Migrations, context: &'a Context<'a>) -> Vec<Vec<At<'a>>> {
    let mut by_script: BTreeMap<usize, Vec<At<'a>>> = BTreeMap::new();
    for at in acting(migrations, context) {
        by_script.entry(at.step.script).or_default().push(at);
    }
    by_script.into_values().collect()
}

/// Locks on tables and materialized views of before the script that somebody waits for.
pub(crate) fn felt_locks(step: &Step) -> impl Iterator<Item = &TakenLock> {
    let holds_rows = |kind: Relation| matches!(kind, Relation::Table | Relation::PartitionedTable | Relation::MaterializedView);
    step.effect.locks.iter().filter(move |l| l.existed && holds_rows(l.kind) && l.mode.blocks_writes())
}

/// Columns that these statements add without a value, each with its table: whoever fills them fills all rows.
pub(crate) fn added_columns<'a>(steps: &[At<'a>]) -> BTreeSet<(&'a QualifiedName, &'a str)> {
    let actions = steps.iter().flat_map(|at| &at.step.actions);
    actions
        .filter_map(|a| match a {
            Action::AddColumn { table, column, .. } if column.default.as_ref().is_none_or(|d| d.is_null) => {
                Some((&table.name, column.name.as_str()))
            }
            _ => None,
        })
        .collect()
}

/// What makes a statement take as long as the data is large.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    /// The table that is read or written whole.
    pub(crate) table: &'a QualifiedName,
    /// UPDATE, DELETE or INSERT … SELECT.
    pub(crate) moves_rows: bool,
}

/// The table of which an UPDATE or DELETE writes all rows at once, as far as the text tells: no WHERE, or a column that the script itself adds.
pub(crate) fn written_whole<'a>(action: &'a Action, added: &BTreeSet<(&QualifiedName, &str)>) -> Option<&'a QualifiedName> {
    match action {
        Action::Update { table, columns, has_where, limited: false } => {
            let fills = columns.iter().any(|c| added.contains(&(table, c.as_str())));
            (!has_where || fills).then_some(table)
        }
        Action::Delete { table, has_where: false, limited: false } => Some(table),
        _ => None,
    }
}

/// The work of a statement on tables of before the script that are not known to be small.
pub(crate) fn work_of<'a>(at: At<'a>, added: &BTreeSet<(&QualifiedName, &str)>) -> Option<Work<'a>> {
    let step = at.step;
    let counts = |table: &QualifiedName| is_old(step, table) && at.weight(&[table]) != Weight::Small;
    let written = step.actions.iter().filter_map(|a| written_whole(a, added)).find(|t| counts(t));
    if let Some(table) = written {
        return Some(Work { table, moves_rows: true });
    }
    let of_some_rows =
        |a: &Action| matches!(a, Action::Update { .. } | Action::Delete { .. } | Action::Select { .. } | Action::Truncate { .. });
    if step.actions.iter().any(of_some_rows) {
        return None;
    }
    let scanned = step.effect.scans.iter().filter(|s| s.existed).map(|s| &s.relation);
    let rewritten = step.effect.rewrites.iter().filter(|r| r.existed).map(|r| r.index_of.as_ref().unwrap_or(&r.relation));
    let built = step.effect.built.iter().map(|(_, table)| table);
    let table = scanned.chain(rewritten).chain(built).find(|t| counts(t))?;
    Some(Work { table, moves_rows: step.actions.iter().any(|a| matches!(a, Action::Insert { .. })) })
}

/// A finding at the place of a statement, with its words as evidence.
pub(crate) fn told(at: At<'_>, object: ObjectRef, message: impl Into<String>, why: impl Into<String>) -> Draft {
    let place = format!("{}:{}", at.step.location.path, at.step.location.line);
    Draft::new(object, message, why).at(at.step.location.clone()).evidence("statement", words_of(&at.step.text), place)
}

/// The statement's first words without literals: `update users set mail = … where id = 1`.
pub(crate) fn words_of(text: &str) -> String {
    let mut words = String::new();
    let mut count = 0;
    let mut inside = false;
    for c in text.chars() {
        let shown = match c {
            '\'' => {
                inside = !inside;
                inside.then_some('…')
            }
            _ if inside => None,
            c if c.is_whitespace() => (!words.ends_with(' ')).then_some(' '),
            c => Some(c),
        };
        words.extend(shown);
        count += usize::from(shown.is_some());
        if count >= 80 {
            return format!("{}…", words.trim_end());
        }
    }
    words.trim_end().to_owned()
}

/// The script of a statement, as an object.
pub(crate) fn file_of(at: At<'_>) -> ObjectRef {
    let path = at.migrations.script_of(at.step).map_or(at.step.location.path.as_str(), |s| s.path.as_str());
    ObjectRef::global(ObjectKind::File, path)
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_hold_no_literals_and_one_line() {
        assert_eq!(words_of("update users\n   set mail = 'a@b.c' where id = 1"), "update users set mail = … where id = 1");
        assert_eq!(words_of(&"x".repeat(200)).chars().count(), 81);
    }
}
