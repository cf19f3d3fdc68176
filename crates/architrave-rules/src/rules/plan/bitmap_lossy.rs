//! `plan/bitmap-lossy`: see `bitmap_lossy.md` for the rule's page.

use super::remedy::work_mem;
use super::tree::{Seat, Tree};
use super::wording::{blocks, rows, size};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/bitmap-lossy",
    summary: "bitmap of row places that did not fit into work_mem",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("bitmap_lossy.md"),
    check: Check::Plan(check),
};

/// Share of lossy blocks below which the second look costs nothing to speak of.
const SHARE: f64 = 0.1;
/// Bytes per page in a bitmap (`tbm_calculate_entries`: an entry of 48 bytes and two pointers in the hash table).
const BYTES_PER_PAGE: f64 = 64.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |seat: &Seat<'_>| {
        let (exact, lossy) = heap_blocks(seat);
        lossy > 0.0 && lossy >= (exact + lossy) * SHARE
    };
    let found = tree.heaviest(wanted, |s| tree.weight_with_inputs(s));
    let Some((seat, others)) = found.split_first() else { return };
    sink.report(tree.with_others(draft(&tree, seat, others), others, |s| format!("{} lossy blocks", count(heap_blocks(s).1))));
}

/// Heap blocks known by row, and by page only.
fn heap_blocks(seat: &Seat<'_>) -> (f64, f64) {
    (seat.node.exact_heap_blocks.unwrap_or(0.0), seat.node.lossy_heap_blocks.unwrap_or(0.0))
}

/// Bytes of the bitmap. Processes share one; EXPLAIN counts the leader's blocks.
fn needed(seat: &Seat<'_>) -> f64 {
    let (exact, lossy) = heap_blocks(seat);
    (exact + lossy) * seat.processes * BYTES_PER_PAGE
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, others: &[&Seat<'_>]) -> Draft {
    let weight = tree.weight_with_inputs(seat);
    let (exact, lossy) = heap_blocks(seat);
    let rechecked = seat.in_all(seat.node.rows_removed_by_recheck);
    let message = format!("{} of {} blocks in the bitmap of {} are lossy", count(lossy), count(exact + lossy), tree.relation_name(seat));
    let needed = others.iter().copied().chain([seat]).map(needed).fold(0.0, f64::max);
    let why = format!(
        "PostgreSQL notes the places of the rows it found in the index, row by row, in {} of work_mem. When that was full it kept only the page numbers: in {} of the pages \
         ({}) every row is looked at and compared again, and {} turned out not to match. A bitmap of {} pages takes about {}.",
        size(tree.work_mem()),
        percent(lossy / (exact + lossy).max(1.0)),
        blocks(lossy),
        rows(rechecked),
        count(exact + lossy),
        size(needed)
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        // Checking again is a part of the scan's time, seldom most of it.
        .severity(weight.severity().lowered())
        .evidence("exact heap blocks", exact, "EXPLAIN ANALYZE")
        .evidence("lossy heap blocks", lossy, "EXPLAIN ANALYZE")
        .evidence("rows removed by index recheck", rechecked, "EXPLAIN ANALYZE");
    let draft = tree.with_place(draft, seat, weight);
    match work_mem(tree, needed) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
