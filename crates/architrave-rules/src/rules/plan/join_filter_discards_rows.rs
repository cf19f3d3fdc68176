//! `plan/join-filter-discards-rows`: see `join_filter_discards_rows.md` for the rule's page.

use super::remedy::{index, index_columns};
use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::rows;
use super::{nested_loop_many_iterations, or_across_tables};
use crate::figures::{count, list, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/join-filter-discards-rows",
    summary: "join that compares every pair of rows and drops nearly all of them",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("join_filter_discards_rows.md"),
    check: Check::Plan(check),
};

/// pev2's second step.
const SHARE: f64 = 0.9;
/// Pairs compared in vain: a hundred thousand take about ten milliseconds.
const FEWEST_PAIRS: f64 = 100_000.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |s: &Seat<'_>| {
        let (kept, dropped) = compared(s);
        let discards = dropped >= FEWEST_PAIRS && dropped >= (kept + dropped) * SHARE;
        discards && !or_across_tables::speaks(&tree, s) && !nested_loop_many_iterations::speaks(&tree, s)
    };
    let found = tree.heaviest(wanted, |s| weight(&tree, s));
    let Some((seat, others)) = found.split_first() else { return };
    sink.report(tree.with_others(draft(&tree, seat), others, |s| format!("{}: {} pairs dropped", tree.label(s), count(compared(s).1))));
}

/// A nested loop exists for the comparing; of another join only what it does by itself.
fn weight(tree: &Tree<'_>, seat: &Seat<'_>) -> Weight {
    if seat.node.kind == "Nested Loop" { tree.weight_with_inputs(seat) } else { tree.weight(seat) }
}

/// Pairs kept and dropped by the join filter, in all runs.
fn compared(seat: &Seat<'_>) -> (f64, f64) {
    (seat.rows().unwrap_or(0.0), seat.in_all(seat.node.rows_removed_by_join_filter))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>) -> Draft {
    let weight = weight(tree, seat);
    let (kept, dropped) = compared(seat);
    let filter = seat.node.join_filter.as_deref().unwrap_or_default();
    let sides: Vec<String> = tree.inputs(seat).map(|s| rows(s.node.actual_rows.unwrap_or(0.0))).collect();
    let message = format!("{} compared {} pairs of rows and kept {}", tree.label(seat), count(kept + dropped), count(kept));
    // The table on the inner side, below what keeps its rows in memory.
    let inner = tree.inputs(seat).nth(1).and_then(|i| tree.subtree(i).into_iter().find(|s| s.node.is_scan()));
    let columns = inner.map(|scan| index_columns(tree, scan, &[filter])).unwrap_or_default();
    let fix = inner.filter(|_| !columns.is_empty()).and_then(|scan| index(tree, scan, &columns));
    let advice = match (&fix, inner) {
        (Some(_), Some(scan)) => format!("An index on {} of {} leads from each row of the outer side to its partners.", list(&columns), tree.relation_name(scan)),
        _ => "Only an equality of two plain columns of one type can be joined through a hash table, a sort or an index: a range, a function or a cast on either side cannot. State an equality beside it where \
              there is one (the same day, the same region), so that only rows within it are compared."
            .to_owned(),
    };
    let share = percent(dropped / (kept + dropped).max(1.0));
    let why = match seat.node.hash_cond.as_deref().or(seat.node.merge_cond.as_deref()) {
        Some(found_by) => format!(
            "The rows are brought together by {found_by} alone; the rest of the join's condition is looked at afterwards and drops {share} of the pairs. That is {}. An equality of plain columns can take part \
             in finding the pairs: where the rest is one in disguise (a cast, a sum on one side), write it so or store what it computes.",
            weight.words()
        ),
        None => format!(
            "The condition of the join is no condition that PostgreSQL can search by, so each row of one side is compared with each of the other ({}): {share} of the comparisons were in vain. That is {}, and it \
             grows with the product of the two. {advice}",
            list(&sides).replace(" and ", " against "),
            weight.words()
        ),
    };
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .evidence("condition", filter, "EXPLAIN")
        .evidence("pairs dropped", dropped, "EXPLAIN ANALYZE")
        .evidence("pairs kept", kept, "EXPLAIN ANALYZE");
    let draft = tree.with_place(draft, seat, weight);
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
