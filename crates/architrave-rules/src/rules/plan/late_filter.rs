//! `plan/late-filter`: see `late_filter.md` for the rule's page.

use super::expression::{atoms, comparison};
use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::condition::{TokenKind, plain_column, without_parentheses};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/late-filter",
    summary: "rows are joined, sorted or numbered first, and most of them thrown away after it",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("late_filter.md"),
    check: Check::Plan(check),
};

/// Rows below which the work before the filter is not worth a word.
const LEAST_ROWS: f64 = 10_000.0;
/// Nine tenths thrown away: the mark at which pev2 paints a filter red.
const MOST_KEPT: f64 = 0.1;
/// The node with everything below it must be the larger part of the statement.
const LEAST_SHARE: f64 = 0.4;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.seats().iter().filter(|s| is_late(&tree, s) && tree.weight_with_inputs(s).share() >= LEAST_SHARE);
    // The lowest one does the damage; those above it see what it leaves.
    let Some(worst) = found.max_by(|a, b| before(&tree, a).total_cmp(&before(&tree, b))) else { return };
    let (made, kept) = (before(&tree, worst), after(&tree, worst));
    let weight = tree.weight_with_inputs(worst);
    let label = tree.label(worst);
    let (work, remedy) = advice(&tree, worst);
    let message = format!("{} are {work} before a condition keeps {} of them", rows(made), count(kept));
    let why = format!(
        "The condition stands on {label}, above everything that makes its rows: {} are {work} for {} that stay ({}), and that work is {}. PostgreSQL moves conditions \
         down to the tables where that cannot change the result; it could not here. {remedy}",
        rows(made),
        count(kept),
        percent(kept / made.max(1.0)),
        weight.words(),
    );
    let draft = Draft::new(explained.object(), message, why).severity(weight.severity()).confidence(weight.confidence());
    sink.report(
        draft
            .evidence("node", tree.path(worst), tree.source())
            .evidence("the node with its inputs", weight.words(), weight.source())
            .evidence("rows before the condition", made, tree.source())
            .evidence("rows after it", kept, tree.source()),
    );
}

/// A filter that is no scan's own: above joins, window functions and subqueries. HAVING over an aggregate cannot come earlier, and
/// what a CTE hides is `plan/cte-blocks-pushdown`.
fn is_late(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let node = seat.node;
    let filtered = node.filter.as_deref().is_some_and(|f| !f.contains("SubPlan"));
    let kind = node.kind == "Subquery Scan" || node.is_join();
    // An anti join written as LEFT JOIN … IS NULL is what it says.
    let below_grouping = node.kind == "Subquery Scan"
        && tree.inputs(seat).any(|c| matches!(c.node.kind.as_str(), "Aggregate" | "Group" | "SetOp" | "Unique"));
    let (made, kept) = (before(tree, seat), after(tree, seat));
    let hopeless = windows(tree, seat).is_some_and(|early| !early) && !node.filter.as_deref().is_some_and(is_rank);
    filtered && kind && !below_grouping && !hopeless && seat.ran() && made >= LEAST_ROWS && kept <= made * MOST_KEPT
}

/// Whether a window function is computed for the filter, and if so, whether it is left early (15 and later).
fn windows(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<bool> {
    let below = tree.inputs(seat).find(|s| s.node.kind == "WindowAgg")?;
    Some(below.node.run_condition.is_some())
}

/// `x.rn = 1`, `x.rn <= 3`: the first rows of each group. A condition on a running sum needs all rows, like HAVING.
fn is_rank(filter: &str) -> bool {
    let atoms = atoms(filter);
    let [atom] = atoms.as_slice() else { return false };
    let Some((left, sign, right)) = comparison(atom) else { return false };
    let number = matches!(without_parentheses(right), [one] if one.kind == TokenKind::Number || one.is_sign("…"));
    plain_column(left).is_some() && matches!(sign, "=" | "<" | "<=") && number
}

fn after(tree: &Tree<'_>, seat: &Seat<'_>) -> f64 {
    if tree.is_analyzed() { seat.rows().unwrap_or(0.0) } else { seat.planned_rows() }
}

/// Rows that the filter saw. A window that is left early (Run Condition) is judged by what it still had to read.
fn before(tree: &Tree<'_>, seat: &Seat<'_>) -> f64 {
    if seat.node.is_join() {
        return if tree.is_analyzed() { after(tree, seat) + seat.in_all(seat.node.rows_removed_by_filter) } else { 0.0 };
    }
    let mut below = tree.inputs(seat).next();
    while let Some(window) = below.filter(|s| s.node.kind == "WindowAgg" && s.node.run_condition.is_some()) {
        below = tree.inputs(window).next();
    }
    let Some(below) = below else { return 0.0 };
    if tree.is_analyzed() { below.rows().unwrap_or(0.0) } else { below.planned_rows() }
}

/// What is done to the rows, and what helps.
fn advice(tree: &Tree<'_>, seat: &Seat<'_>) -> (&'static str, &'static str) {
    let window = windows(tree, seat).is_some();
    if seat.node.is_join() {
        return (
            "joined",
            "A condition over columns of both sides, or one that also lets rows without a partner through (IS NULL OR …), can only be answered after the join: as two \
             statements with UNION ALL, each with its own condition, or as NOT EXISTS, each table is cut down first.",
        );
    }
    if window {
        return (
            "sorted and numbered",
            "A window function has to see all rows of a group before any may go: for the first rows of each group, LATERAL with ORDER BY … LIMIT over the table of \
             groups (or DISTINCT ON for the first one) reads only those, given an index on the group's column and the order.",
        );
    }
    (
        "computed",
        "A LIMIT, a DISTINCT ON, a volatile function or a security barrier view in the subquery forbids it: move the condition into the subquery where it means the \
         same.",
    )
}
