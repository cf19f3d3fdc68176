//! `plan/slow-node`: see `slow_node.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{ms, rows};
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/slow-node",
    summary: "statement whose time passes in a single node of its plan",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("slow_node.md"),
    check: Check::Plan(check),
};

/// The share from which pev2 paints a node orange.
const DOMINANT: f64 = 0.4;
/// Milliseconds per call and of all calls below which nobody looks for the reason.
const PER_CALL: f64 = 100.0;
const IN_ALL: f64 = 10_000.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let Some(total) = tree.total_ms() else { return };
    if total < PER_CALL && total * explained.calls < IN_ALL {
        return;
    }
    if let Some(seat) = tree.heaviest(|_| true, |s| tree.weight(s)).first()
        && tree.weight(seat).share() >= DOMINANT
    {
        sink.report(draft(&tree, seat, total));
    }
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, total: f64) -> Draft {
    let weight = tree.weight(seat);
    let message = format!("{} takes {}", tree.label(seat), weight.words());
    let loops = seat.node.loops.unwrap_or(1.0) / seat.processes;
    let runs = if loops >= 2.0 { format!(", in {} runs", count(loops)) } else { String::new() };
    let returned = seat.rows().map_or_else(String::new, |n| format!(" and hands on {}", rows(n)));
    let why = format!(
        "This step {}{runs}{returned}. All other steps together take {}: whatever is made faster elsewhere, the statement cannot get below {}.",
        tree.work(seat),
        ms(total - weight.ms()),
        ms(weight.ms())
    );
    tree.with_place(Draft::new(tree.explained.object(), message, why), seat, weight)
}
