//! What `architrave explain` has to say: the plan, what is wrong with it, and what became of trying to mend it.

use crate::coverage::Gap;
use crate::explained::{AlternativePlan, PlanOrigin};
use crate::finding::{Finding, Verdict};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// One explained statement. Conditions of all plans are masked: their constants may be row values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What to call it: `the statement`, a file, the workload's query id.
    pub name: String,
    /// Statement: as the user wrote it, or with its constants masked when it came out of a log or statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The database it was explained against, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Calls in the period that was seen, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<f64>,
    /// Where the plan comes from.
    pub origin: PlanOrigin,
    /// The plan.
    pub plan: Plan,
    /// Plans of other parameter values, and the generic plan.
    #[serde(default)]
    pub alternatives: Vec<AlternativePlan>,
    /// What is wrong with it, worst first.
    pub findings: Vec<Finding>,
    /// Changes of the database that were tried on the twin, best first.
    pub trials: Vec<PlanTrial>,
    /// Rewrites that were tried, best first.
    pub rewrites: Vec<RewriteTrial>,
    /// The same statement over more data.
    #[serde(default)]
    pub growth: Vec<GrownPlan>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// A change that was tried on the twin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanTrial {
    /// One line: `an index on public.orders (customer_id, placed_at)`.
    pub title: String,
    /// Statements that make it.
    pub statements: Vec<String>,
    /// The way back.
    #[serde(default)]
    pub undo: Vec<String>,
    /// Rules whose findings asked for it.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Planner cost before.
    pub cost_before: f64,
    /// Planner cost after.
    pub cost_after: f64,
    /// Bytes that it needs, when it needs any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// The plan after, when it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_after: Option<Plan>,
    /// Whether it helps.
    pub verdict: Outcome,
    /// Why not, or on what the verdict rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Other statements of the workload whose cost changes by more than 1 %.
    #[serde(default)]
    pub others: Vec<OtherStatement>,
}

/// [`Verdict`] with a default, for trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Tried, and it helps.
    Proved,
    /// Tried, and it does not help (or is not the same query).
    Refuted,
    /// Could not be tried.
    #[default]
    Unknown,
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Proved => Self::Proved,
            Outcome::Refuted => Self::Refuted,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// Another statement of the workload under a tried change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OtherStatement {
    /// The workload's query id.
    pub id: String,
    /// Its text, constants masked, shortened.
    pub text: String,
    /// Planner cost before.
    pub cost_before: f64,
    /// Planner cost after.
    pub cost_after: f64,
}

/// A rewrite that was tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RewriteTrial {
    /// One line: `NOT EXISTS instead of NOT IN`.
    pub title: String,
    /// The rewritten statement.
    pub sql: String,
    /// Whether it returns the same rows and is cheaper.
    pub verdict: Outcome,
    /// What comparing has shown, one sentence.
    pub comparison: String,
    /// Rows for which the two differ, as INSERT statements of generated values.
    #[serde(default)]
    pub counter_example: Vec<String>,
    /// Planner cost before.
    pub cost_before: f64,
    /// Planner cost after, when it could be planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_after: Option<f64>,
    /// The plan after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_after: Option<Plan>,
}

/// The statement over data that has grown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GrownPlan {
    /// Factor of the data.
    pub factor: f64,
    /// Planner cost.
    pub cost: f64,
    /// Cost divided by the cost of today.
    pub cost_factor: f64,
    /// Whether the plan has another shape than today's.
    pub flips: bool,
    /// The plan, when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}
