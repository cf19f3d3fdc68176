//! `plan/sort-on-disk`: see `sort_on_disk.md` for the rule's page.

use super::remedy::work_mem;
use super::tree::{Seat, Tree};
use super::wording::{rows, size};
use crate::figures::{count, list_of};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/sort-on-disk",
    summary: "sort that does not fit into work_mem and goes through temporary files",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("sort_on_disk.md"),
    check: Check::Plan(check),
};

/// Bytes per row beside its data: in memory the tuple's header, the allocator's and an entry of the array that is sorted, which grows
/// by doubling; for the planner (`relation_byte_size`) only a row header.
const IN_MEMORY: f64 = 88.0;
const PLANNED: f64 = 24.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| spilled(&tree, s).is_some(), |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    let needed = found.iter().map(|s| needed(s)).fold(0.0, f64::max);
    let on_disk = |s: &Seat<'_>| size(spilled(&tree, s).unwrap_or(0.0));
    let detail = |s: &Seat<'_>| format!("{} of {} on disk", tree.label(s), on_disk(s));
    sink.report(tree.with_others(draft(&tree, seat, needed), others, detail));
}

/// Bytes that went to disk, in all processes; without ANALYZE those that the planner expects to.
fn spilled(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<f64> {
    let node = seat.node;
    if !matches!(node.kind.as_str(), "Sort" | "Incremental Sort") {
        return None;
    }
    if tree.is_analyzed() {
        let own = (node.sort_space_type.as_deref() == Some("Disk")).then_some(node.sort_space_kb.unwrap_or(0.0));
        let workers = node.workers.iter().filter(|w| w.sort_space_type.as_deref() == Some("Disk")).filter_map(|w| w.sort_space_kb);
        let kb: f64 = own.into_iter().chain(workers).sum();
        return (kb > 0.0).then_some(kb * 1024.0);
    }
    // A sort below a LIMIT keeps only the first rows; what comes presorted is sorted in small groups.
    let bounded = tree.parent(seat).is_some_and(|p| p.node.kind == "Limit");
    let bytes = node.rows * (aligned(node.width) + PLANNED);
    (node.kind == "Sort" && !bounded && bytes > tree.work_mem()).then_some(bytes)
}

/// Bytes of one process's share in memory.
fn needed(seat: &Seat<'_>) -> f64 {
    seat.node.actual_rows.unwrap_or(seat.node.rows) * (aligned(seat.node.width) + IN_MEMORY)
}

/// Rows start at multiples of eight.
fn aligned(width: f64) -> f64 {
    (width / 8.0).ceil() * 8.0
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, needed: f64) -> Draft {
    let weight = tree.weight(seat);
    let on_disk = size(spilled(tree, seat).unwrap_or(0.0));
    let keys = list_of(&seat.node.sort_key, 3);
    let number = seat.node.actual_rows.map_or(seat.planned_rows(), |_| seat.rows().unwrap_or(0.0));
    let message = if tree.is_analyzed() {
        format!("sort of {} by {keys} used {on_disk} of disk", rows(number))
    } else {
        format!("sort of {} by {keys} is expected to use {on_disk} of disk", rows(number))
    };
    let whose = if seat.processes > 1.0 { "each process's share" } else { "they" };
    let why = format!(
        "A sort may take {} of memory (work_mem), and in memory {whose} would take about {} ({} of {} bytes each): so PostgreSQL sorts in portions, writes each \
         to a temporary file and merges the files. That is {}. Where only the first rows are wanted, a LIMIT, or an index in that order, avoids the sort altogether.",
        size(tree.work_mem()),
        size(needed),
        rows(seat.node.actual_rows.unwrap_or(seat.node.rows)),
        count(aligned(seat.node.width) + IN_MEMORY),
        weight.words(),
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .confidence(if tree.is_analyzed() { Confidence::Certain } else { Confidence::Likely })
        .evidence("space on disk", on_disk, tree.source())
        .evidence("width of a row, bytes", seat.node.width, "EXPLAIN")
        .evidence("work_mem", size(tree.work_mem()), tree.memory_source("work_mem"));
    let draft = tree.with_place(draft, seat, weight);
    match work_mem(tree, needed) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
