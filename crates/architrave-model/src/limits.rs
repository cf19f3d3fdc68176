//! Limits that a database runs towards: keys and sequences, transaction ids, size; with dates when two readings tell the pace.

use crate::name::QualifiedName;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// An earlier reading of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EarlierReading {
    /// The target, by name.
    pub target: String,
    /// What was read then.
    pub snapshot: Snapshot,
}

/// The limits of one target. Times are unix seconds, sizes bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Target, by name.
    pub target: String,
    /// When the earlier of two readings was taken; none when there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<f64>,
    /// When the facts were read.
    pub until: f64,
    /// Keys and sequences that can run out, fullest first.
    pub keys: Vec<KeyLimit>,
    /// Transaction ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_ids: Option<TransactionIds>,
    /// Bytes that the database grows by in a day; below 0 when it shrank. Needs two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_day: Option<f64>,
}

impl Limits {
    /// Days between the two readings.
    pub fn days(&self) -> Option<f64> {
        self.since.map(|since| (self.until - since) / 86_400.0)
    }
}

/// A sequence, alone or behind a key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyLimit {
    /// Sequence.
    pub sequence: QualifiedName,
    /// Table that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<QualifiedName>,
    /// Column that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Last value handed out.
    pub last_value: i64,
    /// The value after which there is none: of the sequence or of the column's type, whichever comes first.
    pub limit: i64,
    /// Share of the range that is used, 0–1.
    pub used: f64,
    /// Values handed out in a day. Needs two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<f64>,
    /// When the last value is handed out at that pace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exhausted_at: Option<f64>,
}

impl KeyLimit {
    /// `schema.table.column`, or the sequence.
    pub fn name(&self) -> String {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => format!("{table}.{column}"),
            _ => self.sequence.to_string(),
        }
    }
}

/// Transaction ids: how old the oldest is, and how fast new ones are given out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionIds {
    /// Age of the oldest, transactions.
    pub age: i64,
    /// Ids given out in a day at least: by how much the age of some table or database rose between two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day_at_least: Option<f64>,
    /// Commits and rollbacks of this database in a day. Reading transactions are among them, and take no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions_per_day: Option<f64>,
    /// When the server would refuse writes if nothing was frozen from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuses_writes_at: Option<f64>,
}
