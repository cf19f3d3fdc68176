//! Two attacks compared cell by cell: what has closed, what has opened, who is kept out that was meant to get through.

use architrave_model::access::{ActorKind, AttackReport, Cell, CellVerdict, Command, Target};
use std::collections::BTreeMap;

/// What a repair has changed.
pub(super) struct Change {
    /// Ways in of the report before, by index, that are no more.
    pub(super) closed: Vec<usize>,
    opened: Vec<(String, String)>,
    broken: Vec<(String, String)>,
    pub(super) allowed_before: usize,
    pub(super) allowed_after: usize,
}

type Key<'a> = (&'a Target, Command, ActorKind);

fn key(cell: &Cell) -> Key<'_> {
    (&cell.target, cell.command, cell.actor)
}

fn topic(cell: &Cell) -> Option<&str> {
    if let Target::Topic { pattern } = &cell.target { Some(pattern) } else { None }
}

/// The object of a cell as statements name it, and the cell in words.
fn named(cell: &Cell) -> (String, String) {
    let object = match &cell.target {
        Target::Table { name } | Target::View { name } | Target::Function { name, .. } => name.sql(),
        Target::Bucket { .. } => "storage.objects".to_owned(),
        Target::Topic { .. } => "realtime.messages".to_owned(),
    };
    let target = match &cell.target {
        Target::Function { name, .. } => name.to_string(),
        other => other.to_string(),
    };
    (object, format!("{} of {target} by {}", cell.command.sql(), cell.actor.word()))
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
        // Of what was not decided before nothing is known: it may have been open all the time.
        let known_shut = |c: &Cell| !matches!(c.verdict, CellVerdict::Leak | CellVerdict::NotDecided);
        let opened = after.cells.iter().filter(leaks).filter(|c| then.get(&key(c)).is_none_or(|c| known_shut(c)));
        // The attack makes names of topics up: what only begins one with an id stands for nothing that anybody uses.
        let topics: Vec<&str> = before.cells.iter().filter_map(topic).filter(|t| t.contains('<')).collect();
        let made_up = |cell: &Cell| topic(cell).is_some_and(|own| !own.contains('<') && topics.iter().any(|t| t.starts_with(own)));
        let allowed = |cell: &&Cell| cell.verdict == CellVerdict::Allowed && !made_up(cell);
        let broken = before.cells.iter().filter(allowed).filter(|c| now.get(&key(c)).is_none_or(|c| c.verdict != CellVerdict::Allowed));
        Self {
            closed: closed.collect(),
            opened: opened.map(named).collect(),
            broken: broken.map(named).collect(),
            allowed_before: before.cells.iter().filter(allowed).count(),
            allowed_after: after.cells.iter().filter(allowed).count(),
        }
    }

    /// Why a repair is none for these ways in: it closes not one of them.
    pub(super) fn still_open(&self, before: &AttackReport, meant: &[usize]) -> Option<String> {
        if meant.is_empty() || meant.iter().any(|at| self.closed.contains(at)) {
            return None;
        }
        let title = meant.first().and_then(|at| before.attacks.get(*at)).map_or("the attack", |a| a.title.as_str());
        Some(format!("it is still possible: {title}"))
    }

    /// What became worse: the object, and a sentence for it.
    pub(super) fn harm(&self) -> Vec<(String, String)> {
        let broken = self.broken.iter().map(|(object, cell)| (object.clone(), format!("{cell} works before it and not after")));
        let opened = self.opened.iter().map(|(object, cell)| (object.clone(), format!("{cell} is possible after it and was not before")));
        broken.chain(opened).collect()
    }
}
