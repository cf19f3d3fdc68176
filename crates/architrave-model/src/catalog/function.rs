//! Functions, procedures, triggers and event triggers.

use super::role::Grant;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// What kind of routine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum FunctionKind {
    #[default]
    Function,
    Procedure,
    Aggregate,
    Window,
}

/// Volatility.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

/// Parallel safety.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum Parallel {
    Safe,
    Restricted,
    #[default]
    Unsafe,
}

/// A function, procedure or aggregate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Name.
    pub name: QualifiedName,
    /// As `pg_get_function_identity_arguments` prints it.
    pub identity_arguments: String,
    /// As `pg_get_function_result` prints it; none for procedures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Kind.
    pub kind: FunctionKind,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// `sql`, `plpgsql`, `c`, `internal` …
    pub language: String,
    /// Volatility.
    pub volatility: Volatility,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// LEAKPROOF.
    #[serde(default)]
    pub leakproof: bool,
    /// STRICT.
    #[serde(default)]
    pub strict: bool,
    /// Parallel safety.
    #[serde(default)]
    pub parallel: Parallel,
    /// `SET` clauses, `search_path=public`.
    #[serde(default)]
    pub config: Vec<String>,
    /// Body (`prosrc`); of SQL-standard bodies the printed one.
    #[serde(default)]
    pub body: String,
    /// As `pg_get_functiondef` prints it; none for aggregates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Privileges, defaults expanded.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Function {
    /// `name(arguments)`, as object references carry it.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name.name, self.identity_arguments)
    }

    /// The value of a `SET` clause of its definition.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.config.iter().filter_map(|c| c.split_once('=')).find(|(k, _)| *k == name).map(|(_, v)| v)
    }
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

/// What fires it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum TriggerEvent {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// `ALTER TABLE … ENABLE/DISABLE TRIGGER`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "PostgreSQL's own words")]
pub enum TriggerEnabled {
    #[default]
    Origin,
    Disabled,
    Replica,
    Always,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// Function it calls.
    pub function: QualifiedName,
    /// Timing.
    pub timing: TriggerTiming,
    /// FOR EACH ROW; false for statement.
    pub row: bool,
    /// Events, sorted.
    pub events: Vec<TriggerEvent>,
    /// Columns of UPDATE OF.
    #[serde(default)]
    pub columns: Vec<String>,
    /// CONSTRAINT trigger.
    #[serde(default)]
    pub constraint: bool,
    /// Enabled state.
    #[serde(default)]
    pub enabled: TriggerEnabled,
    /// Cloned from the partitioned parent's trigger.
    #[serde(default)]
    pub inherited: bool,
    /// As `pg_get_triggerdef` prints it.
    pub definition: String,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An event trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// Name.
    pub name: String,
    /// `ddl_command_start`, `ddl_command_end`, `table_rewrite`, `sql_drop`, `login`.
    pub event: String,
    /// Function it calls.
    pub function: QualifiedName,
    /// Enabled state.
    #[serde(default)]
    pub enabled: TriggerEnabled,
    /// WHEN TAG IN.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// Extension that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}
