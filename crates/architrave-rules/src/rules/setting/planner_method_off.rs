//! `setting/planner-method-off`: see `planner_method_off.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::{Override, Settings};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/planner-method-off",
    summary: "planner that may not use a method of its own",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("planner_method_off.md"),
    check: Check::Settings(check),
};

/// Off by default.
const OFF_ANYWAY: &[&str] = &["enable_partitionwise_aggregate", "enable_partitionwise_join"];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let method = |name: &str| name.starts_with("enable_") && !OFF_ANYWAY.contains(&name);
    let off: Vec<&str> = settings.values.iter().map(|s| s.name.as_str()).filter(|n| method(n) && is_off(settings, n)).collect();
    let some: Vec<&Override> = settings.overrides.iter().filter(|o| method(&o.name) && o.value == "off").collect();
    if off.is_empty() && some.is_empty() {
        return;
    }
    let mut names: Vec<&str> = off.iter().copied().chain(some.iter().map(|o| o.name.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let who = if off.is_empty() { "some roles or databases" } else { "all" };
    let message = format!("the planner may not use all of its methods for {who}: {} off", list(&names));
    let mut why = "The switch was meant for one statement and holds for all of them, those of next year included. Find the estimate that is wrong (`explain (analyze, buffers)`), mend it with \
                   statistics or page costs, and reset the setting."
        .to_owned();
    if !off.is_empty() {
        let reset: Vec<(&str, &str)> = off.iter().map(|name| (*name, "on")).collect();
        why.push_str(&change(settings, context, &reset));
    }
    let severity = if off.is_empty() { Severity::Low } else { RULE.severity };
    let mut draft = evident(on_setting(names.first().copied().unwrap_or("enable"), message, why).severity(severity), settings, &off);
    for entry in some {
        let whose = entry.role.as_deref().or(entry.database.as_deref()).unwrap_or("all");
        draft = draft.evidence(format!("{} of {whose}", entry.name), "off", "pg_db_role_setting");
    }
    sink.report(draft);
}
