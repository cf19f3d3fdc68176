//! Two attacks compared cell by cell: what has closed, what has opened, who is kept out that was meant to get through.

use architrave_model::access::{ActorKind, AttackReport, Cell, CellVerdict, Command, Target};
use std::collections::BTreeMap;

/// What a repair has changed.
pub(super) struct Change {
    /// Ways in of the report before, by index, that are no more.
    pub(super) closed: Vec<usize>,
    opened: Vec<String>,
    broken: Vec<String>,
    pub(super) allowed_before: usize,
    pub(super) allowed_after: usize,
}

type Key<'a> = (&'a Target, Command, ActorKind);

fn key(cell: &Cell) -> Key<'_> {
    (&cell.target, cell.command, cell.actor)
}

fn named(cell: &Cell) -> String {
    let target = match &cell.target {
        Target::Table { name } | Target::View { name } | Target::Function { name, .. } => name.to_string(),
        Target::Bucket { id } => format!("bucket {id}"),
        Target::Topic { pattern } => format!("topic {pattern}"),
    };
    format!("{} of {target} by {}", cell.command.sql(), cell.actor.word())
}

impl Change {
    pub(super) fn between(before: &AttackReport, after: &AttackReport) -> Self {
        let then: BTreeMap<Key<'_>, &Cell> = before.cells.iter().map(|c| (key(c), c)).collect();
        let now: BTreeMap<Key<'_>, &Cell> = after.cells.iter().map(|c| (key(c), c)).collect();
        // A function that nobody may call any more, or a bucket that no policy names, has no cell.
        let shut = |cell: &Cell| now.get(&key(cell)).is_none_or(|c| matches!(c.verdict, CellVerdict::Denied | CellVerdict::Allowed));
        let still = |cell: &Cell| after.attacks.iter().filter_map(|a| after.cells.get(a.cell)).any(|c| key(c) == key(cell));
        let closed = before.attacks.iter().enumerate().filter_map(|(at, attack)| {
            let cell = before.cells.get(attack.cell)?;
            (shut(cell) && !still(cell)).then_some(at)
        });
        let leaks = |cell: &&Cell| cell.verdict == CellVerdict::Leak;
        let opened = after.cells.iter().filter(leaks).filter(|c| then.get(&key(c)).is_none_or(|c| c.verdict != CellVerdict::Leak));
        let allowed = |cell: &&Cell| cell.verdict == CellVerdict::Allowed;
        let broken = before.cells.iter().filter(allowed).filter(|c| now.get(&key(c)).is_none_or(|c| c.verdict != CellVerdict::Allowed));
        Self {
            closed: closed.collect(),
            opened: opened.map(named).collect(),
            broken: broken.map(named).collect(),
            allowed_before: before.cells.iter().filter(allowed).count(),
            allowed_after: after.cells.iter().filter(allowed).count(),
        }
    }

    /// Why it is no repair for these ways in; none when it is.
    pub(super) fn objection(&self, before: &AttackReport, meant: &[usize]) -> Option<String> {
        if let Some(broken) = self.broken.first() {
            return Some(format!("{broken} works before and not after ({} in all)", self.broken.len()));
        }
        if let Some(opened) = self.opened.first() {
            return Some(format!("{opened} is possible after it and was not before"));
        }
        let open = meant.iter().find(|at| !self.closed.contains(at))?;
        // A repair that closes some of what it was meant for is worth having; one that closes nothing is not.
        if meant.iter().any(|at| self.closed.contains(at)) {
            return None;
        }
        let title = before.attacks.get(*open).map_or("the attack", |a| a.title.as_str());
        Some(format!("it is still possible: {title}"))
    }
}
