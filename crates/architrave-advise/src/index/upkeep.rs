//! What an index costs when rows are written: entries, updates that stop being heap-only, in planner cost units.
//!
//! The planner does not count the maintenance of indexes, so these are our figures, in its unit (1 is a page read in sequence): a
//! descent costs what the planner charges for one, an entry its share of a dirtied page and of WAL.

use super::definition;
use super::input::{AdvisedQuery, WriteKind};
use super::relation::{Facts, Relation};
use architrave_model::catalog::Index;
use architrave_model::index_advice::Upkeep;
use architrave_model::name::QualifiedName;
use architrave_model::what_if::IndexSize;
use architrave_model::workload::Term;

/// What the planner charges for a level of a b-tree's descent: 50 operators.
const LEVEL: f64 = 0.125;
/// Share of a page write and of WAL that an entry at a random place costs.
const RANDOM_ENTRY: f64 = 0.75;
/// The same at the right end, where one page takes hundreds of entries.
const LAST_ENTRY: f64 = 0.15;
/// One element of a GIN index, through the pending list.
const ELEMENT: f64 = 0.25;
/// A write of the row itself.
pub(super) const ROW: f64 = 1.0;

/// Share of updates that stay heap-only when no counter tells: no indexed column set, and room on the page.
const HOT: f64 = 0.5;

/// Writes per table over the workload's period: those of its own statements. The tables' counters began at another time (and hold
/// the first bulk load), so that they cannot be weighed against its calls; only the share of heap-only updates is taken from them.
pub(super) struct Writes<'a> {
    facts: Facts<'a>,
    queries: &'a [AdvisedQuery<'a>],
}

