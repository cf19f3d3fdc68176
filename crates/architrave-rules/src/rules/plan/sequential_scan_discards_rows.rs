//! `plan/sequential-scan-discards-rows`: see `sequential_scan_discards_rows.md` for the rule's page.

use super::remedy::{index, index_columns, is_indexed};
use super::tree::{Seat, Tree};
use super::wording::{blocks, rows};
use super::{function_wrapped_column, implicit_cast, limit_gamble, nested_loop_many_iterations, subplan_per_row};
use crate::figures::{count, list, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/sequential-scan-discards-rows",
    summary: "table read from end to end for a small part of its rows",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("sequential_scan_discards_rows.md"),
    check: Check::Plan(check),
};

/// pev2's second step: nine of ten rows are read in vain.
const SHARE: f64 = 0.9;
/// Rows read per run: where other tools (rpg, Query-Sense) begin to speak of a large scan.
const FEWEST_ROWS: f64 = 10_000.0;
/// Blocks per run: postgres.ai's Joe ignores scans of fewer.
const FEWEST_BLOCKS: f64 = 50.0;
/// An index pays when it touches less than a quarter of the pages: `random_page_cost` is 4 by default, a page in order costs 1.
const PAGES_TOUCHED: f64 = 0.25;

/// Whether a rule that knows the reason speaks about the same scan: the condition hides the column, or the scan runs for every row of
/// something else, or until a LIMIT has its rows.
fn is_told<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> bool {
    let hidden =
        index_columns(tree, seat, &[]).is_empty() && (function_wrapped_column::speaks(tree, seat) || implicit_cast::speaks(tree, seat));
    hidden || limit_gamble::speaks(tree, seat) || nested_loop_many_iterations::reads(tree, seat) || subplan_per_row::reads(tree, seat)
}

/// What one run of a scan read and kept.
struct Reading {
    read: f64,
    kept: f64,
    pages: Option<f64>,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |seat: &Seat<'_>| reading(&tree, seat).is_some_and(|r| discards(&r) && pays(&tree, seat, &r)) && !is_told(&tree, seat);
    let found = tree.heaviest(wanted, |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    let detail = |s: &Seat<'_>| reading(&tree, s).map_or_else(String::new, |r| format!("{} read, {} kept", rows(r.read), count(r.kept)));
    if let Some(draft) = draft(&tree, seat) {
        sink.report(tree.with_others(draft, others, detail));
    }
}

/// Of all processes together, per run; none where it is not known.
fn reading(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<Reading> {
    if seat.node.kind != "Seq Scan" || seat.node.filter.is_none() {
        return None;
    }
    let pages = tree.table_name(seat).and_then(|t| Some(tree.context.stats?.table(&t)?.pages as f64)).filter(|n| *n > 0.0);
    if let Some(kept) = seat.rows() {
        let runs = seat.executions();
        let pages = seat.blocks().map(|n| n / runs).or(pages);
        return Some(Reading { read: (kept + seat.rows_dropped()) / runs, kept: kept / runs, pages });
    }
    Some(Reading { read: tree.table_rows(seat)?, kept: seat.planned_rows() / seat.runs, pages })
}

fn discards(reading: &Reading) -> bool {
    reading.read >= FEWEST_ROWS && reading.kept <= reading.read * (1.0 - SHARE) && reading.pages.is_none_or(|n| n >= FEWEST_BLOCKS)
}

/// Whether an index would touch so few pages that it is worth using. Rows in the table's physical order lie together.
fn pays(tree: &Tree<'_>, seat: &Seat<'_>, reading: &Reading) -> bool {
    let pages = reading.pages.unwrap_or_else(|| (reading.read * (seat.node.width + 28.0) / 8192.0).max(1.0));
    let columns = index_columns(tree, seat, &[]);
    let together = columns.first().is_some_and(|first| {
        let table = tree.table_name(seat);
        let column = table.and_then(|t| tree.context.stats?.column(&t, first));
        column.and_then(|c| c.correlation).is_some_and(|c| c.abs() >= 0.9)
    });
    let touched = if together { pages * reading.kept / reading.read.max(1.0) } else { reading.kept.min(pages) };
    touched <= pages * PAGES_TOUCHED
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<Draft> {
    let reading = reading(tree, seat)?;
    let weight = tree.weight(seat);
    let relation = tree.relation_name(seat);
    let runs = seat.executions();
    let each = if runs >= 2.0 { format!(", {} times", count(runs)) } else { String::new() };
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let message = format!("{relation} is read in full for {} of {}{each}{expected}", count(reading.kept), rows(reading.read));
    let amount = reading.pages.map_or_else(String::new, |n| format!(" ({})", blocks(n)));
    let columns = index_columns(tree, seat, &[]);
    let fix = index(tree, seat, &columns);
    let reason = match (&columns[..], &fix) {
        ([], _) => " No plain comparison in the condition leads to them (it is an expression, an OR, or several ranges): an index on the expression, or a condition written so that a column stands alone, would.".to_owned(),
        (some, Some(_)) => format!(" No index starts with {}, so there is no other way to find them.", list(some)),
        (some, None) if tree.table(seat).is_some_and(|t| is_indexed(t, some)) => {
            format!(" There is an index that starts with {}, and the planner did not take it: see what it expects of the condition.", list(some))
        }
        _ => String::new(),
    };
    let why = format!(
        "PostgreSQL takes up every row of the table{amount}, looks at it and drops {} of them: {} for {}. The table grows, and the statement gets slower with it, \
         although the answer stays as small.{reason}",
        percent(1.0 - reading.kept / reading.read.max(1.0)),
        weight.words(),
        rows(reading.kept)
    );
    let confidence = if columns.is_empty() { Confidence::Possible } else { weight.confidence() };
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .confidence(confidence)
        .evidence("rows read", reading.read, if tree.is_analyzed() { "EXPLAIN ANALYZE" } else { "pg_class.reltuples" })
        .evidence("rows kept", reading.kept, tree.source());
    let draft = tree.with_place(draft, seat, weight);
    Some(match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    })
}
