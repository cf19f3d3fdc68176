//! `connection/churn`: see `churn.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{judged, on_setting};
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/churn",
    summary: "connections that are opened for a moment",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("churn.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some((begun, spent)) = stats.database.as_ref().and_then(|d| d.sessions.zip(d.session_ms)) else {
        return sink.not_checked("sessions are counted since version 14 only");
    };
    let Some(covered) = counting_since(stats, context).filter(|c| *c >= DAY) else {
        return sink.not_checked("the counters cover less than a day");
    };
    let (rate, lasts) = (begun as f64 / covered, spent / 1000.0 / (begun as f64).max(1.0));
    if lasts >= 60.0 || rate < 1.0 {
        return;
    }
    let severity = if rate >= 5.0 { RULE.severity } else { Severity::Low };
    let message = format!("{} connections a second are opened, for {lasts:.1} s each on average", count(rate));
    let mut why = "Every one starts a process, authenticates and fills its caches anew, which costs more than most statements. Let the applications keep theirs (a pool in the driver), or put a pooler \
                   in transaction mode in front."
        .to_owned();
    if let Some(pooler) = &context.server.pooler {
        why.extend([format!(" {pooler} is in between already: somebody goes around it, or its server_idle_timeout is short.")]);
    }
    sink.report(
        on_setting("max_connections", message, why)
            .severity(severity)
            .evidence("sessions begun", begun, "pg_stat_database.sessions")
            .evidence("time in sessions, ms", spent, "pg_stat_database.session_time")
            .evidence("days covered", (covered / DAY).floor(), "stats_reset"),
    );
}
