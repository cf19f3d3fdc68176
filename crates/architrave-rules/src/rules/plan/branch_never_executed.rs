//! `plan/branch-never-executed`: see `branch_never_executed.md` for the rule's page.

use super::tree::{Seat, Tree};
use crate::figures::percent;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/branch-never-executed",
    summary: "a costly part of the plan was not executed, so the times say nothing about it",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("branch_never_executed.md"),
    check: Check::Plan(check),
};

/// Share of the planner's cost from which on the times of this run stand for little.
const LEAST_SHARE: f64 = 0.25;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let whole = explained.plan.root.total_cost;
    let uppermost = tree.seats().iter().filter(|s| !s.ran() && tree.parent(s).is_none_or(Seat::ran));
    // Partitions that were pruned when the statement started are what one hopes for.
    let idle: Vec<&Seat<'_>> =
        uppermost.filter(|s| tree.parent(s).is_none_or(|p| !matches!(p.node.kind.as_str(), "Append" | "Merge Append"))).collect();
    let cost: f64 = idle.iter().map(|s| s.cost).sum();
    let share = if whole > 0.0 { cost / whole } else { 0.0 };
    let Some(worst) = idle.iter().max_by(|a, b| a.cost.total_cmp(&b.cost)).filter(|_| share >= LEAST_SHARE) else { return };
    let label = tree.label(worst);
    let message = format!("{label} was never executed, though the planner charged {} of the cost for such parts", percent(share));
    let why = format!(
        "{} The times of this run therefore describe only the rest of the plan, {} of its cost. With values that do find rows the statement does all of it: measure it \
         again with such values before concluding that it is fast.",
        reason(&tree, worst),
        percent(1.0 - share),
    );
    let mut draft = Draft::new(explained.object(), message, why).evidence("node", tree.path(worst), "EXPLAIN ANALYZE").evidence(
        "share of the planner's cost that was not executed",
        percent(share),
        "EXPLAIN ANALYZE",
    );
    for other in idle.iter().filter(|s| s.at != worst.at) {
        draft = draft.place(explained.object(), Some(tree.label(other)));
    }
    sink.report(draft);
}

fn reason(tree: &Tree<'_>, seat: &Seat<'_>) -> String {
    let Some(parent) = tree.parent(seat) else { return "The statement was not executed at all.".to_owned() };
    let label = tree.label(parent);
    if parent.node.one_time_filter.is_some() {
        return format!("A condition that does not depend on any row was false, so {label} did not begin.");
    }
    let empty = tree.inputs(parent).find(|s| s.at != seat.at && s.ran() && s.rows().is_some_and(|n| n < 1.0));
    match empty {
        Some(other) if parent.node.is_join() => {
            format!("The other side of the {label}, {}, delivered no row, so there was nothing to find partners for.", tree.label(other))
        }
        _ => format!("{label} ended before it needed it."),
    }
}
