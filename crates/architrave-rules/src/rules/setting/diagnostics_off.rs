//! `setting/diagnostics-off`: see `diagnostics_off.md` for the rule's page.

use crate::figures::list_of;
use crate::rules::setting::advice::{change, evident, global, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/diagnostics-off",
    summary: "server that does not note what one needs to find the cause of trouble",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("diagnostics_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let missing = missing(settings, context);
    let Some((first, ..)) = missing.first() else { return };
    let names: Vec<String> = missing.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let message = format!("what one needs to find the cause of trouble is not noted: {}", list_of(&names, 4));
    let values: Vec<(&str, &str)> = missing.iter().map(|(name, value, _)| (*name, *value)).collect();
    let why = format!("These cost next to nothing and cannot be had afterwards.{}", change(settings, context, &values));
    let loud = missing.iter().any(|(name, ..)| name.starts_with("log_min_messages"));
    let severity = if missing.len() >= 3 || loud { RULE.severity } else { Severity::Info };
    let mut draft =
        evident(on_setting(first, message, why).severity(severity), settings, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, _, lost) in &missing {
        draft = draft.place(ObjectRef::global(ObjectKind::Setting, *name), Some((*lost).to_owned()));
    }
    sink.report(draft);
}

/// Name, value to set, what is not known without it.
fn missing(settings: &Settings, context: &Context<'_>) -> Vec<(&'static str, &'static str, &'static str)> {
    let number = |name: &str| global(settings, name).and_then(|s| s.value.parse::<f64>().ok());
    let text = |name: &str| global(settings, name).map(|s| s.value.as_str());
    let mut missing = Vec::new();
    let mut add = |holds: bool, name, value, lost| {
        if holds {
            missing.push((name, value, lost));
        }
    };
    add(is_off(settings, "log_lock_waits"), "log_lock_waits", "on", "who waited for whom");
    add(number("log_temp_files") == Some(-1.0), "log_temp_files", "10MB", "which statement spilled to disk");
    add(is_off(settings, "log_checkpoints"), "log_checkpoints", "on", "when checkpoints came and what they wrote");
    add(
        number("log_autovacuum_min_duration") == Some(-1.0),
        "log_autovacuum_min_duration",
        "10min",
        "which vacuum ran for how long and what it left",
    );
    add(is_off(settings, "track_io_timing"), "track_io_timing", "on", "how long statements waited for reads");
    let preloaded = |module: &str| {
        ["shared_preload_libraries", "session_preload_libraries"].iter().any(|n| settings.text(n).is_some_and(|t| t.contains(module)))
    };
    let recorded = number("log_min_duration_sample").is_some_and(|n| n >= 0.0)
        || preloaded("auto_explain")
        || preloaded("pg_stat_statements")
        || context.catalog.extension("pg_stat_statements").is_some();
    add(number("log_min_duration_statement") == Some(-1.0) && !recorded, "log_min_duration_statement", "1s", "which statements are slow");
    let quiet = |name: &str| text(name).is_some_and(|t| matches!(t, "log" | "fatal" | "panic"));
    add(quiet("log_min_messages"), "log_min_messages", "warning", "errors and warnings");
    add(quiet("log_min_error_statement"), "log_min_error_statement", "error", "which statement an error is of");
    let prefix = |marks: &[&str]| text("log_line_prefix").is_some_and(|p| !marks.iter().any(|m| p.contains(m)));
    let plain = text("log_destination").is_none_or(|d| d.contains("stderr"));
    add(
        plain && (prefix(&["%m", "%t", "%n"]) || prefix(&["%p", "%c"])),
        "log_line_prefix",
        "%m [%p] %q%u@%d ",
        "when it was, and which lines belong together",
    );
    missing
}
