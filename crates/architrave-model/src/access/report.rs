//! What `architrave rls audit` and `architrave rls prove` have to say.

use super::attack::AttackReport;
use super::matrix::AccessRow;
use crate::coverage::Gap;
use crate::finding::Finding;
use crate::lint_report::AllowedFinding;
use crate::review::{FailedStatement, Run};
use serde::{Deserialize, Serialize};

/// Who can reach what in some databases. Its JSON form is versioned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessReport {
    /// Version of the JSON form; 1.
    pub schema_version: u32,
    /// Version of Architrave.
    pub tool: String,
    /// The only block that differs between equal runs.
    pub run: Run,
    /// What was looked at: project, file, database.
    pub subject: String,
    /// Databases in their order.
    pub databases: Vec<DatabaseAccess>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings that the baseline knows and that are not shown.
    pub hidden_by_baseline: u32,
    /// Findings that the house allows, each with the reason.
    pub allowed: Vec<AllowedFinding>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// One database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseAccess {
    /// Name.
    pub name: String,
    /// Schemas that an API serves; empty when there is none.
    pub exposed_schemas: Vec<String>,
    /// Roles that outsiders and users act as.
    pub exposed_roles: Vec<String>,
    /// Superusers: nothing binds them, and no table lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superusers: Vec<String>,
    /// Statements of the project's scripts that failed: what they make is missing from all that follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedStatement>,
    /// What was done otherwise than the scripts say, so that they run, and how often.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<(String, u32)>,
    /// What privileges and policies say, role by role.
    pub matrix: Vec<AccessRow>,
    /// What an attack has shown; none when none was asked for, there was nothing to attack, or nothing was executed (a gap says which).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attack: Option<AttackReport>,
}
