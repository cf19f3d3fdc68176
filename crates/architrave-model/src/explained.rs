//! A statement with its plan (or plans): what the rules about plans look at.

use crate::name::{ObjectKind, ObjectRef};
use crate::plan::Plan;
use crate::workload::QueryShape;
use serde::{Deserialize, Serialize};

/// A statement and how PostgreSQL runs it, or would run it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Explained {
    /// What to call it: the workload's query id, a file name, `the statement`.
    pub name: String,
    /// Statement with its constants masked; none when only a plan was given.
    pub statement: Option<String>,
    /// The plan: of the server (with ANALYZE, perhaps) or of the twin (never with ANALYZE).
    pub plan: Plan,
    /// Where the plan comes from.
    pub origin: PlanOrigin,
    /// Calls in the period that was seen; 1 when nothing is known.
    pub calls: f64,
    /// What is asked of each table, when the statement could be planned with `VERBOSE`.
    pub shape: Option<QueryShape>,
    /// Plans of the same statement for other parameter values, and the generic plan.
    pub alternatives: Vec<AlternativePlan>,
}

/// Where a plan comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanOrigin {
    /// A file or text that the user gave, or a server log.
    #[default]
    Given,
    /// Planned on the twin.
    Twin,
}

/// The plan under other parameter values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlternativePlan {
    /// `generic plan`, `common value`, `rare value`, `out of range`, `ten-fold data` …
    pub choice: String,
    /// Plan.
    pub plan: Plan,
}

impl Explained {
    /// The statement as an object of findings.
    pub fn object(&self) -> ObjectRef {
        ObjectRef::global(ObjectKind::Statement, &self.name)
    }
}
