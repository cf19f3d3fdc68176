//! `setting/developer-option-on`: see `developer_option_on.md` for the rule's page.

use crate::figures::{counted, list};
use crate::rules::setting::advice::{change, evident, global, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/developer-option-on",
    summary: "options for developers of PostgreSQL, left on",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("developer_option_on.md"),
    check: Check::Settings(check),
};

/// These hide damage, or make it.
const HARMFUL: &[&str] = &["ignore_checksum_failure", "ignore_invalid_pages", "zero_damaged_pages"];
const OTHERS: &[&str] = &[
    "allow_system_table_mods",
    "debug_deadlocks",
    "debug_discard_caches",
    "debug_parallel_query",
    "debug_print_parse",
    "debug_print_plan",
    "debug_print_rewritten",
    "force_parallel_mode",
    "ignore_system_indexes",
    "jit_debugging_support",
    "jit_dump_bitcode",
    "jit_profiling_support",
    "log_executor_stats",
    "log_parser_stats",
    "log_planner_stats",
    "log_statement_stats",
    "post_auth_delay",
    "pre_auth_delay",
    "trace_locks",
    "trace_lwlocks",
    "trace_notify",
    "trace_sort",
    "wal_debug",
];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let on = |name: &&&str| global(settings, name).is_some_and(|s| !matches!(s.value.as_str(), "off" | "0" | "false"));
    let harmful: Vec<&str> = HARMFUL.iter().filter(on).copied().collect();
    let mut others: Vec<&str> = OTHERS.iter().filter(on).copied().collect();
    if is_off(settings, "restart_after_crash") {
        others.push("restart_after_crash");
    }
    let names: Vec<&str> = harmful.iter().chain(&others).copied().collect();
    let Some(first) = names.first() else { return };
    let resets: Vec<(&str, &str)> = names.iter().map(|n| (*n, "default")).collect();
    let mut why = String::new();
    if !harmful.is_empty() {
        why.push_str("Damaged pages are overwritten or handed out as if they were sound, and nobody is told: take a backup of what is there now, find out what was damaged (amcheck, checksums), then reset it. ");
    }
    why.push_str("Such options are for developers of PostgreSQL and for rescues on a copy.");
    why.push_str(&change(settings, context, &resets));
    let severity = if harmful.is_empty() { RULE.severity } else { Severity::High };
    let message = format!(
        "{} left on that {} meant for developers and rescues: {}",
        counted(names.len(), "option is", "options are"),
        if names.len() == 1 { "is" } else { "are" },
        list(&names)
    );
    sink.report(evident(on_setting(first, message, why).severity(severity), settings, &names));
}
