//! `plan/workers-not-launched`: see `workers_not_launched.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::ms;
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/workers-not-launched",
    summary: "parallel plan that got fewer workers than it was made for",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("workers_not_launched.md"),
    check: Check::Plan(check),
};

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| missing(s).is_some(), |s| lost(&tree, s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some((planned, launched)) = missing(seat) {
        let detail = |s: &Seat<'_>| {
            missing(s).map_or_else(String::new, |(planned, launched)| format!("{} of {} workers", count(launched), count(planned)))
        };
        sink.report(tree.with_others(draft(&tree, seat, planned, launched), others, detail));
    }
}

/// Workers planned and started, where some are missing.
fn missing(seat: &Seat<'_>) -> Option<(f64, f64)> {
    let (planned, launched) = (seat.node.workers_planned?, seat.node.workers_launched?);
    (launched < planned && planned >= 1.0).then_some((planned, launched))
}

/// What the missing ones would have taken over, had the work been shared evenly.
fn lost(tree: &Tree<'_>, seat: &Seat<'_>) -> Weight {
    let (planned, launched) = missing(seat).unwrap_or((0.0, 0.0));
    let share = 1.0 - (launched + 1.0) / (planned + 1.0);
    tree.weighed(seat.ms.map(|ms| ms * share), seat.cost * share)
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, planned: f64, launched: f64) -> Draft {
    let weight = lost(tree, seat);
    let message = format!("{} of {} parallel workers were started", count(launched), count(planned));
    let limits = ["max_parallel_workers", "max_worker_processes"];
    let known: Vec<String> = limits.iter().filter_map(|name| Some(format!("{name} is {}", tree.setting(name)?))).collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let why = format!(
        "The plan was chosen because {} processes would share the work; {} did it, in {}, about {} more than with all of them. All sessions draw their workers from one pool, max_parallel_workers, which \
         is a part of max_worker_processes{known}: when it is empty, a plan goes on with what it gets. Raise the pool if the processors are idle at that time; if they are not, fewer workers per statement \
         (max_parallel_workers_per_gather) give everybody an even time.",
        count(planned + 1.0),
        count(launched + 1.0),
        ms(seat.ms.unwrap_or(0.0)),
        ms(weight.ms())
    );
    let mut draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity().min(Severity::Medium))
        .evidence("workers planned", planned, "EXPLAIN")
        .evidence("workers launched", launched, "EXPLAIN ANALYZE");
    for name in limits {
        if let Some(value) = tree.setting(name) {
            draft = draft.evidence(name, value, "pg_settings");
        }
    }
    tree.with_place(draft, seat, tree.weight_with_inputs(seat))
}
