//! Findings, fixes, proofs: the verdicts of a review, in the shape of the JSON contract.

use crate::name::ObjectRef;
use crate::script::Location;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad, by exposure in *this* database. Ordered: `Info` is the least.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "plain words")]
pub enum Severity {
    #[default]
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One step worse.
    #[must_use]
    pub fn raised(self) -> Self {
        match self {
            Self::Info => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// One step better.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Info | Self::Low => Self::Info,
            Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

/// How sure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Follows from what was read.
    #[default]
    Certain,
    /// Holds unless something unusual is going on outside of what was read.
    Likely,
    /// Worth a look.
    Possible,
}

/// How much work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// One statement, no code change.
    #[default]
    Small,
    /// A migration in steps or a small code change.
    Medium,
    /// A project.
    Large,
}

/// A value in evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "JSON's own kinds")]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Self::Float(n)
    }
}
impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

/// One fact that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What: `rows in public.orders`.
    pub fact: String,
    /// Value.
    pub value: Value,
    /// Where it was read: `pg_class.reltuples`, `pg_stat_user_indexes`, a file.
    pub source: String,
}

/// A lock that a fix takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lock {
    /// Relation.
    pub relation: String,
    /// `pg_locks.mode`: `ShareUpdateExclusiveLock` …
    pub mode: String,
}

/// What a fix does to the running system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Strongest lock per relation.
    #[serde(default)]
    pub locks: Vec<Lock>,
    /// Relations rewritten.
    #[serde(default)]
    pub rewrites: Vec<String>,
    /// Relations scanned in full.
    #[serde(default)]
    pub scans: Vec<String>,
    /// Disk it needs (positive) or frees (negative), bytes, when it can be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
}

/// A change that makes the finding go away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// One line.
    pub title: String,
    /// Statements, in order, without final semicolons.
    pub up: Vec<String>,
    /// Statements that undo it; empty when there is no way back.
    #[serde(default)]
    pub down: Vec<String>,
    /// May run inside a transaction block.
    pub transactional: bool,
    /// Effect on the running system.
    #[serde(default)]
    pub effect: Effect,
    /// What must be decided or checked by people first (a judgement the tool cannot make), if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// Outcome of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Tried, and it does what was claimed.
    Proved,
    /// Tried, and it does not; the fix is withdrawn.
    Refuted,
    /// Could not be tried; the reason stands beside.
    Unknown,
}

/// What trying the fix has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// Outcome.
    pub verdict: Verdict,
    /// The prover: `round-trip`.
    pub by: String,
    /// Figures before.
    #[serde(default)]
    pub before: BTreeMap<String, Value>,
    /// Figures after.
    #[serde(default)]
    pub after: BTreeMap<String, Value>,
    /// What was executed and answered, line by line.
    #[serde(default)]
    pub transcript: Vec<String>,
    /// Why unknown or refuted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Proof {
    /// Not tried, and why.
    pub fn unknown(by: &str, reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Unknown,
            by: by.to_owned(),
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            transcript: Vec::new(),
            reason: Some(reason.into()),
        }
    }
}

/// One object of a finding that has several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Object.
    pub object: ObjectRef,
    /// Where it stands in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What is special about this one: its type, its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Further reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Title.
    pub title: String,
    /// Address.
    pub url: String,
}

/// A finding. One per cause: 140 columns of the same mistake are one finding with 140 places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Rule id, `group/problem-name`.
    pub rule: String,
    /// Stable across runs and moves: rule and object names only.
    pub fingerprint: String,
    /// Severity in this database.
    pub severity: Severity,
    /// Confidence.
    pub confidence: Confidence,
    /// `postgresql`.
    pub engine: String,
    /// Target it was found in, by name.
    #[serde(default)]
    pub target: String,
    /// Object; the common parent when there are several places.
    pub object: ObjectRef,
    /// All objects of this cause, when there is more than the one above.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Where the object stands in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Object, fact and number: a lower-case fragment without full stop.
    pub message: String,
    /// Why it matters here, in full sentences.
    pub why: String,
    /// Facts.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The safe version of the statements of a migration, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<crate::migration::SafeVersion>,
    /// Proof of the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Effort.
    pub effort: Effort,
    /// References.
    #[serde(default)]
    pub references: Vec<Link>,
}
