//! `setting/planner-costs-contradictory`: see `planner_costs_contradictory.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/planner-costs-contradictory",
    summary: "planner costs that contradict each other",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("planner_costs_contradictory.md"),
    check: Check::Settings(check),
};

/// With their defaults.
const PROCESSOR: &[(&str, f64)] = &[("cpu_index_tuple_cost", 0.005), ("cpu_operator_cost", 0.0025), ("cpu_tuple_cost", 0.01)];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let number = |name: &str| global(settings, name).and_then(|s| s.value.parse::<f64>().ok());
    let mut wrong: Vec<(String, &str, &str)> = Vec::new();
    if let (Some(random), Some(sequential)) = (number("random_page_cost"), number("seq_page_cost")) {
        if random < sequential {
            wrong.push((format!("random_page_cost {random} is below seq_page_cost {sequential}"), "random_page_cost", "1.1"));
        } else if sequential <= 0.0 {
            wrong.push((format!("seq_page_cost is {sequential}"), "seq_page_cost", "1"));
        }
    }
    for (name, default) in PROCESSOR {
        if let Some(cost) = number(name).filter(|c| *c > default * 10.0 || *c < default / 10.0) {
            wrong.push((format!("{name} is {cost}, by default {default}"), name, "default"));
        }
    }
    let Some((_, first, _)) = wrong.first() else { return };
    let messages: Vec<&str> = wrong.iter().map(|(m, ..)| m.as_str()).collect();
    let resets: Vec<(&str, &str)> = wrong.iter().map(|(_, name, value)| (*name, *value)).collect();
    let why = format!(
        "The planner compares plans by these figures only; where they contradict each other it prefers the slower plan with confidence.{}",
        change(settings, context, &resets)
    );
    let names: Vec<&str> = ["seq_page_cost", "random_page_cost"].into_iter().chain(PROCESSOR.iter().map(|(n, _)| *n)).collect();
    sink.report(evident(on_setting(first, format!("planner costs contradict each other: {}", list(&messages)), why), settings, &names));
}
