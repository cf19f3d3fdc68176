//! `setting/random-page-cost-of-disks`: see `random_page_cost_of_disks.md` for the rule's page.

use crate::figures::bytes;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/random-page-cost-of-disks",
    summary: "page costs of rotating disks",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("random_page_cost_of_disks.md"),
    check: Check::Settings(check),
};

/// Smaller databases are in memory anyway, and their plans rarely hang on it.
const SMALLEST: i64 = 1 << 30;

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(cost) = global(settings, "random_page_cost").and_then(|s| s.value.parse::<f64>().ok()) else { return };
    let size = context.stats.and_then(|s| s.database.as_ref()).and_then(|d| d.bytes).unwrap_or(0);
    if cost < 4.0 || size < SMALLEST {
        return;
    }
    let managed = context.server.platform.is_managed();
    let message = format!("random_page_cost is {cost}, as for rotating disks, over a database of {}", bytes(size));
    let why = format!(
        "On solid-state storage a page elsewhere costs hardly more than the next one; with {cost} the planner reads whole tables where an index would do.{} Try it in a session first: `set \
         random_page_cost = 1.1`, then explain your slowest statements.",
        change(settings, context, &[("random_page_cost", "1.1")])
    );
    let (severity, confidence) = if managed { (RULE.severity, Confidence::Likely) } else { (Severity::Info, RULE.confidence) };
    let draft = on_setting("random_page_cost", message, why).severity(severity).confidence(confidence);
    sink.report(evident(draft, settings, &["random_page_cost", "seq_page_cost"]).evidence(
        "size of the database",
        size,
        "pg_database_size",
    ));
}
