//! What `architrave index` has to say: the advice, the workload it was made for, and what executing it has shown.

use crate::coverage::Gap;
use crate::index_advice::IndexAdvice;
use crate::workload::RefusedQuery;
use serde::{Deserialize, Serialize};

/// Advice with its surroundings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexReport {
    /// Target, by name.
    pub target: String,
    /// Where the workload comes from: `pg_stat_statements`, a file.
    pub workload: String,
    /// The statements: id and text with its constants masked, in the workload's order.
    pub statements: Vec<NamedStatement>,
    /// Statements that could not be planned.
    pub refused: Vec<RefusedQuery>,
    /// The advice.
    pub advice: IndexAdvice,
    /// What executing it on generated rows has shown, with `--verify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// A statement of the workload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedStatement {
    /// Id.
    pub id: String,
    /// Text, constants masked.
    pub text: String,
    /// Calls.
    pub calls: f64,
}

/// Figures of a real run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verification {
    /// Rows that were generated.
    pub rows: f64,
    /// Share of the source's rows that this is, 0–1.
    pub scale: f64,
    /// New indexes, built for real.
    pub indexes: Vec<BuiltIndex>,
    /// Statements, run for real.
    pub statements: Vec<RunStatement>,
    /// Steps of the advice that did not survive, with the reason.
    pub withdrawn: Vec<WithdrawnIndex>,
    /// Calls times the fastest run, over the statements that ran both times, milliseconds, without the advice.
    pub ms_before: f64,
    /// The same with the advice that survived.
    pub ms_after: f64,
    /// What the run could not show, one sentence each.
    pub notes: Vec<String>,
}

/// An index that was built.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuiltIndex {
    /// Name.
    pub name: String,
    /// Milliseconds to build.
    pub build_ms: f64,
    /// Bytes.
    pub bytes: f64,
    /// Bytes of WAL.
    pub wal_bytes: f64,
    /// Statements that used it.
    pub used_by: Vec<String>,
}

/// A statement that was run before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunStatement {
    /// Id.
    pub id: String,
    /// Milliseconds before; none when it ran into the time limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms_before: Option<f64>,
    /// Milliseconds after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms_after: Option<f64>,
    /// 8 KiB blocks touched before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_before: Option<f64>,
    /// Blocks touched after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_after: Option<f64>,
    /// `helped`, `same`, `slower`, `timed out`.
    pub verdict: String,
}

/// A step that did not survive.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WithdrawnIndex {
    /// Name.
    pub name: String,
    /// Why, one sentence with the figures.
    pub reason: String,
}
