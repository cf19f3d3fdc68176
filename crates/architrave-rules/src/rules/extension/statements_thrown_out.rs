//! `extension/statements-thrown-out`: see `statements_thrown_out.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use crate::statistics::DAY;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "extension/statements-thrown-out",
    summary: "statements that are counted and thrown out again",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("statements_thrown_out.md"),
    check: Check::Live(check),
};

const NAME: &str = "pg_stat_statements.max";

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some((seen, covered)) = stats.statements_thrown_out.as_ref().and_then(|s| Some((s, stats.captured_at - s.stats_reset?))) else {
        return;
    };
    let a_day = seen.times as f64 / covered.max(1.0) * DAY;
    if covered < DAY || a_day < 10.0 {
        return;
    }
    let wanted = settings.number(NAME).unwrap_or(5000.0) * 2.0;
    let message = format!("pg_stat_statements throws statements out {} times a day", count(a_day));
    let why = format!(
        "What was thrown out is in no total, rare and dear statements first. Pass lists as one array (`= any($1)`) instead of `in (…)` of many lengths.{}",
        change(settings, context, &[(NAME, &format!("{wanted}"))])
    );
    sink.report(evident(on_setting(NAME, message, why), settings, &[NAME]).evidence(
        "times",
        seen.times,
        "pg_stat_statements_info.dealloc",
    ));
}
