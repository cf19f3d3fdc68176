//! `plan/temporary-files`: see `temporary_files.md` for the rule's page.

use super::remedy::work_mem;
use super::tree::{Seat, Tree};
use super::wording::{blocks, rows, size};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/temporary-files",
    summary: "intermediate result that is too large for work_mem and is kept in a temporary file",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("temporary_files.md"),
    check: Check::Plan(check),
};

/// Blocks of 8 KiB: 1 MB. Less is written into the operating system's cache and never noticed.
const FEWEST_BLOCKS: f64 = 128.0;

/// Nodes that other rules speak about.
const OTHERS: &[&str] = &["Sort", "Incremental Sort", "Hash", "Hash Join", "Aggregate", "Gather", "Gather Merge"];

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |s: &Seat<'_>| !OTHERS.contains(&s.node.kind.as_str()) && written(&tree, s) >= FEWEST_BLOCKS;
    let found = tree.heaviest(wanted, |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    let most = found.iter().map(|s| written(&tree, s)).fold(0.0, f64::max);
    sink.report(tree.with_others(draft(&tree, seat, most), others, |s| format!("{} wrote {}", tree.label(s), blocks(written(&tree, s)))));
}

/// Temporary blocks that the node itself wrote.
fn written(tree: &Tree<'_>, seat: &Seat<'_>) -> f64 {
    tree.own(seat, |s| s.node.buffers.temp_written).unwrap_or(0.0)
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, most: f64) -> Draft {
    let weight = tree.weight(seat);
    let written = written(tree, seat);
    let read = tree.own(seat, |s| s.node.buffers.temp_read).unwrap_or(0.0);
    let message = format!("{} wrote {} of temporary files", tree.label(seat), blocks(written));
    let reason = match seat.node.kind.as_str() {
        "CTE Scan" => {
            "A WITH query that is used more than once (or marked MATERIALIZED) is computed in full and kept, every row and every column of it."
        }
        "WindowAgg" => "A window function keeps all rows of the current partition of its window.",
        "Materialize" => "The rows are kept because the join above reads them again for every row of its other side.",
        "Function Scan" => "The rows of the function are kept before the first is handed on.",
        _ => "The rows are kept to be read again.",
    };
    let why = format!(
        "{reason} They may take {} in memory (work_mem), these {} take about {}, so they went to a temporary file and came back from it. That is {}. Handing on fewer \
         columns or rows helps as much as memory does.",
        size(tree.work_mem()),
        rows(seat.rows().unwrap_or(0.0)),
        blocks(written),
        weight.words()
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity().lowered())
        .evidence("temporary blocks written", written, "EXPLAIN (ANALYZE, BUFFERS)")
        .evidence("temporary blocks read", read, "EXPLAIN (ANALYZE, BUFFERS)")
        .evidence("work_mem", size(tree.work_mem()), tree.memory_source("work_mem"));
    let draft = tree.with_place(draft, seat, weight);
    // In memory rows take about twice their space in a file: pointers and allocation beside the data.
    match work_mem(tree, most * 8192.0 * 2.0) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
