//! `plan/limit-gamble`: see `limit_gamble.md` for the rule's page.

use super::remedy;
use super::tree::{Seat, Tree};
use super::wording::{rows, times};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/limit-gamble",
    summary: "LIMIT made the planner bet on meeting matching rows early",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("limit_gamble.md"),
    check: Check::Plan(check),
};

/// The LIMIT is charged a tenth of its input or less: the rest is what the planner bets on not having to read.
const MOST_CHARGED: f64 = 0.1;
/// Lost: ten times what was expected had to be read.
const LOST: f64 = 10.0;
/// Rows below which a lost bet is not felt.
const LEAST_ROWS: f64 = 10_000.0;
/// A bet that nobody has played yet is worth a word when it can cost a hundred times the estimate and hangs on rare rows.
const STAKE: f64 = 100.0;
const RARE: f64 = 0.01;

struct Bet<'t, 'a> {
    limit: &'t Seat<'a>,
    scan: &'t Seat<'a>,
    input_cost: f64,
    expected: f64,
    /// Rows read, when it was run.
    read: Option<f64>,
    table_rows: f64,
}

/// Whether this rule has something to say about the scan.
pub(super) fn speaks(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let limits = tree.seats().iter().filter(|s| s.node.kind == "Limit" && s.ran());
    limits.filter_map(|s| bet(tree, s)).any(|bet| bet.scan.at == seat.at)
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let Some(bet) = tree.seats().iter().filter(|s| s.node.kind == "Limit" && s.ran()).find_map(|s| bet(&tree, s)) else { return };
    let (name, scan) = (tree.relation_name(bet.scan), bet.scan);
    let draft = if let Some(read) = bet.read { lost(&tree, &bet, &name, read) } else { open(&tree, &bet, &name) };
    let mut draft = tree.with_place(draft, scan, tree.weight_with_inputs(bet.limit)).evidence(
        "rows that the planner expected to read",
        bet.expected,
        "EXPLAIN",
    );
    draft = draft.evidence("cost charged to LIMIT", bet.limit.node.total_cost, "EXPLAIN").evidence(
        "cost of its input in full",
        bet.input_cost,
        "EXPLAIN",
    );
    if let Some(fix) = index(&tree, scan) {
        draft = draft.fix(fix);
    }
    sink.report(draft);
}

/// The bet that was played and lost.
fn lost(tree: &Tree<'_>, bet: &Bet<'_, '_>, name: &str, read: f64) -> Draft {
    let wanted = bet.limit.node.rows;
    let message =
        format!("LIMIT {} was to find its rows of {name} within {}; {} were read", count(wanted), rows(bet.expected), count(read));
    let why = format!(
        "With a LIMIT the planner need not read everything: it expected matches to lie evenly in {name}, so that {} would turn up among the first {} of {}, and chose \
         a plan that reads until it has them. They lie together somewhere else, or are fewer than thought: {} were read, {} as many.{}",
        rows(wanted),
        count(bet.expected),
        rows(bet.table_rows),
        count(read),
        times(read / bet.expected.max(1.0)),
        tail(tree, bet),
    );
    let weight = tree.weight_with_inputs(bet.limit);
    let draft = Draft::new(tree.explained.object(), message, why).severity(weight.severity()).confidence(weight.confidence());
    draft.evidence("rows read", read, "EXPLAIN ANALYZE")
}

/// The bet that a plan which was not run would enter.
fn open(tree: &Tree<'_>, bet: &Bet<'_, '_>, name: &str) -> Draft {
    let (wanted, charged) = (bet.limit.node.rows, bet.limit.node.total_cost);
    let message = format!(
        "LIMIT {} costs {} only if matches lie early in {name}, {} otherwise",
        count(wanted),
        count(charged),
        count(bet.input_cost)
    );
    let why = format!(
        "With a LIMIT the planner need not read everything: it expects matches to lie evenly in {name}, so that {} turn up among the first {} of {}, and charges only \
         that. The condition keeps {} of the rows; where they lie together at the end of the table, or there are none for the value asked for, the whole table is \
         read instead.{}",
        rows(wanted),
        count(bet.expected),
        rows(bet.table_rows),
        percent(bet.scan.node.rows / bet.table_rows.max(1.0)),
        tail(tree, bet),
    );
    Draft::new(tree.explained.object(), message, why).severity(Severity::Low).confidence(Confidence::Possible)
}

/// An index for the scan's own condition; the order that a LIMIT wants is not its matter here.
fn index(tree: &Tree<'_>, scan: &Seat<'_>) -> Option<Fix> {
    remedy::index(tree, scan, &remedy::index_columns(tree, scan, &[]))
}

fn tail(tree: &Tree<'_>, bet: &Bet<'_, '_>) -> String {
    match index(tree, bet.scan) {
        Some(_) => " An index over the condition's columns finds them wherever they lie.".to_owned(),
        None => String::new(),
    }
}

fn bet<'t, 'a>(tree: &'t Tree<'a>, limit: &'t Seat<'a>) -> Option<Bet<'t, 'a>> {
    let input = tree.inputs(limit).next()?;
    let scan = streamed(tree, input)?;
    if limit.node.total_cost > input.node.total_cost * MOST_CHARGED || scan.node.filter.is_none() || scan.runs > 1.0 {
        return None;
    }
    let table_rows = tree.table_rows(scan)?;
    let expected = (limit.node.rows / input.node.rows.max(1.0) * table_rows).max(1.0);
    let found = Bet { limit, scan, input_cost: input.node.total_cost, expected, read: None, table_rows };
    if tree.is_analyzed() {
        let read = scan.rows()? + scan.in_all(scan.node.rows_removed_by_filter);
        let lost = read >= expected * LOST && read >= LEAST_ROWS && tree.weight_with_inputs(limit).matters();
        return lost.then_some(Bet { read: Some(read), ..found });
    }
    let dear = input.node.total_cost >= limit.node.total_cost * STAKE && table_rows >= LEAST_ROWS * 10.0;
    (dear && scan.node.rows <= table_rows * RARE && scan.node.kind == "Seq Scan").then_some(found)
}

/// The scan whose rows reach the LIMIT as they come: through joins that pass their outer rows on. A walk along an index for its order
/// alone is another rule's matter.
fn streamed<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<&'t Seat<'a>> {
    let mut seat = seat;
    loop {
        match seat.node.kind.as_str() {
            "Seq Scan" => return Some(seat),
            "Index Scan" | "Index Only Scan" => return seat.node.index_cond.is_some().then_some(seat),
            "Nested Loop" | "Hash Join" | "Subquery Scan" | "Result" | "LockRows" | "ProjectSet" => seat = tree.inputs(seat).next()?,
            _ => return None,
        }
    }
}
