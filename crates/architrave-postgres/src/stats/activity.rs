//! Sessions, counted.

use crate::session::{Question, Rows};
use architrave_model::Gap;
use architrave_model::stats::ActivityStats;
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::new("sessions", include_str!("activity.sql"));

/// Sessions whose state the role may not see.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HiddenKey {
    hidden: i64,
}

/// The counts, or the gap when some sessions are hidden: half a count would mislead.
pub(super) fn build(rows: Rows<ActivityStats, HiddenKey>) -> (Option<ActivityStats>, Option<Gap>) {
    match rows.rows.into_iter().next() {
        Some((key, _)) if key.hidden > 0 => {
            let why = format!("the state of {} sessions is hidden from this role", key.hidden);
            (None, Some(Gap::new("sessions", why, Some("grant pg_read_all_stats to this role"))))
        }
        Some((_, activity)) => (Some(activity), None),
        None => (None, None),
    }
}
