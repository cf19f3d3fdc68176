//! `plan/large-offset`: see `large_offset.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::{count, list};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/large-offset",
    summary: "page of a list that is reached by computing and dropping all pages before it",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("large_offset.md"),
    check: Check::Plan(check),
};

/// Rows skipped: twenty pages of fifty. No tool publishes a threshold; below this the skipping is not felt.
const FEWEST_ROWS: f64 = 1000.0;
/// Skipped rows per row of the answer.
const FACTOR: f64 = 10.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |s: &Seat<'_>| skipped(&tree, s).is_some_and(|(skipped, kept)| skipped >= FEWEST_ROWS && skipped >= kept * FACTOR);
    if let Some(seat) = tree.heaviest(wanted, |s| tree.weight_with_inputs(s)).first()
        && let Some((skipped, kept)) = skipped(&tree, seat)
    {
        sink.report(draft(&tree, seat, skipped, kept));
    }
}

/// Rows that a LIMIT node skipped and handed on, per run; without ANALYZE those that it is planned to.
fn skipped(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<(f64, f64)> {
    if seat.node.kind != "Limit" {
        return None;
    }
    let input = tree.inputs(seat).next()?.node;
    if let (Some(kept), Some(taken)) = (seat.node.actual_rows, input.actual_rows) {
        return Some(((taken - kept).max(0.0), kept));
    }
    // The planner charges the skipped rows to the start: that share of the input's cost.
    let run = input.total_cost - input.startup_cost;
    // WITH queries and other init plans that hang on the node are charged to its start as well.
    let init: f64 = tree.children(seat).filter(|c| c.is_subplan()).map(|c| c.node.total_cost).sum();
    let share = if run > 0.0 { (seat.node.startup_cost - init - input.startup_cost) / run } else { 0.0 };
    Some(((share * input.rows).max(0.0), seat.node.rows))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, skipped: f64, kept: f64) -> Draft {
    let weight = tree.weight_with_inputs(seat);
    let message = if tree.is_analyzed() {
        format!("{} were computed and skipped to return {}", rows(skipped), count(kept))
    } else {
        format!("about {} are computed and skipped to return {}", rows(skipped), count(kept))
    };
    let keys = order(tree, seat);
    let how = if keys.is_empty() {
        "remember the last row that was shown, and ask for the rows after it".to_owned()
    } else {
        let columns = list(&keys).replace(" and ", ", ");
        format!(
            "remember ({columns}) of the last row that was shown, and ask for the rows after it: where ({columns}) > ($1{})",
            parameters(keys.len())
        )
    };
    let why = format!(
        "OFFSET does not jump: PostgreSQL finds, joins and orders every row up to the wanted page and throws the first {} away. Each further page costs more than the one before, \
         this one {}, and rows that arrive in the meantime shift the pages. Keyset paging costs the same for every page: {how} (< where the order descends), with a unique \
         column at the end of the order and an index over it. The rewrite OFFSET to keyset shows it for this statement where the two are equal.",
        count(skipped),
        weight.words()
    );
    let source = tree.source();
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .confidence(weight.confidence())
        .evidence("rows skipped", skipped.round(), source)
        .evidence("rows returned", kept, source);
    tree.with_place(draft, seat, weight)
}

fn parameters(keys: usize) -> String {
    (2..=keys).map(|n| format!(", ${n}")).collect()
}

/// What the pages are ordered by, as far as a sort or an index below tells.
fn order(tree: &Tree<'_>, seat: &Seat<'_>) -> Vec<String> {
    let mut below = tree.inputs(seat).next();
    while let Some(seat) = below {
        if !seat.node.sort_key.is_empty() {
            let plain = |key: &String| key.split(" DESC").next().unwrap_or(key).split(" NULLS").next().unwrap_or(key).to_owned();
            return seat.node.sort_key.iter().map(plain).collect();
        }
        if let Some(index) = &seat.node.index {
            let index = tree.table(seat).and_then(|t| t.index(index)).filter(|i| i.method == "btree");
            return index.map_or_else(Vec::new, |i| i.leading_columns().map(str::to_owned).collect());
        }
        below = tree.inputs(seat).next();
    }
    Vec::new()
}
