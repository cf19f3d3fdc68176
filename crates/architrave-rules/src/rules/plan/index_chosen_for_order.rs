//! `plan/index-chosen-for-order`: see `index_chosen_for_order.md` for the rule's page.

use super::remedy::{index, index_columns};
use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::{count, list};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/index-chosen-for-order",
    summary: "LIMIT answered by walking an index in order past rows that do not match",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("index_chosen_for_order.md"),
    check: Check::Plan(check),
};

/// Entries passed over: as of a sequential scan, from here on it is felt.
const FEWEST_ROWS: f64 = 10_000.0;
/// Share of the entries passed over.
const SHARE: f64 = 0.9;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| speaks(&tree, s), |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some((walked, kept)) = walk(&tree, seat) {
        sink.report(tree.with_others(draft(&tree, seat, walked, kept), others, |s| tree.label(s)));
    }
}

/// Whether this rule has something to say about the scan.
pub(super) fn speaks(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    walk(tree, seat).is_some_and(|(walked, kept)| walked >= FEWEST_ROWS && walked - kept >= walked * SHARE)
}

/// Entries that a scan walks over for a LIMIT above, and those it keeps; none where it was not chosen for its order.
fn walk(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<(f64, f64)> {
    let node = seat.node;
    if !matches!(node.kind.as_str(), "Index Scan" | "Index Only Scan") || node.filter.is_none() || seat.runs > 1.0 {
        return None;
    }
    let limit = limit_above(tree, seat)?;
    if let Some(kept) = seat.rows() {
        // A condition that the index answers narrows the walk; then it was not chosen for its order alone.
        return Some((kept + seat.in_all(node.rows_removed_by_filter), kept)).filter(|_| node.index_cond.is_none());
    }
    let rows = tree.table_rows(seat).filter(|_| node.index_cond.is_none())?;
    // The planner takes matching rows to be spread evenly: for the first ones it walks that share of the index.
    let share = (limit.node.rows / node.rows.max(1.0)).min(1.0);
    Some((rows * share, node.rows * share))
}

/// The LIMIT that the scan's order serves: nothing between them sorts, hashes or gathers all rows first.
fn limit_above<'t, 'a>(tree: &'t Tree<'a>, seat: &Seat<'_>) -> Option<&'t Seat<'a>> {
    let mut below = seat.at;
    for above in tree.ancestors(seat) {
        let first = tree.inputs(above).next().is_some_and(|outer| outer.at == below);
        match above.node.kind.as_str() {
            "Limit" => return Some(above),
            "Nested Loop" | "Gather Merge" | "Memoize" | "Subquery Scan" | "LockRows" | "Incremental Sort" | "Unique" if first => {
                below = above.at;
            }
            _ => return None,
        }
    }
    None
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, walked: f64, kept: f64) -> Draft {
    let weight = tree.weight(seat);
    let node = seat.node;
    let name = node.index.as_deref().unwrap_or("the index");
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let message = format!("{name} was walked over {} to find {} that match{expected}", rows(walked), count(kept));
    let filtered = tree.columns_in(seat, &[node.filter.as_deref().unwrap_or_default()]);
    let on = if filtered.is_empty() { String::new() } else { format!(" on {}", list(&filtered)) };
    let columns = columns(tree, seat);
    let fix = index(tree, seat, &columns);
    let advice = match &fix {
        Some(_) => format!(" An index on ({}) finds the matching rows already in order.", columns.join(", ")),
        None => String::new(),
    };
    let why = format!(
        "The planner took {name} because it delivers the rows in the wanted order and LIMIT stops it early: it counts on matching rows being spread evenly over the index. They are not, or \
         they are few: the condition{on} is checked row by row, and {} rows were passed over. That is {}, and where nothing matches at all it is the whole table.{advice}",
        count(walked - kept),
        weight.words()
    );
    let severity = if tree.is_analyzed() { weight.severity() } else { weight.severity().min(Severity::Low) };
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(severity)
        .confidence(if tree.is_analyzed() { Confidence::Certain } else { Confidence::Possible })
        .evidence("rows passed over", (walked - kept).round(), tree.source())
        .evidence("rows kept", kept.round(), tree.source());
    let draft = tree.with_place(draft, seat, weight);
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

/// Columns compared for equality, then those of the index that gave the order.
fn columns(tree: &Tree<'_>, seat: &Seat<'_>) -> Vec<String> {
    let mut columns = index_columns(tree, seat, &[]);
    if tree.shape(seat).is_none() {
        let index = seat.node.index.as_deref().and_then(|name| tree.table(seat)?.index(name));
        let order: Vec<String> = index.into_iter().flat_map(architrave_model::catalog::Index::leading_columns).map(str::to_owned).collect();
        if columns.is_empty() {
            return columns;
        }
        columns.retain(|c| !order.contains(c));
        columns.extend(order);
    }
    columns
}
