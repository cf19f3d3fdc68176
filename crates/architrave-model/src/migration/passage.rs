//! What surrounds the statements: sizes and estimates, the way back, half-applied states, the files' history, queries that break, rows that do not fit.

use crate::name::QualifiedName;
use crate::script::Location;
use serde::{Deserialize, Serialize};

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizeSource {
    /// Measured on the private server, or on another one of this machine.
    Measured,
    /// Catalogue and statistics of the live database or snapshot.
    Catalog,
    /// The brief, or a figure that we had to assume.
    Assumed,
}

impl SizeSource {
    /// In a report: `measured`, `from catalogue`, `assumed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Catalog => "from catalogue",
            Self::Assumed => "assumed",
        }
    }
}

/// Size of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSize {
    /// Rows.
    pub rows: f64,
    /// Bytes of the heap with TOAST; none when not known.
    pub heap_bytes: Option<i64>,
    /// Bytes of all indexes; none when not known.
    pub index_bytes: Option<i64>,
    /// Rows written since the counters were reset; none when not counted.
    pub writes: Option<i64>,
    /// Scans of table and indexes since the counters were reset; none when not counted.
    pub reads: Option<i64>,
    /// Where it comes from.
    pub source: SizeSource,
}

/// What a statement will take on the real database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Index into the steps.
    pub step: usize,
    /// Seconds, at best.
    pub seconds_low: f64,
    /// Seconds, at worst.
    pub seconds_high: f64,
    /// Bytes of disk needed beside what is there, until the old files go.
    pub disk_bytes: i64,
    /// Bytes of write-ahead log.
    pub wal_bytes: i64,
    /// Source of the sizes.
    pub sizes: SizeSource,
    /// Source of the throughput.
    pub throughput: SizeSource,
}

/// How going back went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DownOutcome {
    /// The same catalogue as before, column order apart.
    Restored,
    /// Only the order of columns differs.
    OtherColumnOrder,
    /// The catalogue differs; the differences, one sentence each.
    Differs {
        /// Differences.
        differences: Vec<String>,
    },
    /// The down failed.
    Failed {
        /// SQLSTATE.
        sqlstate: String,
        /// Message.
        message: String,
    },
    /// The down went, but going up again failed or gave another catalogue.
    UpAgain {
        /// What happened.
        what: String,
    },
    /// The script has no way back.
    None,
    /// Not tried, with the reason.
    NotTried {
        /// Reason.
        reason: String,
    },
}

/// What up, down, up has shown for one script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownCheck {
    /// Index into the scripts.
    pub script: usize,
    /// Outcome.
    pub outcome: DownOutcome,
    /// Data that the way back does not bring back: `column public.t.a`, `table public.t`.
    pub lost: Vec<String>,
}

/// A state that a failed or cancelled statement leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfApplied {
    /// Index into the steps.
    pub step: usize,
    /// What was done to it: `cancelled while it waited`, `failed over duplicate rows`.
    pub how: String,
    /// The script was cut short between two of its statements; otherwise one statement was disturbed.
    #[serde(default, skip_serializing)]
    pub midway: bool,
    /// What is left: `index public.t_a_idx, invalid`.
    pub left: Vec<String>,
    /// Whether the runner's own retry heals it.
    pub healed: bool,
    /// What the retry did, with the server's words.
    pub retry: String,
}

/// Something wrong with the files as a history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HistoryProblem {
    /// Stable key of the kind: `skipped-by-runner`, `edited-after-apply`, `several-heads`, `out-of-order`, `missing-file`, `unread` …
    pub kind: String,
    /// Place.
    pub location: Location,
    /// One sentence.
    pub what: String,
}

/// A query of the project that stops working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenQuery {
    /// Index into the steps: after this one it is broken.
    pub step: usize,
    /// Where the query stands; none for one of the workload.
    pub location: Option<Location>,
    /// Its text with literals masked, cut at 200 characters.
    pub query: String,
    /// SQLSTATE.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
    /// True when only sessions that had prepared it before fail (`cached plan must not change result type`).
    pub prepared_only: bool,
    /// Index of the step after which it works again, if one heals it.
    pub healed_by: Option<usize>,
}

/// What the rows must fulfil for a statement to succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// Index into the steps.
    pub step: usize,
    /// Table.
    pub table: QualifiedName,
    /// What must hold: `no NULL in email`, `no two rows with equal (email)`.
    pub what: String,
    /// Read-only query that counts the rows in the way.
    pub probe: String,
    /// Rows in the way; none when it was not asked.
    pub offenders: Option<i64>,
    /// Why it was not asked, when it was not.
    pub not_asked: Option<String>,
}
