//! `setting/worker-limits-contradictory`: see `worker_limits_contradictory.md` for the rule's page.

use crate::figures::{count, list};
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/worker-limits-contradictory",
    summary: "limits of workers that contradict each other",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("worker_limits_contradictory.md"),
    check: Check::Settings(check),
};

/// The smaller one, the limit that holds for it.
const PAIRS: &[(&str, &str)] = &[
    ("max_parallel_workers", "max_worker_processes"),
    ("max_parallel_workers_per_gather", "max_parallel_workers"),
    ("max_parallel_maintenance_workers", "max_parallel_workers"),
    ("autovacuum_max_workers", "autovacuum_worker_slots"),
];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let number = |name: &str| global(settings, name).and_then(|s| s.value.parse::<f64>().ok());
    let beyond = |(inner, outer): &&(&str, &str)| number(inner).zip(number(outer)).is_some_and(|(i, o)| i > o);
    let wrong: Vec<_> = PAIRS.iter().filter(beyond).collect();
    let Some((first, _)) = wrong.first() else { return };
    let said: Vec<String> = wrong
        .iter()
        .map(|(i, o)| format!("{i} {} is above {o} {}", count(number(i).unwrap_or(0.0)), count(number(o).unwrap_or(0.0))))
        .collect();
    let why = format!(
        "The larger figure never comes true: plans count on workers that cannot start, and the leader does their part. Raise the outer limit to about the number of processor cores, or lower \
         the inner one to it.{}",
        change(settings, context, &[(first, &format!("{}", wrong.first().and_then(|(_, o)| number(o)).unwrap_or(8.0)))])
    );
    let names: Vec<&str> = wrong.iter().flat_map(|(i, o)| [*i, *o]).collect();
    sink.report(evident(on_setting(first, list(&said), why), settings, &names));
}
