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
    /// Ids of the rules that came to no verdict, sorted, where that is what was not examined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

impl Gap {
    /// A gap with a way out.
    pub fn new(what: impl Into<String>, why: impl Into<String>, remedy: Option<&str>) -> Self {
        Self { what: what.into(), why: why.into(), remedy: remedy.map(Into::into), rules: Vec::new() }
    }

    /// Rules that came to no verdict on a target, all for one reason.
    pub fn of_rules(rules: &[&str], target: &str, why: impl Into<String>, remedy: Option<&str>) -> Self {
        let what = match rules {
            [one] => format!("rule {one} on {target}"),
            many => format!("{} rules on {target}", many.len()),
        };
        Self { rules: rules.iter().map(|id| (*id).to_owned()).collect(), ..Self::new(what, why, remedy) }
    }

    /// What was not examined, with at most so many of the rules by name.
    pub fn named(&self, most: usize) -> String {
        if self.rules.len() < 2 {
            return self.what.clone();
        }
        let shown = self.rules.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = self.rules.len().checked_sub(most).filter(|n| *n > 0).map(|n| format!(" and {n} more")).unwrap_or_default();
        format!("{}: {shown}{more}", self.what)
    }
}
