//! What was not examined, and why.

use serde::{Deserialize, Serialize};

/// One thing that a run did not examine. "Nothing is called clean that was not checked."
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// What was not examined: `pg_hba rules`, `statistics of public.orders`, `rule index/unused`.
    pub what: String,
    /// Why.
    pub why: String,
    /// What would close the gap, when there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Gap {
    /// A gap with a way out.
    pub fn new(what: impl Into<String>, why: impl Into<String>, remedy: Option<&str>) -> Self {
        Self { what: what.into(), why: why.into(), remedy: remedy.map(Into::into) }
    }
}
