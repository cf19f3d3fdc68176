//! `plan/costly-node`: see `costly_node.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/costly-node",
    summary: "plan, not executed, that spends most of its cost in a single node",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("costly_node.md"),
    check: Check::Plan(check),
};

/// The share from which pev2 paints a node orange.
const DOMINANT: f64 = 0.4;
/// Planner cost of the statement, times its calls, below which it hardly takes 100 ms.
const LEAST_COST: f64 = 20_000.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    // Measured time says more than cost.
    if tree.total_ms().is_some() || explained.plan.root.total_cost * explained.calls.max(1.0) < LEAST_COST {
        return;
    }
    if let Some(seat) = tree.heaviest(|_| true, |s| tree.weight(s)).first()
        && tree.weight(seat).share() >= DOMINANT
    {
        sink.report(draft(&tree, seat));
    }
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>) -> Draft {
    let weight = tree.weight(seat);
    let message = format!("{} is {}", tree.label(seat), weight.words());
    let runs = if seat.runs >= 2.0 { format!(", in about {} runs,", count(seat.runs)) } else { String::new() };
    let why = format!(
        "The planner expects that this step {}{runs} and hands on {}. Cost is its own unit for work (a page read in order is 1), not time; the statement was not executed, \
         so this is where the planner expects the work to be, and where to look first: all other steps together are {}.",
        tree.work(seat),
        rows(seat.planned_rows()),
        percent(1.0 - weight.share())
    );
    tree.with_place(Draft::new(tree.explained.object(), message, why), seat, weight)
}
