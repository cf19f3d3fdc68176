//! `connection/limit-oversized`: see `limit_oversized.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/limit-oversized",
    summary: "limit of connections far above what is used",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("limit_oversized.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the limit of connections", sink) {
        return;
    }
    let (Some(activity), Some(limit)) = (&stats.activity, settings.number("max_connections")) else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    if limit <= 500.0 || activity.clients as f64 >= limit / 10.0 {
        return;
    }
    let message = format!("max_connections is {}, and {} are open", count(limit), count(activity.clients as f64));
    let why = "What the limit promises, the server must be able to keep when all clients come back at once after an outage. Take a few times the number of processor cores for what works at the \
               same time, and let a pooler queue the rest. Look at the peak of a week before you lower it; this is one moment.";
    let draft = evident(on_setting("max_connections", message, why), settings, &["max_connections"]);
    sink.report(draft.evidence("client sessions", activity.clients, "pg_stat_activity"));
}
