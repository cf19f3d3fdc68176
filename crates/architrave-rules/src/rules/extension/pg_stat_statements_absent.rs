//! `extension/pg-stat-statements-absent`: see `pg_stat_statements_absent.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "extension/pg-stat-statements-absent",
    summary: "server that does not count its statements",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("pg_stat_statements_absent.md"),
    check: Check::Live(check),
};

fn check(_stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let there = |name: &str| context.catalog.extension(name).is_some();
    if there("pg_stat_statements") || there("pg_stat_monitor") {
        return;
    }
    let Some(preloaded) = settings.text("shared_preload_libraries") else {
        return sink.not_checked("shared_preload_libraries is hidden from this role, and the extension may be in another database");
    };
    let loaded = preloaded.contains("pg_stat_statements");
    let step = if loaded {
        " It is loaded already: `create extension pg_stat_statements`.".to_owned()
    } else {
        let all = if preloaded.is_empty() { "pg_stat_statements".to_owned() } else { format!("{preloaded}, pg_stat_statements") };
        format!("{} Then `create extension pg_stat_statements`.", change(settings, context, &[("shared_preload_libraries", &all)]))
    };
    let why =
        format!("Without it nobody can say which statements cost most, and the rules about the workload have nothing to look at.{step}");
    sink.report(evident(
        on_setting("shared_preload_libraries", "statements are not counted: pg_stat_statements is absent", why),
        settings,
        &["shared_preload_libraries"],
    ));
}
