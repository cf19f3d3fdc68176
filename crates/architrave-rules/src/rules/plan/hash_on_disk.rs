//! `plan/hash-on-disk`: see `hash_on_disk.md` for the rule's page.

use super::remedy::work_mem;
use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::{rows, size};
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/hash-on-disk",
    summary: "hash table that does not fit into its memory and goes through temporary files",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("hash_on_disk.md"),
    check: Check::Plan(check),
};

/// Bytes per row of a join's hash table beside its data (`ExecChooseHashTableSize`: two headers of 16) and its bucket's pointer.
const JOIN_ROW: f64 = 32.0 + 8.0;
/// Bytes per group of an aggregate beside its keys: entry, first row, and the state of the aggregates.
const GROUP: f64 = 160.0;
/// Kilobytes of an aggregate on disk that are worth a word.
const LEAST_KB: f64 = 1024.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| spilled(&tree, s), |s| weight(&tree, s));
    let Some((seat, others)) = found.split_first() else { return };
    let needed = found.iter().map(|s| needed(s)).fold(0.0, f64::max);
    sink.report(tree.with_others(draft(&tree, seat, needed), others, |s| said(&tree, s)));
}

fn is_aggregate(seat: &Seat<'_>) -> bool {
    seat.node.kind == "Aggregate" && matches!(seat.node.strategy.as_deref(), Some("Hashed" | "Mixed"))
}

/// Whether it went to disk; without ANALYZE whether the planner has to expect it (it plans no aggregate that would).
fn spilled(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let node = seat.node;
    if is_aggregate(seat) {
        return node.disk_usage_kb.unwrap_or(0.0) >= LEAST_KB;
    }
    if node.kind != "Hash" {
        return false;
    }
    if tree.is_analyzed() { node.hash_batches.unwrap_or(1.0) > 1.0 } else { needed(seat) > tree.work_mem() * tree.hash_factor() }
}

/// A hash join's spill costs where its two sides are written and read: in the join and in its hash node.
fn weight(tree: &Tree<'_>, seat: &Seat<'_>) -> Weight {
    let join = tree.parent(seat).filter(|_| seat.node.kind == "Hash");
    let ms = join.map_or(seat.own_ms, |join| Some(seat.own_ms? + join.own_ms?));
    tree.weighed(ms, seat.own_cost + join.map_or(0.0, |join| join.own_cost))
}

/// Bytes of the whole table in memory.
fn needed(seat: &Seat<'_>) -> f64 {
    // In a parallel hash the processes fill one table together and put their memory together: one's share against one's memory.
    let per_row = (seat.node.width / 8.0).ceil() * 8.0 + if is_aggregate(seat) { GROUP } else { JOIN_ROW };
    entries(seat) * per_row
}

/// Entries of the table per run and process: rows of a join's side, groups (also those that HAVING drops) of an aggregate.
fn entries(seat: &Seat<'_>) -> f64 {
    let node = seat.node;
    node.actual_rows.map_or(node.rows, |rows| rows + node.rows_removed_by_filter.unwrap_or(0.0))
}

fn said(tree: &Tree<'_>, seat: &Seat<'_>) -> String {
    let node = seat.node;
    if let Some(kb) = node.disk_usage_kb.filter(|_| is_aggregate(seat)) {
        return format!("grouping into {} groups wrote {} to disk", count(entries(seat)), size(kb * 1024.0));
    }
    let shared = if node.parallel_aware == Some(true) { seat.processes } else { 1.0 };
    let number = rows(entries(seat) * shared);
    match node.hash_batches.filter(|_| tree.is_analyzed()) {
        Some(batches) => format!("hash table of {number} was split into {} batches on disk", count(batches)),
        None => format!("hash table of {number} is expected to need {}, more than fits into memory", size(needed(seat) * shared)),
    }
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, needed: f64) -> Draft {
    let weight = weight(tree, seat);
    let node = seat.node;
    let limit = tree.work_mem() * tree.hash_factor();
    let assumed =
        if tree.memory_source("work_mem") == "PostgreSQL's default" { ", the defaults: the plan does not tell the server's" } else { "" };
    let memory = format!("{} (work_mem {} × hash_mem_multiplier {}{assumed})", size(limit), size(tree.work_mem()), tree.hash_factor());
    let consequence = if is_aggregate(seat) {
        "The groups that did not fit were put aside as rows in temporary files and counted in further rounds."
    } else {
        "So both sides of the join are cut into batches, written to temporary files and read back, one batch after the other."
    };
    let surprise = match (node.original_hash_batches, node.hash_batches) {
        (Some(planned), Some(batches)) if batches > planned => format!(
            " The planner expected {} rows and {} batches: with a better estimate it might have hashed the other side.",
            count(node.rows),
            count(planned)
        ),
        _ => String::new(),
    };
    let why = format!(
        "A hash table may take {memory} per process; this one needs about {}. {consequence} That is {}.{surprise}",
        size(needed),
        weight.words()
    );
    let mut draft = Draft::new(tree.explained.object(), said(tree, seat), why)
        .severity(weight.severity())
        .confidence(if tree.is_analyzed() { Confidence::Certain } else { Confidence::Likely })
        .evidence("memory of a hash table", memory, tree.memory_source("work_mem"));
    if let Some(kb) = node.peak_memory_kb {
        draft = draft.evidence("peak memory", size(kb * 1024.0), "EXPLAIN ANALYZE");
    }
    draft = tree.with_place(draft, seat, weight);
    match work_mem(tree, needed / tree.hash_factor()) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
