//! `setting/log-leaks`: see `log_leaks.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/log-leaks",
    summary: "log that collects what should not be in it",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("log_leaks.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let leaks = leaks(settings);
    let Some((first, ..)) = leaks.first() else { return };
    let severity = leaks.iter().map(|(_, _, severity, _)| *severity).max().unwrap_or(Severity::Low);
    let said: Vec<&str> = leaks.iter().map(|(_, _, _, what)| *what).collect();
    let message = format!("the log collects {}", list(&said));
    let values: Vec<(&str, &str)> = leaks.iter().map(|(name, value, ..)| (*name, *value)).collect();
    let why = format!(
        "The log is read by more people and programs than the tables are, is kept for longer and knows no privileges; erasing somebody from the database does not erase them there.{} Set \
         passwords with psql's \\password, which sends a hash.",
        change(settings, context, &values)
    );
    let names: Vec<&str> = leaks.iter().map(|(name, ..)| *name).collect();
    sink.report(evident(on_setting(first, message, why).severity(severity), settings, &names));
}

/// Name, value to set, severity, what is collected.
fn leaks(settings: &Settings) -> Vec<(&'static str, &'static str, Severity, &'static str)> {
    let number = |name: &str| global(settings, name).and_then(|s| s.value.parse::<f64>().ok());
    let mut leaks = Vec::new();
    match global(settings, "log_statement").map(|s| s.value.as_str()) {
        Some("all") => leaks.push(("log_statement", "none", Severity::Medium, "every statement with its values")),
        Some("ddl" | "mod") => leaks.push(("log_statement", "none", Severity::Low, "the text of ALTER ROLE with its password")),
        _ => {}
    }
    let slow = number("log_min_duration_statement");
    if slow == Some(0.0) {
        leaks.push(("log_min_duration_statement", "1s", Severity::Medium, "every statement with its time"));
    }
    let whole = |name: &str| number(name).is_some_and(|n| n != 0.0);
    if slow.is_some_and(|ms| ms >= 0.0) && whole("log_parameter_max_length") {
        leaks.push(("log_parameter_max_length", "0", Severity::Low, "the parameters of slow statements"));
    }
    if whole("log_parameter_max_length_on_error") {
        leaks.push(("log_parameter_max_length_on_error", "0", Severity::Low, "the parameters of statements that fail"));
    }
    if settings.on("pgaudit.log_parameter") == Some(true) {
        leaks.push(("pgaudit.log_parameter", "off", Severity::Low, "the parameters of audited statements"));
    }
    leaks
}
