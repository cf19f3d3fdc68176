//! Receivers of WAL and replication slots.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::Gap;
use architrave_model::stats::ReplicationStats;

pub(super) static QUESTION: Question = Question::new("replication", include_str!("replication.sql"));
pub(super) static SLOTS: Question = Question::new("replication slots", include_str!("slot.sql"));

/// The receivers, and a gap when their state is hidden.
pub(super) fn build(rows: Rows<ReplicationStats, NoKeys>) -> (Vec<ReplicationStats>, Option<Gap>) {
    let all = rows.values();
    let hidden = all.iter().filter(|r| r.state.is_empty()).count();
    let gap = (hidden > 0).then(|| {
        let why = format!("the state of {hidden} receivers is hidden from this role");
        Gap::new("replication", why, Some("grant pg_read_all_stats to this role"))
    });
    (all.into_iter().filter(|r| !r.state.is_empty()).collect(), gap)
}
