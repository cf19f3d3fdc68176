//! `replication/standby-lags`: see `standby_lags.md` for the rule's page.

use crate::figures::{bytes, count};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/standby-lags",
    summary: "standby that is far behind",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("standby_lags.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    for standby in &stats.replication {
        let (seconds, behind) = (standby.lag_seconds.unwrap_or(0.0), standby.lag_bytes.unwrap_or(0));
        let severity = match (seconds, behind) {
            (s, b) if s >= 600.0 || b >= 20_000_000_000 => Severity::High,
            (s, b) if s >= 60.0 || b >= 1_000_000_000 => RULE.severity,
            _ => continue,
        };
        let severity = if standby.state == "backup" { Severity::Low } else { severity };
        let name = if standby.application_name.is_empty() { "without a name" } else { &standby.application_name };
        let message = format!("standby {name} is {} and {} s behind", bytes(behind), count(seconds));
        let why = "What it has not received is lost with the primary, and a failover to it waits for the rest. Look for long queries over there (max_standby_streaming_delay), for the disk and the network \
                   in between, and for one very large transaction.";
        sink.report(
            Draft::new(ObjectRef::global(ObjectKind::Cluster, format!("standby {name}")), message, why)
                .severity(severity)
                .evidence("bytes behind", behind, "pg_stat_replication.replay_lsn")
                .evidence("seconds behind", seconds, "pg_stat_replication.replay_lag")
                .evidence("state", standby.state.as_str(), "pg_stat_replication.state"),
        );
    }
}
