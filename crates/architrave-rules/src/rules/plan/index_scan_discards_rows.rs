//! `plan/index-scan-discards-rows`: see `index_scan_discards_rows.md` for the rule's page.

use super::index_chosen_for_order;
use super::remedy::{index, index_columns};
use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::rows;
use crate::figures::{count, list, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/index-scan-discards-rows",
    summary: "index that finds far more rows than the filter behind it keeps",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("index_scan_discards_rows.md"),
    check: Check::Plan(check),
};

/// pev2's first step for rows removed; its second, 90 %, is where the severity stops being lowered.
const SHARE: f64 = 0.5;
const MOST: f64 = 0.9;
/// Rows dropped in all runs. Joe speaks from 100 on; a thousand lookups in memory are about a millisecond.
const FEWEST_ROWS: f64 = 1000.0;
/// Rows dropped per run: a lookup that finds four neighbours and keeps one pays for the descent of the tree, not for the three.
const FEWEST_PER_RUN: f64 = 10.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |seat: &Seat<'_>| {
        let runs = seat.executions();
        let discards = found(&tree, seat).is_some_and(|(kept, dropped)| {
            dropped >= FEWEST_ROWS && dropped >= runs * FEWEST_PER_RUN && dropped >= (kept + dropped) * SHARE
        });
        discards && !index_chosen_for_order::speaks(&tree, seat)
    };
    let seats = tree.heaviest(wanted, |s| tree.weight_with_inputs(s));
    let Some((seat, others)) = seats.split_first() else { return };
    if let Some(draft) = draft(&tree, seat) {
        let detail = |s: &Seat<'_>| {
            found(&tree, s).map_or_else(String::new, |(kept, dropped)| format!("{} found, {} kept", rows(kept + dropped), count(kept)))
        };
        sink.report(tree.with_others(draft, others, detail));
    }
}

/// Rows that the filter kept and dropped, in all runs; expected ones only of a bitmap, whose two steps are estimated apart.
fn found(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<(f64, f64)> {
    let node = seat.node;
    if !matches!(node.kind.as_str(), "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan") || node.filter.is_none() {
        return None;
    }
    if let Some(kept) = seat.rows() {
        return Some((kept, seat.in_all(node.rows_removed_by_filter)));
    }
    let bitmap = tree.inputs(seat).next().filter(|b| b.node.kind == "Bitmap Index Scan")?;
    Some((seat.planned_rows(), (bitmap.node.rows * seat.runs - seat.planned_rows()).max(0.0)))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<Draft> {
    let (kept, dropped) = found(tree, seat)?;
    let weight: Weight = tree.weight_with_inputs(seat);
    let share = dropped / (kept + dropped).max(1.0);
    let severity = if share >= MOST { weight.severity() } else { weight.severity().lowered() };
    let indexes = indexes_of(tree, seat);
    let relation = tree.relation_name(seat);
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let through = if indexes.is_empty() { String::new() } else { format!(" through {}", list(&indexes)) };
    let message = format!("{} of {relation} are found{through} and {} kept{expected}", rows(kept + dropped), count(kept));
    let filtered = tree.columns_in(seat, &[seat.node.filter.as_deref().unwrap_or_default()]);
    let of = if filtered.is_empty() { String::new() } else { format!(" (on {})", list(&filtered)) };
    let why = format!(
        "The index answers only a part of the condition. For each entry PostgreSQL goes to the table, reads the row and then drops it because of the rest{of}: {} of the visits are \
         in vain. With what the filter compares in the same index, the rows to drop are never visited. This is {}.",
        percent(share),
        weight.words()
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(severity)
        .confidence(weight.confidence())
        .evidence("rows found by the index", kept + dropped, tree.source())
        .evidence("rows kept", kept, tree.source());
    let draft = tree.with_place(draft, seat, weight);
    let columns = index_columns(tree, seat, &[]);
    // An index of the same columns would drop as much as the one at hand.
    let narrower = filtered.iter().any(|c| columns.contains(c));
    Some(match index(tree, seat, &columns).filter(|_| narrower) {
        Some(fix) => draft.fix(fix),
        None => draft,
    })
}

/// The indexes that the scan goes through.
fn indexes_of<'a>(tree: &Tree<'a>, seat: &Seat<'_>) -> Vec<&'a str> {
    let below = tree.subtree(seat).into_iter().filter(|s| s.at == seat.at || s.node.kind == "Bitmap Index Scan");
    below.filter_map(|s| s.node.index.as_deref()).collect()
}
