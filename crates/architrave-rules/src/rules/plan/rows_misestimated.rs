//! `plan/rows-misestimated`: see `rows_misestimated.md` for the rule's page.

use super::remedy::{analyze, statistics};
use super::tree::{Seat, Tree};
use super::weight::Weight;
use super::wording::{rows, times};
use super::{default_selectivity, nested_loop_many_iterations, remedy, statistics_stale};
use crate::figures::{count, list};
use crate::statements::Names;
use architrave_model::catalog::Table;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/rows-misestimated",
    summary: "plan that rests on a row estimate ten times off or more",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("rows_misestimated.md"),
    check: Check::Plan(check),
};

/// pev2, explain.depesz.com and pgAdmin mark estimates from ten times off.
const FACTOR: f64 = 10.0;
/// From here on their mark is the second one: the plan is a matter of luck.
const WILD: f64 = 100.0;
/// Rows of all loops: below that no choice of the planner would have been another.
const FEWEST_ROWS: f64 = 1000.0;

/// Nodes that hand on what they get: their estimate is their input's.
const PASSING: &[&str] = &["Sort", "Incremental Sort", "Hash", "Gather", "Gather Merge", "Subquery Scan"];

/// Nodes whose row counts are no estimates: bitmaps count nothing, a rescanned store counts twice, recursion is a fixed guess.
const UNTOLD: &[&str] =
    &["BitmapAnd", "BitmapOr", "ModifyTable", "Materialize", "Memoize", "Recursive Union", "WorkTable Scan", "Limit", "Result", "LockRows"];

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    if !tree.is_analyzed() {
        return;
    }
    let mut found: Vec<(&Seat<'_>, f64)> = tree.seats().iter().filter_map(|s| Some((s, origin(&tree, s)?))).collect();
    found.retain(|(seat, _)| harm(&tree, seat).is_some_and(|w| w.matters()) && !is_told(&tree, seat));
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.at.cmp(&b.0.at)));
    let Some(((seat, factor), others)) = found.split_first() else { return };
    let others: Vec<&Seat<'_>> = others.iter().map(|(s, _)| *s).collect();
    sink.report(tree.with_others(draft(&tree, seat, *factor), &others, |s| format!("{}: {}", tree.label(s), against(s))));
}

/// Whether another rule speaks about the estimate: a built-in guess, or a nested loop that ran more often than planned, which names it
/// (unless this rule knows what mends it).
fn is_told<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> bool {
    let looped = || nested_loop_many_iterations::surprised(tree, seat) && remedy_for(tree, seat, &condition_columns(tree, seat)).is_none();
    default_selectivity::speaks(tree, seat) || looped()
}

