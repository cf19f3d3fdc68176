//! What the advisor is given.

use architrave_model::QualifiedName;
use architrave_model::catalog::Catalog;
use architrave_model::stats::Stats;
use architrave_model::workload::{QueryShape, WorkloadQuery};

/// Everything advice rests on.
#[derive(Debug, Clone, Copy)]
pub struct IndexInput<'a> {
    /// Catalogue with the existing indexes.
    pub catalog: &'a Catalog,
    /// Statistics; without them nothing is known about sizes, writes and use, and no index is dropped.
    pub stats: Option<&'a Stats>,
    /// Major version of the server.
    pub major: u16,
    /// Statements, in the order that the planner's side knows them by.
    pub queries: &'a [AdvisedQuery<'a>],
    /// Limit for the bytes of new indexes, if any.
    pub budget: Option<f64>,
    /// What is known about the use of indexes on standbys.
    pub replicas: Replicas,
}

/// A statement with what it asks of tables.
#[derive(Debug, Clone)]
pub struct AdvisedQuery<'a> {
    /// Statement.
    pub query: &'a WorkloadQuery,
    /// What each of its variants asks, in their order; fewer are fine.
    pub shapes: &'a [QueryShape],
    /// Rows it writes, if it does: only these are weighed against what indexes save.
    pub writes: Vec<Write>,
}

/// Rows that one statement writes to one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Table.
    pub table: QualifiedName,
    /// How.
    pub kind: WriteKind,
    /// Columns that an UPDATE sets; empty when unknown.
    pub columns: Vec<String>,
    /// Rows per call.
    pub rows: f64,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// INSERT, COPY, or the insert of MERGE.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE: leaves index entries to VACUUM.
    Delete,
}

/// Whether reads elsewhere can use an index without this server counting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// No standby is connected, and none is known.
    None,
    /// There are standbys, and their counters were added to the statistics.
    Counted,
    /// There are (or may be) standbys whose counters were not given.
    NotCounted,
}

/// Where the search ends. Steps are counted, not timed: the clock stays outside.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Whether time is up; asked between batches.
    pub expired: &'a dyn Fn() -> bool,
    /// Most candidates that are made.
    pub candidates: usize,
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("candidates", &self.candidates).finish_non_exhaustive()
    }
}

impl Limits<'_> {
    /// Candidates when nothing else is said: planners open every index of a table, hidden ones too.
    pub const CANDIDATES: usize = 4000;
}
