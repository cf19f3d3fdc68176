//! The brief: answers that neither the project nor the server can tell. `[brief]` of `architrave.toml`.

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// Answers of the user. Absent ones become open questions, never inventions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brief {
    /// What the system is for, one sentence.
    pub purpose: Option<String>,
    /// `planning`, `design`, `optimization`, `migration` or `scaling`.
    pub stage: Option<String>,
    /// `production`, `staging`, `development`.
    pub environment: Option<String>,
    /// Expected rows per table, `orders = 5000000`.
    pub rows: std::collections::BTreeMap<String, u64>,
    /// Expected growth of the data per year, factor: 2.0 doubles.
    pub growth_per_year: Option<f64>,
    /// Share of reads in all statements, 0–1.
    pub read_share: Option<f64>,
    /// Peak requests per second.
    pub peak_requests_per_second: Option<f64>,
    /// Data loss that is bearable, minutes (RPO).
    pub recovery_point_minutes: Option<f64>,
    /// Downtime that is bearable, minutes (RTO).
    pub recovery_time_minutes: Option<f64>,
    /// `clerk`, `supabase`, `own`, `none`.
    pub auth: Option<String>,
    /// Who may see what, in words.
    pub visibility: Option<String>,
    /// Memory of the database server, bytes.
    pub memory_bytes: Option<u64>,
    /// CPU cores of the database server.
    pub cores: Option<u32>,
}

impl Brief {
    /// Rows of a table, under its qualified name or its own.
    pub fn rows_of(&self, table: &QualifiedName) -> Option<u64> {
        self.rows.get(&table.to_string()).or_else(|| self.rows.get(&table.name)).copied()
    }
}

/// A question that the input does not answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    /// Key in `[brief]` that answers it.
    pub key: String,
    /// The question.
    pub text: String,
    /// What an answer would change.
    pub changes: String,
    /// What this run assumed instead.
    pub assumed: String,
}
