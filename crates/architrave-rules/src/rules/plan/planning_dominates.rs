//! `plan/planning-dominates`: see `planning_dominates.md` for the rule's page.

use super::tree::Tree;
use super::wording::{ms, times};
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "plan/planning-dominates",
    summary: "planning the statement takes longer than running it",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("planning_dominates.md"),
    check: Check::Plan(check),
};

/// The first plan of a session also reads the catalogue, which takes milliseconds for any statement; a plan of this length is long
/// even so.
const LONG_MS: f64 = 10.0;
/// For a statement that runs often, less is enough.
const OFTEN_MS: f64 = 2.0;
/// Calls from which on a statement runs often.
const OFTEN: f64 = 1000.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let (Some(planning), Some(running)) = (explained.plan.planning_ms, tree.total_ms()) else { return };
    let floor = if explained.calls >= OFTEN { OFTEN_MS } else { LONG_MS };
    if planning < floor || planning < running {
        return;
    }
    let relations: BTreeSet<&str> = tree.seats().iter().filter_map(|s| s.node.alias.as_deref().filter(|_| s.node.is_scan())).collect();
    let joins = tree.seats().iter().filter(|s| s.node.is_join()).count();
    let partitions = tree.seats().iter().filter(|s| matches!(s.node.kind.as_str(), "Append" | "Merge Append"));
    let partitions = partitions.map(|s| tree.inputs(s).count()).max().unwrap_or(0);
    let cause = if partitions >= 10 && partitions * 2 >= relations.len() {
        format!(
            "Every one of the {} partitions in the plan is planned on its own, its statistics and indexes included: a condition on the partition key, which \
             lets the planner leave partitions out, saves the planning as well as the reading.",
            count(partitions as f64)
        )
    } else if joins >= 6 {
        format!(
            "With {joins} joins the number of orders to compare is what takes the time (up to join_collapse_limit tables are tried in every order, 8 by default)."
        )
    } else {
        "What takes time is the number of indexes and statistics to weigh, or a session that plans its first statement and reads the catalogue for it."
            .to_owned()
    };
    let why = format!(
        "PostgreSQL plans a statement anew each time it arrives as text, and only then runs it: here {} of planning for {} of work. {cause} A prepared \
         statement that is executed often is planned once and then reused (plan_cache_mode decides; most drivers prepare when told to).",
        ms(planning),
        ms(running),
    );
    let message = format!(
        "planning takes {}, {} as long as running the statement ({})",
        ms(planning),
        times(planning / running.max(0.001)),
        ms(running)
    );
    let weight = super::weight::Weight::time(planning, planning + running, explained.calls.max(1.0));
    let mut draft = Draft::new(explained.object(), message, why)
        .severity(weight.severity())
        .evidence("planning time", ms(planning), "EXPLAIN ANALYZE")
        .evidence("execution time", ms(running), "EXPLAIN ANALYZE")
        .evidence("tables and partitions in the plan", relations.len(), "EXPLAIN ANALYZE");
    if explained.calls > 1.0 {
        draft = draft.evidence("calls", explained.calls, "workload");
    }
    sink.report(draft);
}
