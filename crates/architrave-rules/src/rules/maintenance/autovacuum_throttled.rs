//! `maintenance/autovacuum-throttled`: see `autovacuum_throttled.md` for the rule's page.

use crate::figures::{bytes, duration};
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use crate::statistics::DAY;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/autovacuum-throttled",
    summary: "autovacuum too slow for the size of the database",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("autovacuum_throttled.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let number = |name: &str| settings.number(name);
    let given = |own: &str, other: &str, default: f64| number(own).filter(|n| *n >= 0.0).or_else(|| number(other)).unwrap_or(default);
    let delay = given("autovacuum_vacuum_cost_delay", "vacuum_cost_delay", 2.0);
    let limit = given("autovacuum_vacuum_cost_limit", "vacuum_cost_limit", 200.0);
    let miss = number("vacuum_cost_page_miss").unwrap_or(2.0);
    let Some(size) = stats.database.as_ref().and_then(|d| d.bytes) else {
        return sink.not_checked("the size of the database is not known");
    };
    if delay <= 0.0 || miss <= 0.0 {
        return;
    }
    let pace = limit / miss * 8192.0 * 1000.0 / delay;
    let takes = size as f64 / pace;
    if takes < DAY {
        return;
    }
    let severity = if takes >= 7.0 * DAY { Severity::Medium } else { RULE.severity };
    let message =
        format!("autovacuum may read {} a second, {} for the whole database of {}", bytes(pace as i64), duration(takes), bytes(size));
    let why = format!(
        "That is the best case: changed pages cost more, and all workers share it. A vacuum against wraparound has to get through everything in time.{}",
        change(settings, context, &[("autovacuum_vacuum_cost_delay", "2ms"), ("autovacuum_vacuum_cost_limit", "2000")])
    );
    let names = ["autovacuum_vacuum_cost_delay", "autovacuum_vacuum_cost_limit", "vacuum_cost_limit", "vacuum_cost_page_miss"];
    let draft = evident(on_setting("autovacuum_vacuum_cost_delay", message, why).severity(severity), settings, &names);
    sink.report(draft.evidence("size of the database", size, "pg_database_size"));
}
