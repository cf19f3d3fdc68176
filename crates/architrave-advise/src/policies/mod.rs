//! Repairs for what an attack has shown, and for what somebody has stated: policies in the shape that PostgreSQL plans best, foreign keys that hold the
//! tenant, privileges, rights and search paths of views and functions.
//!
//! Nothing is proved here: whoever proposes says what a repair should close, and the attack is repeated to see whether it does.

mod links;
mod objects;
mod paths;
mod people;
mod privileged;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod topics;
mod words;

use architrave_model::Catalog;
use architrave_model::access::{AttackReport, Repair, Target};
use architrave_model::finding::Proof;
use people::People;
use std::collections::{BTreeMap, BTreeSet};

/// Repairs that would close the same ways in, the best first: the first that proves itself counts.
pub type Alternatives = Vec<Repair>;

/// What to propose from.
pub(crate) struct World<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) report: &'a AttackReport,
    pub(crate) people: People,
}

/// Proposes repairs for all attacks of a report; none where the intent does not tell what is meant. Those that close no way in give tables the policies
/// that somebody has stated, and functions a search path.
pub fn propose(catalog: &Catalog, report: &AttackReport) -> Vec<Alternatives> {
    let world = World { catalog, report, people: People::of(catalog, report) };
    let mut by_target: BTreeMap<&Target, Vec<usize>> = BTreeMap::new();
    for (at, attack) in report.attacks.iter().enumerate() {
        if let Some(cell) = report.cells.get(attack.cell) {
            by_target.entry(&cell.target).or_default().push(at);
        }
    }
    let mut proposed: Vec<Alternatives> = Vec::new();
    // What a way in prepares itself with is closed first: often nothing else needs to change.
    proposed.extend(privileged::alternatives(&world));
    proposed.extend(objects::truncate(&world));
    let mut into_topics: Vec<usize> = Vec::new();
    for (target, attacks) in by_target {
        match target {
            Target::Table { name } => {
                let is_link = |at: &usize| report.attacks.get(*at).is_some_and(links::is_link);
                let (linked, others): (Vec<usize>, Vec<usize>) = attacks.into_iter().partition(is_link);
                proposed.push(table::alternatives(&world, name, &others));
                proposed.extend(links::alternatives(&world, name, &linked));
            }
            Target::View { name } => proposed.push(objects::view(&world, name, &attacks)),
            Target::Function { name, arguments } => proposed.push(objects::function(&world, name, arguments, &attacks)),
            Target::Bucket { id } => proposed.push(table::bucket(&world, id, &attacks)),
            Target::Topic { .. } => into_topics.extend(attacks),
        }
    }
    proposed.push(topics::alternatives(&world, &into_topics));
    // What nobody has attacked yet comes last: it must not change what the others have to show.
    proposed.extend(table::as_stated(&world));
    proposed.push(paths::alternatives(&world));
    proposed.retain(|alternatives| !alternatives.is_empty());
    drop_helpers_once(&mut proposed);
    proposed
}

/// Several repairs may need the same helper; the way back of one takes it away, of the others leaves it.
fn drop_helpers_once(proposed: &mut [Alternatives]) {
    let mut dropped: BTreeSet<String> = BTreeSet::new();
    for alternatives in proposed {
        let mut here: BTreeSet<String> = BTreeSet::new();
        for repair in alternatives {
            repair.down.retain(|statement| {
                let helper = statement.starts_with("drop function") || statement.starts_with("drop schema");
                if helper {
                    here.insert(statement.clone());
                }
                !helper || !dropped.contains(statement)
            });
        }
        dropped.extend(here);
    }
}

/// A repair that nobody has tried.
pub(crate) fn untried(title: impl Into<String>, closes: &[usize], up: Vec<String>, down: Vec<String>) -> Repair {
    Repair { title: title.into(), closes: closes.to_vec(), up, down, proof: Proof::unknown("rls_repair", "not tried") }
}
