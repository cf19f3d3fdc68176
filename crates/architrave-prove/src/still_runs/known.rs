//! The queries that are known, as PostgreSQL is asked about them.

use super::{Health, KnownQuery};
use architrave_model::script::Location;
use architrave_model::workload::{QuerySource, Workload};
use architrave_sql::mask_literals;
use architrave_sql::parameters::{mend, number_placeholders};
use std::collections::BTreeSet;

/// Longest text that is shown, characters.
const SHOWN: usize = 200;

/// A query under watch.
#[derive(Debug)]
pub(super) struct Known {
    /// Place.
    pub(super) location: Option<Location>,
    /// One statement with `$n`.
    pub(super) text: String,
    /// Names in it.
    pub(super) words: BTreeSet<String>,
    /// The text for people.
    pub(super) shown: String,
    /// Name of the statement that is prepared once.
    pub(super) kept: String,
    /// Number of its parameters.
    pub(super) parameters: usize,
    /// Whether it could be planned with NULLs in the beginning.
    pub(super) plannable: bool,
    /// Since the last look.
    pub(super) health: Health,
    /// The break that has not healed yet, among those noted.
    pub(super) open: Option<usize>,
}

impl Known {
    /// Three messages: prepare and plan it anew, forget that again (an error where there is nothing to forget), plan the kept one. Each first leaves
    /// what the one before has left.
    pub(super) fn messages(&self) -> [String; 3] {
        let back = "rollback to savepoint architrave_one";
        let arguments = if self.parameters == 0 { String::new() } else { format!("({})", vec!["null"; self.parameters].join(", ")) };
        let explain = |name: &str| if self.plannable { format!("; explain execute {name}{arguments}") } else { String::new() };
        [
            format!("{back}; prepare architrave_fresh as {}{}", self.text, explain("architrave_fresh")),
            format!("{back}; deallocate architrave_fresh"),
            format!("{back}{}", explain(&self.kept)),
        ]
    }
}

/// What may be a statement for the planner; each text once for each place.
pub(super) fn candidates(queries: &[KnownQuery]) -> Vec<Known> {
    let mut seen = BTreeSet::new();
    let mut known = Vec::new();
    for (location, text) in queries {
        let Ok(mended) = mend(&number_placeholders(text).text) else { continue };
        if !seen.insert((location.clone(), mended.text.clone())) {
            continue;
        }
        known.push(Known {
            location: location.clone(),
            words: super::reach::words(&mended.text),
            shown: shown(&mended.text),
            text: mended.text,
            kept: String::new(),
            parameters: 0,
            plannable: true,
            health: Health::Works,
            open: None,
        });
    }
    known
}

fn shown(text: &str) -> String {
    let line = mask_literals(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > SHOWN { line.chars().take(SHOWN - 1).chain(['…']).collect() } else { line }
}

/// The queries of a workload, with their places as far as they stand in files of SQL.
pub fn known_queries(workload: &Workload) -> Vec<KnownQuery> {
    let place = |source: &QuerySource| match source {
        QuerySource::File { path, line } => Some(Location { path: path.clone(), line: *line, column: 1 }),
        QuerySource::Statistics { .. } | QuerySource::Log { .. } | QuerySource::Given => None,
    };
    workload.queries.iter().map(|q| (place(&q.source), q.text.clone())).collect()
}
