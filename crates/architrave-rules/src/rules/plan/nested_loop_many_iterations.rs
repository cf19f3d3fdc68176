//! `plan/nested-loop-many-iterations`: see `nested_loop_many_iterations.md` for the rule's page.

use super::remedy::{index, index_columns, statistics};
use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::{rows, times};
use crate::figures::{count, list};
use crate::statements::Names;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/nested-loop-many-iterations",
    summary: "join that runs its inner side again and again: in full, or far more often than planned",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("nested_loop_many_iterations.md"),
    check: Check::Plan(check),
};

/// Runs of an inner side that reads a table in full (rpg's threshold).
const FULL_READS: f64 = 100.0;
/// Runs of an inner side with an index (Query-Sense's; pganalyze says thousands) where the planner expected far fewer.
const LOOKUPS: f64 = 1000.0;
/// How many times more than expected.
const FACTOR: f64 = 10.0;
/// Rows per full read: an inner table of a page or two is no harm.
const FEWEST_ROWS: f64 = 100.0;

/// What is wrong with a nested loop.
enum Trouble<'t, 'a> {
    /// Its inner side reads a table in full, so many times.
    FullReads { scan: &'t Seat<'a>, runs: f64 },
    /// Its inner side looks up in an index, but more often than the planner thought: expected, found.
    MoreThanPlanned { outer: &'t Seat<'a>, planned: f64, runs: f64 },
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| trouble(&tree, s).is_some(), |s| inner_weight(&tree, s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some(trouble) = trouble(&tree, seat) {
        // A join inside the inner side of a join is the same trouble, seen twice.
        let apart: Vec<&Seat<'_>> = others
            .iter()
            .copied()
            .filter(|s| tree.subtree(seat).iter().chain(&tree.subtree(s)).filter(|x| x.at == s.at || x.at == seat.at).count() == 2)
            .collect();
        sink.report(tree.with_others(draft(&tree, seat, &trouble), &apart, |s| tree.label(s)));
    }
}

/// Whether this rule has something to say about the join.
pub(super) fn speaks(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    trouble(tree, seat).is_some()
}

/// Whether this rule speaks about the full reads of that scan.
pub(super) fn reads(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    tree.ancestors(seat).any(|join| matches!(trouble(tree, join), Some(Trouble::FullReads { scan, .. }) if scan.at == seat.at))
}

/// Whether a join above ran more often than planned, which this rule puts down to the rows that it got.
pub(super) fn surprised(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let speaks =
        |join: &Seat<'_>| matches!(trouble(tree, join), Some(Trouble::MoreThanPlanned { .. })) && inner_weight(tree, join).matters();
    tree.ancestors(seat).any(speaks)
}

fn inner_weight(tree: &Tree<'_>, seat: &Seat<'_>) -> Weight {
    tree.inputs(seat).nth(1).map_or_else(|| tree.weight(seat), |inner| tree.weight_with_inputs(inner))
}

fn trouble<'t, 'a>(tree: &'t Tree<'a>, seat: &Seat<'_>) -> Option<Trouble<'t, 'a>> {
    if seat.node.kind != "Nested Loop" {
        return None;
    }
    let mut inputs = tree.inputs(seat);
    let (outer, inner) = (inputs.next()?, inputs.next()?);
    // What is kept in memory is read there.
    if inner.node.kind == "Materialize" {
        return None;
    }
    let runs = if tree.is_analyzed() { inner.node.loops? } else { inner.runs };
    let full = tree.subtree(inner).into_iter().find(|s| reads_in_full(tree, s, runs));
    if let Some(scan) = full.filter(|_| runs >= FULL_READS) {
        return Some(Trouble::FullReads { scan, runs });
    }
    let planned = outer.node.rows.max(1.0) * outer.node.loops.unwrap_or(1.0).max(1.0);
    (tree.is_analyzed() && runs >= LOOKUPS && runs >= planned * FACTOR).then_some(Trouble::MoreThanPlanned { outer, planned, runs })
}

/// A sequential scan that takes up many rows in each of these runs.
fn reads_in_full(tree: &Tree<'_>, seat: &Seat<'_>, runs: f64) -> bool {
    let each = match seat.rows() {
        Some(kept) => (kept + seat.rows_dropped()) / seat.node.loops.unwrap_or(1.0).max(1.0),
        None => tree.table_rows(seat).unwrap_or(seat.node.rows),
    };
    // What a hash or a store above it keeps is read once, not in every run.
    let often = seat.node.loops.map_or(seat.runs, |loops| loops) >= runs * 0.9;
    seat.node.kind == "Seq Scan" && each >= FEWEST_ROWS && often
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, trouble: &Trouble<'_, '_>) -> Draft {
    let weight = inner_weight(tree, seat);
    let source = tree.source();
    let (message, why, fix, runs) = match trouble {
        Trouble::FullReads { scan, runs } => {
            let (message, why, fix) = full_reads(tree, seat, scan, *runs, &weight);
            (message, why, fix, *runs)
        }
        Trouble::MoreThanPlanned { outer, planned, runs } => {
            let inner = tree.inputs(seat).nth(1).map_or_else(String::new, |i| tree.label(i));
            let message = format!("{inner} ran {} times, {} expected", count(*runs), count(*planned));
            let why = format!(
                "For each row of the outer side the join looks up its partners; the planner chose that for {}, and {} came: {} as many. Each single lookup is quick, all of them are {}. \
                 For so many rows reading the table once and joining it through a hash table is cheaper, and PostgreSQL would take that way if it knew. What has to be mended is the estimate of {}.",
                rows(*planned),
                rows(*runs),
                times(runs / planned),
                weight.words(),
                tree.label(outer)
            );
            (message, why, estimate(tree, outer), *runs)
        }
    };
    let confidence = if tree.is_analyzed() { Confidence::Certain } else { Confidence::Likely };
    let draft = Draft::new(tree.explained.object(), message, why).severity(weight.severity()).confidence(confidence).evidence(
        "runs of the inner side",
        runs,
        source,
    );
    let draft = tree.with_place(draft, seat, weight);
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

fn full_reads(tree: &Tree<'_>, seat: &Seat<'_>, scan: &Seat<'_>, runs: f64, weight: &Weight) -> (String, String, Option<Fix>) {
    let relation = tree.relation_name(scan);
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let each = match scan.rows() {
        Some(kept) => (kept + scan.rows_dropped()) / scan.node.loops.unwrap_or(1.0).max(1.0),
        None => tree.table_rows(scan).unwrap_or(scan.node.rows),
    };
    let join_filter: Vec<&str> = seat.node.join_filter.iter().map(String::as_str).collect();
    let columns = index_columns(tree, scan, &join_filter);
    let fix = index(tree, scan, &columns);
    let advice = match &fix {
        Some(_) => format!(" With an index on {} each run is a lookup of a few pages.", list(&columns)),
        None => " A condition that compares columns as they are, of the same type, could use an index or a hash table.".to_owned(),
    };
    let message = format!("{relation} is read in full {} times, {} each{expected}", count(runs), rows(each));
    let why = format!(
        "A nested loop runs its inner side once per row of the outer one, and here the inner side has no index to use: {} rows are taken up to find the partners of {}. That is {}, and it grows \
         with the product of both sides.{advice}",
        count(runs * each),
        rows(runs),
        weight.words()
    );
    (message, why, fix)
}

/// Better statistics for the outer side, where it is a scan with several columns in its conditions.
fn estimate(tree: &Tree<'_>, outer: &Seat<'_>) -> Option<Fix> {
    let columns = tree.columns_in(outer, &outer.conditions());
    let table = tree.table(outer).filter(|_| columns.len() >= 2)?;
    statistics(table, &columns, &mut Names::of(tree.context.catalog))
}
