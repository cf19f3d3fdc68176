//! `maintenance/freeze-age-high`: see `freeze_age_high.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/freeze-age-high",
    summary: "vacuum against wraparound that may start too late",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("freeze_age_high.md"),
    check: Check::Settings(check),
};

/// Name, the least that is too much, a value to set.
const AGES: &[(&str, f64, &str)] =
    &[("autovacuum_freeze_max_age", 1e9, "500000000"), ("autovacuum_multixact_freeze_max_age", 1.2e9, "600000000")];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    for (name, least, wanted) in AGES {
        let Some(age) = settings.number(name).filter(|a| a >= least) else { continue };
        let why = format!(
            "The server stops at about 2,100 million; what lies between must be enough to read every table once, on the worst day. With a few hundred million there is room for both.{}",
            change(settings, context, &[(name, wanted)])
        );
        sink.report(evident(on_setting(name, format!("{name} is {}", count(age)), why), settings, &[name]));
    }
}
