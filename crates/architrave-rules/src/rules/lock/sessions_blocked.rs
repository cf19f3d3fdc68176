//! `lock/sessions-blocked`: see `sessions_blocked.md` for the rule's page.

use crate::figures::{count, counted};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "lock/sessions-blocked",
    summary: "sessions that wait for locks of others",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("sessions_blocked.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(activity) = &stats.activity else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let (waiting, longest) = (activity.waiting_for_lock, activity.longest_lock_wait_seconds.unwrap_or(0.0));
    if waiting < 3 && longest < 30.0 {
        return;
    }
    let severity = if waiting >= 20 || longest >= 300.0 { Severity::High } else { RULE.severity };
    let message = format!(
        "{} for a lock, the longest for up to {} s",
        counted(waiting.max(0) as usize, "session waits", "sessions wait"),
        count(longest)
    );
    let mut why = "Each of them keeps a connection and, if it has changed something, locks of its own. See who is at the head (`select pid, pg_blocking_pids(pid), query from pg_stat_activity where \
                   wait_event_type = 'Lock'`), end it if nobody needs it, set lock_timeout for migrations and log_lock_waits for the next time."
        .to_owned();
    if let Some(idle) = activity.oldest_idle_in_transaction_seconds.filter(|s| *s > 30.0) {
        why.extend([format!(" A session has been idle in a transaction for {idle:.0} s; it may be the one.")]);
    }
    sink.report(
        Draft::new(ObjectRef::global(ObjectKind::Cluster, "locks"), message, why)
            .severity(severity)
            .evidence("waiting for a lock", waiting, "pg_stat_activity.wait_event_type")
            .evidence("longest statement among them, seconds", longest.round(), "pg_stat_activity.query_start"),
    );
}
