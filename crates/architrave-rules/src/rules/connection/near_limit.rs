//! `connection/near-limit`: see `near_limit.md` for the rule's page.

use crate::figures::{count, percent};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/near-limit",
    summary: "server with most of its connections taken",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("near_limit.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(activity) = &stats.activity else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let Some(limit) = settings.number("max_connections") else {
        return sink.not_checked("max_connections is not readable");
    };
    let reserved =
        settings.number("superuser_reserved_connections").unwrap_or(0.0) + settings.number("reserved_connections").unwrap_or(0.0);
    let open = limit - reserved;
    let used = activity.clients as f64;
    if open <= 0.0 || used / open < 0.7 {
        return;
    }
    let share = used / open;
    let severity = match share {
        s if s >= 0.9 => Severity::Critical,
        s if s >= 0.8 => RULE.severity,
        _ => Severity::Medium,
    };
    let message = format!(
        "{} of {} connections are taken ({}), {} of them idle",
        count(used),
        count(open),
        percent(share.min(1.0)),
        count(activity.idle as f64)
    );
    let mut why = "The next burst, or one deployment that starts new workers before the old ones are gone, is refused with \"too many clients already\", and the whole application stands still. \
                   A higher limit costs memory and makes snapshots dearer for everybody."
        .to_owned();
    let idle = activity.idle as f64 / used.max(1.0);
    if idle >= 0.5 {
        why.extend([format!(
            " {} of the sessions do nothing: a pooler in transaction mode (PgBouncer, or the provider's) in front of the applications serves the same load with a tenth of them.",
            percent(idle)
        )]);
    }
    if activity.idle_in_transaction > 0 {
        why.extend([format!(
            " {} hold a transaction open while idle: set idle_in_transaction_session_timeout.",
            count(activity.idle_in_transaction as f64)
        )]);
    }
    if let Some(pooler) = &context.server.pooler {
        why.extend([format!(" {pooler} is in between already: lower the size of its pools.")]);
    }
    let draft = Draft::new(ObjectRef::global(ObjectKind::Setting, "max_connections"), message, why)
        .severity(severity)
        .evidence("client sessions", activity.clients, "pg_stat_activity")
        .evidence("idle", activity.idle, "pg_stat_activity")
        .evidence("active", activity.active, "pg_stat_activity")
        .evidence("idle in transaction", activity.idle_in_transaction, "pg_stat_activity")
        .evidence("max_connections", limit, "pg_settings")
        .evidence("reserved connections", reserved, "pg_settings");
    sink.report(draft);
}
