//! `maintenance/autovacuum-saturated`: see `autovacuum_saturated.md` for the rule's page.

use crate::rules::setting::advice::{evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/autovacuum-saturated",
    summary: "autovacuum with all of its workers taken",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("autovacuum_saturated.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(working) = stats.activity.as_ref().and_then(|a| a.autovacuum_workers) else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let Some(limit) = settings.number("autovacuum_max_workers") else {
        return sink.not_checked("autovacuum_max_workers is not readable");
    };
    if (working as f64) < limit || working == 0 {
        return;
    }
    let message = format!("all {working} workers of autovacuum are at work");
    let why = "Tables that need vacuum now wait for a free worker. If it is so at other times, too: let vacuums be shorter (lower scale factors for large tables), then faster (a higher \
               autovacuum_vacuum_cost_limit, which all workers share), then more (autovacuum_max_workers).";
    let draft = evident(
        on_setting("autovacuum_max_workers", message, why),
        settings,
        &["autovacuum_max_workers", "autovacuum_vacuum_cost_limit", "autovacuum_vacuum_cost_delay"],
    );
    sink.report(draft.evidence("workers at work", working, "pg_stat_activity"));
}
