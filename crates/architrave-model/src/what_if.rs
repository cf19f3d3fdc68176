//! Asking a planner "what would it cost if these indexes were there": the contract between who searches for indexes and who
//! can plan. Numbers stand for queries and indexes, so that a search can ask thousands of times.

use crate::catalog::Index;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// A query of the workload that is being advised on: its place in the list that both sides were given.
pub type QueryNumber = usize;

/// An index in this conversation: existing ones and candidates share the numbers, in the order they were added, from 0.
pub type IndexNumber = u32;

/// Physical size of an index, as planners look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexSize {
    /// Pages of 8 KiB.
    pub pages: f64,
    /// Entries, one per indexed row (`reltuples`).
    pub rows: f64,
    /// Levels above the leaves of a b-tree; 0 for other methods and for one page.
    pub height: u32,
}

impl IndexSize {
    /// Bytes of the file.
    pub fn bytes(&self) -> f64 {
        self.pages * 8192.0
    }
}

/// An index that can be made visible and be hidden again.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialIndex {
    /// Table or materialized view.
    pub table: QualifiedName,
    /// Definition; the name is the existing one's, or a free one for a candidate.
    pub index: Index,
    /// The statement that creates it.
    pub create: String,
    /// Size: read for existing ones, estimated for candidates.
    pub size: IndexSize,
    /// It exists: nothing is to be created.
    pub existing: bool,
}

/// One question: the cost of a query when of all added indexes only these are visible. Indexes that were never added stay visible.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// Query.
    pub query: QueryNumber,
    /// Visible indexes, sorted.
    pub visible: Vec<IndexNumber>,
}

/// Its answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Planner cost of one execution; over the query's parameter choices the mean, weighed by their shares.
    pub cost: f64,
    /// What the plan will read besides, in the same unit and mean: pages that repeated index scans fetch and the planner did not
    /// charge for. 0 where its account holds.
    pub unpaid: f64,
    /// Added indexes that the plan (of any choice) uses, sorted.
    pub used: Vec<IndexNumber>,
    /// Indexes that were never added but are used, by name, sorted.
    pub used_others: Vec<QualifiedName>,
}

/// The planner cannot be asked any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIfError {
    /// One sentence: what could not be done and why.
    pub message: String,
}

impl std::fmt::Display for WhatIfError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WhatIfError {}

/// A planner that can be asked.
pub trait WhatIf {
    /// Makes indexes known, hidden at first; they get the next numbers. For each the reason when it cannot be had
    /// (`functions in index expression must be marked IMMUTABLE`): its number is then never used.
    fn add(&mut self, indexes: &[TrialIndex]) -> Result<Vec<Option<String>>, WhatIfError>;

    /// Answers all requests, in their order.
    fn cost(&mut self, requests: &[Request]) -> Result<Vec<Answer>, WhatIfError>;
}
