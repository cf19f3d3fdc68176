//! The plan: findings merged into actions, in phases.

use crate::finding::{Effect, Effort, Severity, Verdict};
use serde::{Deserialize, Serialize};

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "plain words")]
pub enum Phase {
    Now,
    Next,
    Later,
}

impl Phase {
    /// Heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Next => "Next",
            Self::Later => "Later",
        }
    }
}

/// One step of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Statements, without final semicolons; empty when it is not SQL.
    #[serde(default)]
    pub sql: Vec<String>,
    /// May run inside a transaction block.
    #[serde(default)]
    pub transactional: bool,
}

/// One action of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Position, from 1.
    pub order: u32,
    /// Phase.
    pub phase: Phase,
    /// Imperative, one line.
    pub title: String,
    /// What it removes or saves, with the numbers of this database.
    pub why: String,
    /// Worst severity of its findings.
    pub severity: Severity,
    /// Effort.
    pub effort: Effort,
    /// (risk removed + time saved) per effort; orders the plan.
    pub score: f64,
    /// Fingerprints of the findings that it settles.
    pub findings: Vec<String>,
    /// Steps.
    pub steps: Vec<Step>,
    /// Lock and size effect of all steps together.
    #[serde(default)]
    pub effect: Effect,
    /// Verdict of the proofs: `proved` only when every step with SQL is.
    pub verdict: Verdict,
    /// How many of its fixes were proved, refuted and not tried.
    pub proofs: ProofCount,
    /// What could go wrong and what to do about it.
    pub risk: String,
    /// How to test it.
    pub test: String,
    /// Statements (or words) that roll it back.
    pub rollback: Vec<String>,
    /// What would change the advice.
    pub would_change: String,
}

/// Verdicts, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named after the verdicts")]
pub struct ProofCount {
    pub proved: u32,
    pub refuted: u32,
    pub unknown: u32,
}
