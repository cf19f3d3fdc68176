//! What planning a target's workload on its twin has shown: for the rules and the report of a review.

use crate::coverage::Gap;
use crate::index_advice::IndexAdvice;
use crate::index_report::NamedStatement;
use crate::plan::Plan;
use crate::workload::RefusedQuery;
use serde::{Deserialize, Serialize};

/// The workload of one target on its twin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OnTwin {
    /// Where the workload comes from: `pg_stat_statements`, `the project's .sql files`.
    pub workload: String,
    /// Statements that were planned, dearest first; constants masked.
    pub statements: Vec<NamedStatement>,
    /// Statements that could not be planned.
    pub refused: Vec<RefusedQuery>,
    /// Index advice, when the search was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<IndexAdvice>,
    /// Plans of the statements that the advice helps most, with all its new indexes in place; constants masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub improved: Vec<ImprovedPlan>,
    /// Statements over more data: one entry per statement and factor.
    pub growth: Vec<StatementGrowth>,
    /// What the twin is not, compared with the source.
    pub gaps: Vec<Gap>,
}

/// The plan of a statement after the advice was followed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImprovedPlan {
    /// The workload's query id.
    pub query: String,
    /// Plan, its constants masked.
    pub plan: Plan,
}

/// One statement over more data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementGrowth {
    /// The workload's query id.
    pub query: String,
    /// Text, constants masked, one line.
    pub text: String,
    /// Calls in the period that was seen.
    pub calls: f64,
    /// Factor of the data.
    pub factor: f64,
    /// Planner cost today.
    pub cost_now: f64,
    /// Planner cost then.
    pub cost_then: f64,
    /// Whether the plan has another shape then.
    pub flips: bool,
    /// That other plan, its constants masked; none when the shape stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_then: Option<Box<Plan>>,
}

impl StatementGrowth {
    /// Growth of the cost over the growth of the data: 1 grows alike, more grows faster.
    pub fn excess(&self) -> f64 {
        self.cost_then / self.cost_now.max(f64::MIN_POSITIVE) / self.factor.max(f64::MIN_POSITIVE)
    }
}

impl OnTwin {
    /// The statement's text.
    pub fn text(&self, id: &str) -> &str {
        self.statements.iter().find(|s| s.id == id).map_or("", |s| s.text.as_str())
    }
}
