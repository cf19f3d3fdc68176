//! `setting/sql-semantics-changed`: see `sql_semantics_changed.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/sql-semantics-changed",
    summary: "settings that change what SQL means",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("sql_semantics_changed.md"),
    check: Check::Settings(check),
};

/// Name, the value that is unusual, the usual one, whether it is dangerous.
const CHANGED: &[(&str, &str, &str, bool)] = &[
    ("standard_conforming_strings", "off", "on", true),
    ("lo_compat_privileges", "on", "off", true),
    ("transform_null_equals", "on", "off", false),
    ("array_nulls", "off", "on", false),
    ("backslash_quote", "on", "safe_encoding", false),
    ("check_function_bodies", "off", "on", false),
    ("row_security", "off", "on", false),
];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let found: Vec<_> = CHANGED.iter().filter(|(name, value, ..)| global(settings, name).is_some_and(|s| s.value == *value)).collect();
    let Some((first, ..)) = found.first() else { return };
    let names: Vec<&str> = found.iter().map(|(name, ..)| *name).collect();
    let said: Vec<String> = found.iter().map(|(name, value, ..)| format!("{name} is {value}")).collect();
    let values: Vec<(&str, &str)> = found.iter().map(|(name, _, usual, _)| (*name, *usual)).collect();
    let dangerous = found.iter().any(|(.., dangerous)| *dangerous);
    let mut why = "The same text means something else here than on other servers, for every program.".to_owned();
    if names.contains(&"standard_conforming_strings") {
        why.push_str(" A backslash escapes the quote behind it: code that only doubles quotes lets SQL in.");
    }
    why.push_str(&change(settings, context, &values));
    let severity = if dangerous { Severity::Medium } else { RULE.severity };
    let draft = on_setting(first, format!("settings change what SQL means: {}", list(&said)), why).severity(severity);
    sink.report(evident(draft, settings, &names));
}
