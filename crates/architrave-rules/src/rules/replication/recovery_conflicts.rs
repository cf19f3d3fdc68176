//! `replication/recovery-conflicts`: see `recovery_conflicts.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{judged, on_setting};
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/recovery-conflicts",
    summary: "queries on a standby that replay cancels",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("recovery_conflicts.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(database) = stats.database.as_ref().filter(|_| context.server.in_recovery) else { return };
    let Some(covered) = counting_since(stats, context).filter(|c| *c >= DAY) else {
        return sink.not_checked("the counters cover less than a day");
    };
    let a_day = database.conflicts as f64 / covered * DAY;
    if a_day < 10.0 {
        return;
    }
    let why = "Replay does not wait for them for longer than max_standby_streaming_delay. Choose: hot_standby_feedback = on (the primary keeps dead rows for them), a longer delay (this standby lags), or \
               a standby of its own for long reports.";
    sink.report(
        on_setting("max_standby_streaming_delay", format!("replay cancels {} queries a day on this standby", count(a_day)), why).evidence(
            "queries cancelled",
            database.conflicts,
            "pg_stat_database.conflicts",
        ),
    );
}
