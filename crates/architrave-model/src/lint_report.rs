//! What `architrave lint` has to say: what each statement of the judged migrations did, and what was found.

use crate::coverage::Gap;
use crate::finding::Finding;
use crate::migration::{BrokenQuery, DownOutcome, Effect, Estimate, HalfApplied, HistoryProblem, Outcome, Precondition, Step};
use crate::review::Run;
use crate::script::{Location, TransactionMode};
use serde::{Deserialize, Serialize};

/// Judged migrations with their surroundings. Its JSON form is versioned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LintReport {
    /// Version of the JSON form; 1.
    pub schema_version: u32,
    /// Version of Architrave.
    pub tool: String,
    /// The only block that differs between equal runs.
    pub run: Run,
    /// Project or file.
    pub subject: String,
    /// Databases of the project, in their order.
    pub databases: Vec<LintedDatabase>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings that the baseline knows and that are not shown.
    pub hidden_by_baseline: u32,
    /// Findings that a line of the migration or the house allows, each with the reason.
    pub allowed: Vec<AllowedFinding>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// A finding that is allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AllowedFinding {
    /// Rule.
    pub rule: String,
    /// Place.
    pub location: Option<Location>,
    /// Message.
    pub message: String,
    /// Why it is allowed.
    pub reason: String,
}

impl AllowedFinding {
    /// Of a finding and the reason.
    pub fn of(finding: &Finding, reason: &str) -> Self {
        Self { rule: finding.rule.clone(), location: finding.location.clone(), message: finding.message.clone(), reason: reason.to_owned() }
    }
}

/// The migrations of one database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LintedDatabase {
    /// Name.
    pub name: String,
    /// Format, as a product name.
    pub format: String,
    /// Whether the statements were executed.
    pub executed: bool,
    /// Version of PostgreSQL that the verdicts hold for.
    pub server_version: String,
    /// Scripts that were applied before and are not judged.
    pub earlier: u32,
    /// Scripts under judgement.
    pub scripts: Vec<LintedScript>,
    /// What is wrong with the files as a history.
    pub history: Vec<HistoryProblem>,
    /// Queries that stop working.
    pub broken_queries: Vec<BrokenQuery>,
    /// What the rows must fulfil.
    pub preconditions: Vec<Precondition>,
    /// What failures leave behind.
    pub half_applied: Vec<HalfApplied>,
}

/// One script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LintedScript {
    /// Path.
    pub path: String,
    /// How its runner wraps it.
    pub transaction: TransactionMode,
    /// Its statements.
    pub statements: Vec<LintedStatement>,
    /// How going back went; none when it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down: Option<DownOutcome>,
    /// Data that the way back does not bring back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}

/// How much a statement asks of the running system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Nobody waits for it; at most for a lock that an earlier statement of its transaction holds.
    #[default]
    None,
    /// Work that grows with the data, but nobody waits for it.
    Background,
    /// Others wait, but only as long as the catalogue takes.
    Brief,
    /// Others wait for work that grows with the data.
    Heavy,
    /// It does not succeed.
    Fails,
    /// Not known: it was not executed and its text does not tell.
    Unknown,
}

impl Weight {
    /// Of a step.
    pub fn of(step: &Step) -> Self {
        match &step.outcome {
            Outcome::Failed { .. } | Outcome::TimedOut { .. } => Self::Fails,
            Outcome::Skipped { .. } => Self::Unknown,
            Outcome::Done | Outcome::NotExecuted => Self::of_effect(&step.effect),
        }
    }

    fn of_effect(effect: &Effect) -> Self {
        if effect.is_heavy() {
            Self::Heavy
        } else if effect.blocks.iter().any(|b| (b.reads || b.writes) && !effect.is_held(&b.relation)) {
            Self::Brief
        } else if effect.scans.iter().any(|s| s.existed) || effect.rewrites.iter().any(|r| r.existed) || effect.waits_for_older {
            Self::Background
        } else {
            Self::None
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Background => "background",
            Self::Brief => "brief",
            Self::Heavy => "heavy",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }
}

/// One statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LintedStatement {
    /// Line.
    pub line: u32,
    /// First line, literals masked.
    pub statement: String,
    /// How much it asks of the running system.
    pub weight: Weight,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    pub effect: Effect,
    /// What it will take on the real database; none when no size is known or nothing grows with the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
}
