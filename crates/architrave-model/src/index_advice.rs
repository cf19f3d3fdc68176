//! What the index advisor says: one plan of creations, replacements and drops for a whole workload, with what it rests on.
//!
//! Costs are planner cost units, sizes bytes. No row value is in here: a constant stands in a partial index's predicate only when
//! developers wrote it into a statement or the schema, never because statistics hold it.

use crate::catalog::Index;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// The advice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexAdvice {
    /// Steps in the order they should be taken: creations and replacements by gain, then drops.
    pub steps: Vec<IndexStep>,
    /// Every query of the workload, in its order.
    pub queries: Vec<QueryEffect>,
    /// Cost and size of the whole.
    pub summary: AdviceSummary,
    /// Existing indexes that serve queries, so that nothing new is needed there.
    pub serving: Vec<ServingIndex>,
    /// Indexes that were worth a look and are not recommended, with the reason.
    pub withheld: Vec<WithheldIndex>,
    /// Existing indexes that look superfluous and stay, with the reason.
    pub kept: Vec<KeptIndex>,
    /// How the search went.
    pub search: SearchRecord,
    /// What the advice could not take into account, one sentence each.
    pub unknowns: Vec<String>,
}

/// What to do with an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexAction {
    /// A new index.
    #[default]
    Create,
    /// A new index that takes the place of one existing index.
    Replace,
    /// A new index that takes the place of several.
    Merge,
    /// Nothing needs it.
    Drop,
}

/// One step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexStep {
    /// What.
    pub action: IndexAction,
    /// Table or materialized view.
    pub table: QualifiedName,
    /// The index that is created or dropped.
    pub index: Option<Index>,
    /// Existing indexes that the new one takes the place of, sorted.
    pub replaces: Vec<String>,
    /// Statements, in order.
    pub up: Vec<String>,
    /// The way back.
    pub down: Vec<String>,
    /// Estimated bytes of a new index; measured bytes of a dropped one, when known.
    pub bytes: Option<f64>,
    /// What keeping it costs.
    pub upkeep: Upkeep,
    /// Queries that become cheaper by this step, the rest of the plan in place; greatest saving first.
    pub helps: Vec<QueryChange>,
    /// Queries that become dearer by it, reads and writes, worst first.
    pub hurts: Vec<QueryChange>,
    /// Planner cost of the workload that it saves (calls times cost), upkeep taken off, the rest of the plan in place.
    pub saves: f64,
    /// Why, one sentence each: which predicates it answers, what a drop rests on.
    pub because: Vec<String>,
    /// What to look at before doing it, one sentence each.
    pub cautions: Vec<String>,
}

/// What an index costs on writes, over the period of the workload; planner cost units where not said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upkeep {
    /// Rows written that need a new entry.
    pub entries: f64,
    /// Updates that were heap-only and no longer would be, because a column they set becomes indexed.
    pub hot_updates_lost: f64,
    /// Cost of both.
    pub cost: f64,
    /// Whether the cost took part in the choice: only when calls and writes were counted.
    pub weighed: bool,
}

/// A query before and after one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryChange {
    /// `WorkloadQuery::id`.
    pub query: String,
    /// Cost of one execution without the step.
    pub before: f64,
    /// Cost with it.
    pub after: f64,
}

/// A query before and after the whole plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryEffect {
    /// `WorkloadQuery::id`.
    pub query: String,
    /// Calls.
    pub calls: f64,
    /// Cost of one execution now.
    pub before: f64,
    /// Cost with the whole plan.
    pub after: f64,
    /// Cost with every candidate there: no choice of these gets below it.
    pub bound: f64,
    /// Indexes of the plan (by name) that it would use.
    pub uses: Vec<String>,
}

/// The whole in figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdviceSummary {
    /// Calls times cost over all queries, now.
    pub cost_before: f64,
    /// The same with the plan, upkeep not counted.
    pub cost_after: f64,
    /// The same with every candidate there, whatever its size.
    pub cost_bound: f64,
    /// Upkeep of the new indexes less that of the dropped ones.
    pub upkeep: f64,
    /// Estimated bytes of the new indexes.
    pub bytes_created: f64,
    /// Bytes of the dropped ones, where known.
    pub bytes_dropped: f64,
    /// Limit for `bytes_created`, if there was one.
    pub budget: Option<f64>,
}

impl AdviceSummary {
    /// Cost left, as a share of now: 0–1.
    pub fn cost_left(&self) -> f64 {
        if self.cost_before > 0.0 { self.cost_after / self.cost_before } else { 1.0 }
    }

    /// Share of the possible saving that the plan reaches: 0–1; 1 when there was nothing to save.
    pub fn achieved(&self) -> f64 {
        let possible = self.cost_before - self.cost_bound;
        if possible > 0.0 { ((self.cost_before - self.cost_after) / possible).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// An existing index that already serves a query well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServingIndex {
    /// Index with its schema.
    pub index: QualifiedName,
    /// Queries whose plan uses it.
    pub queries: Vec<String>,
}

/// An index that is not recommended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WithheldIndex {
    /// Table.
    pub table: QualifiedName,
    /// The statement that would create it.
    pub create: String,
    /// Why not, one sentence.
    pub reason: String,
    /// Queries it was for.
    pub queries: Vec<String>,
}

/// An existing index that stays although no query of the workload uses it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptIndex {
    /// Index with its schema.
    pub index: QualifiedName,
    /// Why it stays, one sentence.
    pub reason: String,
    /// Bytes, when known.
    pub bytes: Option<f64>,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchEnd {
    /// No step found an improvement any more.
    #[default]
    Finished,
    /// The time was up; the best plan until then.
    TimeUp,
}

/// What the search did. Counts of work, not of time: the same input gives the same figures unless time was up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchRecord {
    /// How it ended.
    pub end: SearchEnd,
    /// Candidates tried.
    pub candidates: usize,
    /// Candidates that PostgreSQL refused.
    pub refused: usize,
    /// Costs that were needed.
    pub asked: u64,
    /// Of these planned by PostgreSQL; the rest was known from earlier plans.
    pub planned: u64,
    /// Rounds of improvement.
    pub rounds: u32,
}
