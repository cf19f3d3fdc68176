//! Views, materialized views, sequences and rewrite rules.

use super::function::Trigger;
use super::index::Index;
use super::role::Grant;
use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// A view or materialized view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Name.
    pub name: QualifiedName,
    /// Materialized.
    pub materialized: bool,
    /// Owner.
    pub owner: String,
    /// The query, as `pg_get_viewdef` prints it, without final semicolon.
    pub definition: String,
    /// Columns.
    pub columns: Vec<ViewColumn>,
    /// `security_invoker=true`, `security_barrier=true`, `check_option=local` …
    #[serde(default)]
    pub options: Vec<String>,
    /// Relations it reads.
    #[serde(default)]
    pub depends_on: Vec<QualifiedName>,
    /// False for a materialized view created WITH NO DATA and never refreshed.
    #[serde(default)]
    pub populated: bool,
    /// Indexes of a materialized view.
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// INSTEAD OF triggers.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// Extension that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Privileges, defaults expanded.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl View {
    /// Whether that option is on: `security_invoker`, `security_barrier`.
    pub fn option_on(&self, name: &str) -> bool {
        self.options.iter().filter_map(|o| o.split_once('=')).any(|(k, v)| k == name && matches!(v, "true" | "on" | "1" | "yes"))
    }
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    /// Name.
    pub name: String,
    /// As `format_type` prints it.
    pub data_type: String,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A rewrite rule other than a view's `_RETURN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewriteRule {
    /// Name.
    pub name: String,
    /// As `pg_get_ruledef` prints it.
    pub definition: String,
}

/// A sequence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// Name.
    pub name: QualifiedName,
    /// Owner.
    #[serde(default)]
    pub owner: String,
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    /// START.
    pub start: i64,
    /// MINVALUE.
    pub min: i64,
    /// MAXVALUE.
    pub max: i64,
    /// INCREMENT.
    pub increment: i64,
    /// CYCLE.
    pub cycle: bool,
    /// CACHE.
    pub cache: i64,
    /// Last value handed out; none when never used or not readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_value: Option<i64>,
    /// Table that owns it (OWNED BY or identity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by_table: Option<QualifiedName>,
    /// Column that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by_column: Option<String>,
    /// Behind an identity column (as opposed to `serial` or by hand).
    #[serde(default)]
    pub identity: bool,
    /// Extension that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Privileges, defaults expanded.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
