//! What one statement does to the relations of the database: locks, rewrites, scans, who waits.

use super::LockMode;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// What kind of relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "PostgreSQL's own names")]
pub enum Relation {
    Table,
    PartitionedTable,
    Index,
    View,
    MaterializedView,
    Sequence,
    ForeignTable,
    Other,
}

/// The strongest lock that the statement left on one relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakenLock {
    /// Relation.
    pub relation: QualifiedName,
    /// Its kind.
    pub kind: Relation,
    /// The table of an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<QualifiedName>,
    /// Mode.
    pub mode: LockMode,
    /// Whether the relation was there before the script; nobody waits for one that was not.
    pub existed: bool,
    /// Whether an earlier statement of the transaction held the same or a stronger lock on it already.
    #[serde(default)]
    pub held_before: bool,
}

/// A relation that got new files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rewritten {
    /// The table (or materialized view), or the index.
    pub relation: QualifiedName,
    /// The table of an index that was rebuilt; none for a heap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_of: Option<QualifiedName>,
    /// Whether it was there before the script.
    pub existed: bool,
}

/// A relation that was read from end to end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scanned {
    /// Relation.
    pub relation: QualifiedName,
    /// Tuples read on the private server; none when that was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuples: Option<i64>,
    /// Whether it was there before the script.
    pub existed: bool,
}

/// Who waits for the statement, seen by a second session (or told by the table of lock conflicts).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blocked {
    /// Relation.
    pub relation: QualifiedName,
    /// SELECT waits.
    pub reads: bool,
    /// INSERT, UPDATE, DELETE wait.
    pub writes: bool,
}

/// What a statement did. Sorted by relation; system catalogues are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Locks, the strongest for each relation.
    pub locks: Vec<TakenLock>,
    /// New files: heaps and indexes. An index that the statement created is in [`Self::built`] instead.
    pub rewrites: Vec<Rewritten>,
    /// Indexes that it created, with their tables: (index, table).
    #[serde(default)]
    pub built: Vec<(QualifiedName, QualifiedName)>,
    /// Relations read from end to end.
    pub scans: Vec<Scanned>,
    /// Relations of before the script that others wait for.
    pub blocks: Vec<Blocked>,
    /// Waits until every older transaction of the database has ended (CONCURRENTLY).
    #[serde(default)]
    pub waits_for_older: bool,
    /// Bytes of write-ahead log on the private server; none when not measured. Full page images make it differ from run to run, so it is in no report;
    /// estimates have what the real database will write.
    #[serde(skip)]
    pub wal_bytes: Option<i64>,
    /// Milliseconds on the private server; never part of a report's fixed text.
    #[serde(skip)]
    pub milliseconds: Option<f64>,
}

impl Effect {
    /// The lock on a relation.
    pub fn lock(&self, relation: &QualifiedName) -> Option<&TakenLock> {
        self.locks.iter().find(|l| l.relation == *relation)
    }

    /// Whether the heap of a table that was there before the script was rewritten.
    pub fn rewrites_heap(&self, table: &QualifiedName) -> bool {
        self.rewrites.iter().any(|r| r.relation == *table && r.index_of.is_none() && r.existed)
    }

    /// Whether a table that was there before the script was read from end to end.
    pub fn scans_table(&self, table: &QualifiedName) -> bool {
        self.scans.iter().any(|s| s.relation == *table && s.existed)
    }

    /// Whether readers (`true`, _) or writers (_, `true`) of the relation wait.
    pub fn blocked(&self, relation: &QualifiedName) -> (bool, bool) {
        self.blocks.iter().find(|b| b.relation == *relation).map_or((false, false), |b| (b.reads, b.writes))
    }

    /// Whether an earlier statement of the transaction took the lock that others wait for; it may have dropped the relation meanwhile.
    pub fn is_held(&self, relation: &QualifiedName) -> bool {
        self.lock(relation).is_none_or(|l| l.held_before)
    }

    /// Whether a relation of before the script is rewritten, rebuilt or read whole while somebody waits: work that grows with the data.
    pub fn is_heavy(&self) -> bool {
        let blocked = |relation: &QualifiedName| self.blocked(relation) != (false, false);
        let rewritten = self.rewrites.iter().filter(|r| r.existed).any(|r| blocked(r.index_of.as_ref().unwrap_or(&r.relation)));
        rewritten || self.scans.iter().filter(|s| s.existed).any(|s| blocked(&s.relation))
    }
}

/// How a statement ended on the private server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    /// It succeeded.
    #[default]
    Done,
    /// PostgreSQL refused it.
    Failed {
        /// SQLSTATE.
        sqlstate: String,
        /// The server's message.
        message: String,
    },
    /// It did not end within the limit and was cancelled.
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// It was not executed, with the reason: a fragment without full stop.
    Skipped {
        /// Reason.
        reason: String,
    },
    /// Nothing is executed in this run.
    NotExecuted,
}
