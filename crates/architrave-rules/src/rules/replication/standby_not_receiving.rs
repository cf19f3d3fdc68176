//! `replication/standby-not-receiving`: see `standby_not_receiving.md` for the rule's page.

use crate::figures::{bytes, duration};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/standby-not-receiving",
    summary: "standby that receives nothing",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("standby_not_receiving.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(standby) = stats.standby.as_ref().filter(|s| !s.replay_paused) else { return };
    let old = standby.replayed_seconds_ago.unwrap_or(0.0);
    let left = standby.unreplayed_bytes.unwrap_or(0);
    let message = if standby.receiving == Some(false) && old >= 3600.0 {
        format!("this standby receives no WAL; its newest transaction is {} old", duration(old))
    } else if left >= 1_000_000_000 {
        format!("this standby has {} of WAL that it has not replayed", bytes(left))
    } else {
        return;
    };
    let why = "It goes on answering reads from an old state and is of no use for a failover. Its log says why: the slot or the segment is gone, the password or the address of the primary has changed, \
               a query holds replay back.";
    sink.report(
        Draft::new(ObjectRef::global(ObjectKind::Cluster, "recovery"), message, why)
            .evidence("seconds since the newest replayed transaction", old.round(), "pg_last_xact_replay_timestamp")
            .evidence("WAL received and not replayed, bytes", left, "pg_last_wal_replay_lsn"),
    );
}