impl<'a> Writes<'a> {
    pub(super) fn of(facts: Facts<'a>, queries: &'a [AdvisedQuery<'a>]) -> Self {
        Self { facts, queries }
    }

    /// Whether writes weigh in the choice.
    pub(super) fn weighed(&self) -> bool {
        self.queries.iter().any(|q| !q.writes.is_empty())
    }

    /// Tables that were written, by their counters, but not by any statement of the workload.
    pub(super) fn unseen(&self) -> Vec<String> {
        let tables = self.facts.stats.map_or(&[][..], |s| &s.tables);
        let seen = |name: &QualifiedName| self.queries.iter().flat_map(|q| &q.writes).any(|w| w.table == *name);
        tables.iter().filter(|t| t.writes() > 0 && !seen(&t.name)).map(|t| t.name.to_string()).collect()
    }

    /// What the index costs over the period.
    pub(super) fn upkeep(&self, relation: &Relation<'_>, index: &Index, size: IndexSize, share: f64) -> Upkeep {
        let entry = entry_cost(relation, index, size);
        let (inserts, updates, hot) = self.rows(relation);
        let set = self.set_by_updates(relation, index);
        // A heap-only update makes no entry, unless this index is on a column it sets; all others make one in every index.
        let hot_lost = if index.method == "brin" { 0.0 } else { hot * set };
        let entries = (inserts + (updates - hot) + hot_lost) * share;
        let others = relation.indexes.iter().filter(|i| i.ready).count() as f64;
        let cost = entries * entry + hot_lost * (ROW + others * (2.0 * LEVEL + RANDOM_ENTRY));
        Upkeep { entries, hot_updates_lost: hot_lost, cost, weighed: self.weighed() }
    }

    /// What one execution of a writing query costs more with the index.
    pub(super) fn per_call(&self, query: usize, relation: &Relation<'_>, index: &Index, size: IndexSize, share: f64) -> f64 {
        let entry = entry_cost(relation, index, size) * share;
        let own = self.queries[query].writes.iter().filter(|w| w.table == relation.name);
        let hot = self.hot(relation);
        own.map(|w| match w.kind {
            WriteKind::Insert => w.rows * entry,
            WriteKind::Update if touches(relation, index, &w.columns) => w.rows * entry,
            WriteKind::Update => w.rows * (1.0 - hot) * entry,
            WriteKind::Delete => 0.0,
        })
        .sum()
    }

    /// What the writes of one execution cost now, beyond what the planner counts.
    pub(super) fn now(&self, query: usize) -> f64 {
        let one = |w: &super::input::Write| {
            let indexes = self.facts.relation(&w.table).map_or(0, |r| r.indexes.iter().filter(|i| i.ready).count()) as f64;
            let entries = if w.kind == WriteKind::Insert { indexes } else { 0.0 };
            w.rows * (ROW + entries * (2.0 * LEVEL + RANDOM_ENTRY))
        };
        self.queries[query].writes.iter().map(one).sum()
    }

    /// Share of the table's updates that are heap-only.
    fn hot(&self, relation: &Relation<'_>) -> f64 {
        let stats = self.facts.stats.and_then(|s| s.table(&relation.name)).filter(|t| t.updated > 0);
        stats.map_or(HOT, |t| t.hot_updated as f64 / t.updated as f64)
    }

    /// Rows inserted, updated, and updated heap-only.
    fn rows(&self, relation: &Relation<'_>) -> (f64, f64, f64) {
        let (mut inserts, mut updates) = (0.0, 0.0);
        for query in self.queries {
            for write in query.writes.iter().filter(|w| w.table == relation.name) {
                let rows = write.rows * query.query.calls;
                match write.kind {
                    WriteKind::Insert => inserts += rows,
                    WriteKind::Update => updates += rows,
                    WriteKind::Delete => {}
                }
            }
        }
        (inserts, updates, updates * self.hot(relation))
    }

    /// Share of the updates that set a column of the index which no existing index has; 0 when no UPDATE is known to.
    fn set_by_updates(&self, relation: &Relation<'_>, index: &Index) -> f64 {
        let already = |column: &String| {
            relation.indexes.iter().filter(|i| i.method != "brin").any(|i| touches(relation, i, std::slice::from_ref(column)))
        };
        let (mut all, mut touching) = (0.0, 0.0);
        for query in self.queries {
            for write in query.writes.iter().filter(|w| w.table == relation.name && w.kind == WriteKind::Update) {
                let rows = write.rows * query.query.calls;
                all += rows;
                let fresh: Vec<String> = write.columns.iter().filter(|c| !already(c)).cloned().collect();
                if touches(relation, index, &fresh) {
                    touching += rows;
                }
            }
        }
        if all > 0.0 { touching / all } else { 0.0 }
    }
}

/// Whether the index holds or asks any of these columns.
fn touches(relation: &Relation<'_>, index: &Index, columns: &[String]) -> bool {
    let mentions = |text: &str, column: &str| {
        relation.column(column).is_some() && text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == column)
    };
    columns.iter().any(|column| {
        index.include.contains(column)
            || index.predicate.as_deref().is_some_and(|p| mentions(p, column))
            || index.keys.iter().any(|k| match definition::term(k) {
                Term::Column(own) => own == *column,
                Term::Expression(text) => mentions(&text, column),
            })
    })
}

/// Planner cost of one new entry.
fn entry_cost(relation: &Relation<'_>, index: &Index, size: IndexSize) -> f64 {
    let first = index.keys.first().and_then(|k| k.column.as_deref()).and_then(|c| relation.column(c));
    let grows = first.is_some_and(|c| c.correlation() > 0.95 && c.distinct() > relation.rows * 0.5);
    match index.method.as_str() {
        "brin" => 0.01,
        "gin" => ELEMENT * first.map_or(5.0, |c| (c.width() / 12.0).clamp(1.0, 100.0)),
        "gist" | "spgist" => 4.0 * LEVEL + 1.5 * RANDOM_ENTRY,
        "hash" => LEVEL + RANDOM_ENTRY,
        _ if grows => LEVEL + LAST_ENTRY,
        _ => LEVEL * f64::from(size.height + 1) + RANDOM_ENTRY,
    }
}
