//! `connection/idle-in-transaction`: see `idle_in_transaction.md` for the rule's page.

use crate::figures::{counted, duration};
use crate::rules::setting::advice::{judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/idle-in-transaction",
    summary: "sessions that hold a transaction open and do nothing",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("idle_in_transaction.md"),
    check: Check::Stats(check),
};

const MANY: i64 = 10;

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(activity) = &stats.activity else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let oldest = activity.oldest_idle_in_transaction_seconds.unwrap_or(0.0);
    let severity = match oldest {
        s if s >= 3600.0 => Severity::High,
        s if s >= 300.0 => RULE.severity,
        _ if activity.idle_in_transaction >= MANY => Severity::Low,
        _ => return,
    };
    let message = format!(
        "{} {} in a transaction, the longest for {}",
        counted(activity.idle_in_transaction.max(0) as usize, "session is", "sessions are"),
        "idle",
        duration(oldest)
    );
    let why = "Their locks stay, their connections are taken, and vacuum cannot remove what died since. Find them (`select pid, usename, application_name, xact_start from pg_stat_activity where \
               state like 'idle in transaction%'`), mend the code that leaves them (commit before calling others), and set idle_in_transaction_session_timeout for its role.";
    sink.report(
        on_setting("idle_in_transaction_session_timeout", message, why)
            .severity(severity)
            .evidence("idle in a transaction", activity.idle_in_transaction, "pg_stat_activity")
            .evidence("the longest, seconds", oldest.round(), "pg_stat_activity.state_change"),
    );
}
