//! `replication/replay-paused`: see `replay_paused.md` for the rule's page.

use crate::figures::bytes;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/replay-paused",
    summary: "standby whose replay is paused",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("replay_paused.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(standby) = stats.standby.as_ref().filter(|s| s.replay_paused) else { return };
    let left = standby.unreplayed_bytes.unwrap_or(0);
    let message = format!("replay is paused on this standby, with {} of WAL to go", bytes(left));
    let why = "Readers see an old state, WAL fills the disk, and a failover waits for all of it. When nobody needs the pause any more: `select pg_wal_replay_resume()`.";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Cluster, "recovery"), message, why).evidence(
        "WAL received and not replayed, bytes",
        left,
        "pg_last_wal_replay_lsn",
    ));
}
