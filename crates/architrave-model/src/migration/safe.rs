//! The safe version of a migration: the same end, in steps that let the application go on.

use crate::finding::Proof;
use serde::{Deserialize, Serialize};

/// One migration file of a safe version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeFile {
    /// What it does, in a few words that can stand in a file name: `add orders note not valid`.
    pub title: String,
    /// Statements, in order, without final semicolons.
    pub statements: Vec<String>,
    /// Statements of the way back; empty when there is none.
    #[serde(default)]
    pub down: Vec<String>,
    /// Whether it may (and shall) run in one transaction.
    pub transactional: bool,
    /// `lock_timeout` for the file, in milliseconds; none where a time-out does harm (CONCURRENTLY).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_timeout_ms: Option<u64>,
    /// What must have happened before this file is applied: a deploy, a check. One sentence; none when it can follow at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
}

/// A safe version of one statement, or of all statements of a script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SafeVersion {
    /// Indexes of the steps that it stands for, in order; the other statements of the script stay as they are.
    pub replaces: Vec<usize>,
    /// Files, in order.
    pub files: Vec<SafeFile>,
    /// What it does not do that the original did, or what it asks of people; one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// Whether the end is the same schema (then the prover demands it), or deliberately another: an expand phase whose contract comes later.
    pub same_end: bool,
    /// What trying it has shown; none before it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}
