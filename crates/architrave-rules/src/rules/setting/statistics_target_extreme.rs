//! `setting/statistics-target-extreme`: see `statistics_target_extreme.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/statistics-target-extreme",
    summary: "statistics target for all far from its default",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("statistics_target_extreme.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(target) = global(settings, "default_statistics_target").and_then(|s| s.value.parse::<f64>().ok()) else { return };
    if (50.0..=1000.0).contains(&target) {
        return;
    }
    let harm = if target < 50.0 { "estimates of skewed columns become guesses" } else { "every analyze and every planning takes longer" };
    let why = format!(
        "For all columns of all tables {harm}. Keep 100 and give the columns that need more a target of their own.{}",
        change(settings, context, &[("default_statistics_target", "100")])
    );
    let draft = on_setting("default_statistics_target", format!("default_statistics_target is {} for all", count(target)), why);
    sink.report(evident(draft, settings, &["default_statistics_target"]));
}