/// How far the estimate of the node is off, when it is and the error starts here: its inputs were estimated well.
fn origin(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<f64> {
    let factor = off(tree, seat)?;
    if PASSING.contains(&seat.node.kind.as_str()) {
        return None;
    }
    let inherited = tree.inputs(seat).filter_map(|input| off(tree, maker(tree, input))).any(|of_input| of_input * FACTOR > factor);
    (!inherited).then_some(factor)
}

/// The node below whose estimate it is.
fn maker<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> &'t Seat<'a> {
    let mut seat = seat;
    while PASSING.contains(&seat.node.kind.as_str())
        && let Some(input) = tree.inputs(seat).next()
    {
        seat = input;
    }
    seat
}

/// The factor between estimate and truth; none where it is under ten, or where the figures cannot be compared.
fn off(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<f64> {
    let node = seat.node;
    let (planned, actual) = (node.rows.max(1.0), node.actual_rows?.max(1.0));
    let loops = node.loops.filter(|n| *n > 0.0)?;
    if UNTOLD.contains(&node.kind.as_str()) || planned.max(actual) * loops < FEWEST_ROWS {
        return None;
    }
    let factor = (planned / actual).max(actual / planned);
    // Fewer rows than planned is no error where nobody asked for more; a merge join reads its inner side again for equal keys.
    let comparable = if actual < planned { !tree.may_stop_early(seat) } else { !is_reread(tree, seat) };
    (factor >= FACTOR && comparable).then_some(factor)
}

fn is_reread(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    tree.parent(seat).is_some_and(|p| p.node.kind == "Merge Join" && tree.inputs(p).nth(1).is_some_and(|inner| inner.at == seat.at))
}

/// What the wrong number may have led to: the join above it, or the scan itself where another way to the rows was at stake.
fn harm(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<Weight> {
    if let Some(join) = tree.ancestors(seat).find(|above| above.node.is_join()) {
        return Some(tree.weight_with_inputs(join));
    }
    let node = seat.node;
    let (planned, actual) = (node.rows, node.actual_rows?);
    let read_in_vain = node.kind == "Seq Scan" && node.filter.is_some() && actual < planned && seat.rows_dropped() >= 10.0 * FEWEST_ROWS;
    let fetched_singly = node.kind == "Index Scan" && actual > planned && seat.rows()? >= 10.0 * FEWEST_ROWS;
    let spills = node.kind == "Aggregate" && actual > planned && seat.rows()? >= 10.0 * FEWEST_ROWS;
    (read_in_vain || fetched_singly || spills).then(|| tree.weight_with_inputs(seat))
}

/// `10 rows expected, 9,120 found`, per loop where there are several.
fn against(seat: &Seat<'_>) -> String {
    let each = if seat.node.loops.unwrap_or(1.0) / seat.processes >= 2.0 { " per run" } else { "" };
    format!("{} expected, {} found{each}", rows(seat.node.rows), count(seat.node.actual_rows.unwrap_or(0.0).round()))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, factor: f64) -> Draft {
    let weight = harm(tree, seat).unwrap_or_else(|| tree.weight(seat));
    let mut severity = if factor >= WILD { weight.severity() } else { weight.severity().lowered() };
    let message = format!("{}: {} ({} off)", tree.label(seat), against(seat), times(factor));
    let columns = condition_columns(tree, seat);
    let fix = remedy_for(tree, seat, &columns);
    if fix.is_none() {
        // Nothing is known to mend it: worth knowing rather than doing.
        severity = severity.lowered();
    }
    let few = seat.node.actual_rows.unwrap_or(0.0) > seat.node.rows;
    let effect = if few {
        "A plan made for a few rows meets many: joins that look up row by row run too often, sorts and hash tables get too little memory."
    } else {
        "A plan made for many rows meets a few: whole tables are read and hashed where a handful of lookups would do."
    };
    let why = format!("{} {effect} {} hangs on it.{}", cause(tree, seat, &columns), hangs(tree, seat, &weight), advice(seat, &columns));
    let draft = Draft::new(tree.explained.object(), message, why).severity(severity);
    let draft = draft.evidence("rows expected", seat.node.rows, "EXPLAIN").evidence(
        "rows found",
        seat.node.actual_rows.unwrap_or(0.0),
        "EXPLAIN ANALYZE",
    );
    let draft = tree.with_place(draft, seat, tree.weight(seat));
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

fn hangs(tree: &Tree<'_>, seat: &Seat<'_>, weight: &Weight) -> String {
    match tree.ancestors(seat).find(|above| above.node.is_join()) {
        Some(join) => format!("The {} above, {},", tree.label(join), weight.words()),
        None => format!("How the rows are found, {},", weight.words()),
    }
}

/// Why the planner took a wrong number, as far as the node tells.
fn cause(tree: &Tree<'_>, seat: &Seat<'_>, columns: &[String]) -> String {
    let node = seat.node;
    if node.is_join() {
        return "The planner knows each table by itself, not how the rows of two tables match: it guesses the result of a join from the number of distinct values on both sides."
            .to_owned();
    }
    if node.kind == "Aggregate" || node.kind == "Group" {
        return "The planner multiplies the distinct values of the grouped columns, as if every combination occurred.".to_owned();
    }
    let relation = tree.relation_name(seat);
    match columns {
        [] => "The planner has no statistics for what this step computes and takes a fixed guess.".to_owned(),
        [one] => format!(
            "The planner guesses from the common values and the histogram it keeps of {relation}.{one}, and those miss what is asked for here."
        ),
        several => format!(
            "The planner multiplies the shares of {} of {relation} as if they had nothing to do with each other; where one follows from the other, that is wrong by as much as they hang together.",
            list(several)
        ),
    }
}

fn advice(seat: &Seat<'_>, columns: &[String]) -> String {
    if seat.node.is_join() {
        " No statistics cover a join: reduce one side first (a filter that is known, a MATERIALIZED subquery), or store what the join computes.".to_owned()
    } else if columns.is_empty() {
        " What is computed can get statistics of its own with CREATE STATISTICS on the expression (14 and later).".to_owned()
    } else {
        String::new()
    }
}

/// Columns of the scanned table in the node's conditions; of an aggregate over one table, those grouped by.
fn condition_columns(tree: &Tree<'_>, seat: &Seat<'_>) -> Vec<String> {
    if seat.node.kind == "Aggregate" || seat.node.kind == "Group" {
        return grouped(tree, seat).map(|(_, columns)| columns).unwrap_or_default();
    }
    let mut conditions = seat.conditions();
    // A bitmap heap scan repeats its index's condition; a bitmap index scan has no table of its own.
    conditions.dedup();
    tree.columns_in(seat, &conditions)
}

/// The one table below whose columns are grouped by.
fn grouped<'a>(tree: &Tree<'a>, seat: &Seat<'_>) -> Option<(&'a Table, Vec<String>)> {
    let keys: Vec<&str> = seat.node.group_key.iter().map(String::as_str).collect();
    let scans = tree.subtree(seat).into_iter().filter(|s| s.node.is_scan());
    scans.into_iter().find_map(|scan| {
        let columns = tree.columns_in(scan, &keys);
        (columns.len() >= 2 && columns.len() == keys.len()).then_some((tree.table(scan)?, columns))
    })
}

fn remedy_for(tree: &Tree<'_>, seat: &Seat<'_>, columns: &[String]) -> Option<Fix> {
    let mut names = Names::of(tree.context.catalog);
    if let Some((table, columns)) = grouped(tree, seat).filter(|_| seat.node.kind == "Aggregate") {
        return statistics(table, &columns, &mut names);
    }
    let table = tree.table(seat)?;
    if statistics_stale::staleness(tree.context, &table.name).is_some() {
        return Some(analyze(std::slice::from_ref(&table.name)));
    }
    match columns {
        // A single column that is compared as it is: a finer histogram. Inside an expression its histogram says nothing.
        [_] if remedy::index_columns(tree, seat, &[]) != columns => None,
        [] => None,
        some => statistics(table, some, &mut names),
    }
}
