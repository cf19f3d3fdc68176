//! `plan/or-across-tables`: see `or_across_tables.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::condition::{self, Condition as Expression, Token};
use crate::figures::{count, list};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "plan/or-across-tables",
    summary: "OR over columns of different tables, which no index of either can answer",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("or_across_tables.md"),
    check: Check::Plan(check),
};

/// Pairs of rows that the condition is evaluated on: as of a sequential scan.
const FEWEST_ROWS: f64 = 10_000.0;
/// Share of them that it drops: where most rows match, no index of a branch would lead anywhere.
const SHARE: f64 = 0.9;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let found = tree.heaviest(|s| speaks(&tree, s), |s| tree.weight_with_inputs(s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some((text, aliases)) = condition_of(&tree, seat) {
        sink.report(tree.with_others(draft(&tree, seat, text, &aliases), others, |s| tree.label(s)));
    }
}

/// Whether this rule has something to say about the join.
pub(super) fn speaks(tree: &Tree<'_>, seat: &Seat<'_>) -> bool {
    let pairs = pairs(tree, seat);
    let kept = seat.rows().unwrap_or(seat.node.rows);
    pairs >= FEWEST_ROWS && kept <= pairs * (1.0 - SHARE) && condition_of(tree, seat).is_some()
}

/// The condition on a join with an OR whose branches are about different tables, and the tables' aliases.
fn condition_of<'a>(tree: &Tree<'a>, seat: &Seat<'a>) -> Option<(&'a str, BTreeSet<String>)> {
    if !seat.node.is_join() {
        return None;
    }
    let known: BTreeSet<&str> = tree.subtree(seat).into_iter().filter_map(|s| s.node.alias.as_deref()).collect();
    let texts = [&seat.node.join_filter, &seat.node.filter];
    texts.into_iter().flatten().find_map(|text| Some((text.as_str(), crossing(&condition::parse(text), &known)?)))
}

/// The tables of an OR that is part of the condition, when its branches do not all look at the same ones.
fn crossing(expression: &Expression, known: &BTreeSet<&str>) -> Option<BTreeSet<String>> {
    match expression {
        Expression::And(parts) => parts.iter().find_map(|part| crossing(part, known)),
        Expression::Or(parts) => {
            let branches: Vec<BTreeSet<String>> = parts.iter().map(|part| aliases(part, known)).filter(|a| !a.is_empty()).collect();
            let all: BTreeSet<String> = branches.iter().flatten().cloned().collect();
            // (a.x = 1 or b.y = 2), or (a.x = b.x or a.y = b.y), which no hash and no merge join can take. Of (a.x = 1 and b.y = 2 or
            // a.x = 2 and b.y = 1) the planner takes the parts of each table by itself.
            let differ = branches.iter().any(|branch| *branch != all) || parts.iter().all(|part| joins(part, known));
            (branches.len() == parts.len() && branches.len() >= 2 && all.len() >= 2 && differ).then_some(all)
        }
        Expression::Not(_) | Expression::Atom(_) => None,
    }
}

/// Whether a comparison within is about two tables.
fn joins(expression: &Expression, known: &BTreeSet<&str>) -> bool {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().any(|part| joins(part, known)),
        Expression::Not(part) => joins(part, known),
        Expression::Atom(_) => aliases(expression, known).len() >= 2,
    }
}

fn aliases(expression: &Expression, known: &BTreeSet<&str>) -> BTreeSet<String> {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().flat_map(|part| aliases(part, known)).collect(),
        Expression::Not(part) => aliases(part, known),
        Expression::Atom(tokens) => {
            let qualifier = |pair: &[Token]| match pair {
                [name, dot] if name.is_name() && dot.is_sign(".") && known.contains(name.text.as_str()) => Some(name.text.clone()),
                _ => None,
            };
            tokens.windows(2).filter_map(qualifier).collect()
        }
    }
}

/// Pairs of rows on which the condition is evaluated.
fn pairs(tree: &Tree<'_>, seat: &Seat<'_>) -> f64 {
    let node = seat.node;
    if let Some(kept) = seat.rows() {
        return kept + seat.in_all(node.rows_removed_by_join_filter) + seat.in_all(node.rows_removed_by_filter);
    }
    let inputs: Vec<f64> = tree.inputs(seat).map(|i| i.node.rows.max(1.0)).collect();
    if node.kind == "Nested Loop" { inputs.iter().product() } else { inputs.iter().copied().fold(0.0, f64::max) }
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, text: &str, aliases: &BTreeSet<String>) -> Draft {
    let weight = tree.weight_with_inputs(seat);
    let pairs = pairs(tree, seat);
    let tables: Vec<String> = aliases.iter().map(|alias| named(tree, seat, alias)).collect();
    let kept = seat.rows().unwrap_or(seat.planned_rows());
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let message = format!("an OR over {} is checked on {} joined rows and keeps {}{expected}", list(&tables), count(pairs), count(kept));
    let why = format!(
        "A row may match because of one table or because of the other, so no index of either leads to the answer: the tables are joined first, and only then is the condition looked at, on {}. \
         That is {}. Two queries, one per branch, can each start from an index and be put together with UNION (not UNION ALL, unless a row cannot match both). The rewrite OR to UNION is offered \
         where it was found to be equal.",
        rows(pairs),
        weight.words()
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .confidence(weight.confidence())
        .evidence("condition", text, tree.source())
        .evidence("joined rows", pairs, tree.source())
        .evidence("rows kept", kept, tree.source());
    tree.with_place(draft, seat, weight)
}

/// The table behind an alias below the join.
fn named(tree: &Tree<'_>, seat: &Seat<'_>, alias: &str) -> String {
    let scan = tree.subtree(seat).into_iter().find(|s| s.node.alias.as_deref() == Some(alias) && s.node.relation.is_some());
    scan.map_or_else(
        || alias.to_owned(),
        |s| {
            let name = tree.relation_name(s);
            let twice = tree.subtree(seat).into_iter().filter(|other| other.node.relation == s.node.relation).count() > 1;
            if twice { format!("{name} {alias}") } else { name }
        },
    )
}
