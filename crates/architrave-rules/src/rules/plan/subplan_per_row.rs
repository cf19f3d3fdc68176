//! `plan/subplan-per-row`: see `subplan_per_row.md` for the rule's page.

use super::remedy;
use super::tree::{Seat, Tree};
use super::wording::{ms, rows};
use crate::figures::count;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/subplan-per-row",
    summary: "a correlated subquery is run once per row and takes a good part of the time",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("subplan_per_row.md"),
    check: Check::Plan(check),
};

/// Runs below which a subquery per row is the cheapest way there is.
const LEAST_RUNS: f64 = 100.0;
/// The same where each run is a short look-up: a page of results is what such a subquery is good for.
const LEAST_SHORT_RUNS: f64 = 1000.0;
/// Its share of the statement: under a quarter something else is the matter.
const LEAST_SHARE: f64 = 0.25;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<&Seat<'_>> = tree.seats().iter().filter(|s| is_dear(&tree, s)).collect();
    found.sort_by(|a, b| tree.weight_with_inputs(b).share().total_cmp(&tree.weight_with_inputs(a).share()));
    let Some(worst) = found.first() else { return };
    let draft = draft(&tree, worst);
    let draft = found.iter().skip(1).fold(draft, |draft, seat| {
        let name = seat.node.subplan_name.as_deref().unwrap_or("subquery");
        let runs = runs_of(&tree, seat).unwrap_or(0.0);
        draft.place(explained.object(), Some(format!("{name}: {} runs, {}", count(runs), tree.weight_with_inputs(seat).words())))
    });
    sink.report(draft);
}

/// Whether the node is a subquery that runs often enough, and takes enough, to be worth a word.
fn is_dear(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let Some(runs) = runs_of(tree, seat).filter(|n| *n >= LEAST_RUNS) else { return false };
    let weight = tree.weight_with_inputs(seat);
    let few = full_scan(tree, seat).is_none() && (runs < LEAST_SHORT_RUNS || weight.severity() == Severity::Info);
    weight.share() >= LEAST_SHARE && !few
}

/// Whether this rule speaks about the full reads of that scan.
pub(super) fn reads(tree: &Tree<'_>, scan: &Seat<'_>) -> bool {
    let within = tree.ancestors(scan).chain(tree.seats().get(scan.at));
    within.into_iter().any(|s| is_dear(tree, s) && full_scan(tree, s).is_some_and(|full| full.at == scan.at))
}

/// How often a correlated subquery runs; none for what is no such thing or runs once (hashed, init plan).
fn runs_of(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<f64> {
    if seat.node.parent_relationship.as_deref() != Some("SubPlan") {
        return None;
    }
    if tree.is_analyzed() { seat.node.loops } else { Some(seat.runs) }
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>) -> Draft {
    let weight = tree.weight_with_inputs(seat);
    let runs = runs_of(tree, seat).unwrap_or(0.0);
    let name = seat.node.subplan_name.as_deref().unwrap_or("a subquery");
    let asked_by = tree.parent(seat).map_or_else(String::new, |p| format!(" for the rows of {}", tree.label(p)));
    let will = if tree.is_analyzed() { "runs" } else { "would run" };
    let each = if weight.is_timed() { format!(", {} each", ms(weight.ms() / runs.max(1.0))) } else { String::new() };
    let message = format!("{name} {will} {} times, once per row, and takes {}", count(runs), weight.words());
    let full = full_scan(tree, seat);
    let tail = match full {
        Some(scan) => format!(
            "Each run reads {} from end to end ({}) to find the few rows that belong to one outer row. With an index on what it looks for, each run becomes a short \
             look-up; as a join with a grouped subquery the table is read once.",
            tree.relation_name(scan),
            rows(visited(tree, scan))
        ),
        None => "Each run is short by itself; their number is what costs. As a join (LEFT JOIN with a subquery that groups by the same column, or LATERAL \
                 with a LIMIT) PostgreSQL may choose to do it once for all rows."
            .to_owned(),
    };
    let why = format!(
        "A subquery that refers to a column of the outer query cannot be computed once: PostgreSQL runs it anew{asked_by}, {} times{each}. The cost grows with the \
         product of both tables. {tail}",
        count(runs),
    );
    let mut draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .confidence(weight.confidence())
        .evidence("node", tree.path(seat), tree.source())
        .evidence("runs", runs, tree.source())
        .evidence("the subquery's part of the statement", weight.words(), weight.source());
    if let Some(fix) = full.and_then(|scan| remedy::index(tree, scan, &remedy::index_columns(tree, scan, &[]))) {
        draft = draft.fix(fix).effort(Effort::Small);
    }
    draft
}

/// A table that each run reads in full for a few rows: what an index mends without touching the statement.
fn full_scan<'t, 'a>(tree: &'t Tree<'a>, seat: &Seat<'a>) -> Option<&'t Seat<'a>> {
    tree.subtree(seat).into_iter().find(|s| s.node.kind == "Seq Scan" && reads_much(tree, s))
}

/// Rows that one run of the scan takes up.
fn visited(tree: &Tree<'_>, scan: &Seat<'_>) -> f64 {
    match scan.node.actual_rows {
        Some(kept) => kept + scan.node.rows_removed_by_filter.unwrap_or(0.0),
        None => tree.table_rows(scan).unwrap_or(scan.node.rows),
    }
}

fn reads_much(tree: &Tree<'_>, scan: &Seat<'_>) -> bool {
    let kept = scan.node.actual_rows.unwrap_or(scan.node.rows);
    let visited = visited(tree, scan);
    scan.node.filter.is_some() && visited >= 100.0 && kept <= visited * 0.1
}
