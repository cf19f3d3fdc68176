//! Orders and groups of a plan, given to the scan whose columns they are made of.

use super::condition;
use super::printed::Printed;
use super::scans::Scans;
use crate::lex::{Token, TokenKind};
use architrave_model::plan::PlanNode;
use architrave_model::workload::{SortItem, Term};

/// Attributes sort keys, group keys and limits.
pub(super) fn fill(root: &PlanNode, scans: &mut Scans<'_>) {
    let mut path = Vec::new();
    visit(root, &mut path, scans);
}

fn visit<'p>(node: &'p PlanNode, above: &mut Vec<&'p PlanNode>, scans: &mut Scans<'_>) {
    match node.kind.as_str() {
        "Sort" | "Incremental Sort" if !serves_the_parent(above) => sort(node, is_limited(above), scans),
        "Aggregate" | "Group" => group(node, scans),
        _ if node.order_by.is_some() => distance(node, is_limited(above), scans),
        _ => {}
    }
    above.push(node);
    if above.len() < super::DEEPEST {
        node.children.iter().for_each(|child| visit(child, above, scans));
    }
    above.pop();
}

/// A sort that the planner put below a merge join, a grouping or a duplicate removal: no order that the statement asks for.
fn serves_the_parent(above: &[&PlanNode]) -> bool {
    let parent = above.iter().rev().find(|n| !matches!(n.kind.as_str(), "Materialize" | "Gather Merge"));
    parent.is_some_and(|n| matches!(n.kind.as_str(), "Merge Join" | "Aggregate" | "Group" | "Unique" | "SetOp"))
}

/// Whether a LIMIT stands above, with nothing between that needs all rows.
fn is_limited(above: &[&PlanNode]) -> bool {
    let passing = ["LockRows", "Gather Merge", "Result", "Subquery Scan", "Incremental Sort", "Merge Append", "ProjectSet"];
    above.iter().rev().find(|n| !passing.contains(&n.kind.as_str())).is_some_and(|n| n.kind == "Limit")
}

fn sort(node: &PlanNode, limited: bool, scans: &mut Scans<'_>) {
    let mut scan = None;
    let mut items = Vec::new();
    let groups = group_terms_below(node, scans);
    for key in &node.sort_key {
        let Some((at, item)) = item(key, scans) else { break };
        let computed = groups.as_ref().is_some_and(|g| !g.contains(&(at, item.term.clone())));
        if *scan.get_or_insert(at) != at || computed {
            break;
        }
        items.push(item);
    }
    if let Some(found) = scan.and_then(|at| scans.list.get_mut(at))
        && found.order_by.is_empty()
        && !items.is_empty()
    {
        found.order_by = items;
        found.limited = limited;
    }
}

/// Keys of the grouping between a sort and its scans; none when nothing is grouped. Only they can be delivered in order.
fn group_terms_below(node: &PlanNode, scans: &Scans<'_>) -> Option<Vec<(usize, Term)>> {
    let mut current = node;
    loop {
        if matches!(current.kind.as_str(), "Aggregate" | "Group") {
            return Some(current.group_key.iter().filter_map(|k| plain_term(k, scans)).collect());
        }
        if matches!(current.kind.as_str(), "Append" | "SetOp" | "Recursive Union") && !is_of_one_scan(current, scans) {
            return Some(Vec::new());
        }
        if current.is_join() {
            return None;
        }
        current = current.inputs().next()?;
    }
}

/// Whether all that is appended are partitions of one table.
fn is_of_one_scan(node: &PlanNode, scans: &Scans<'_>) -> bool {
    node.kind == "Append" && node.children.iter().all(PlanNode::is_scan) && scans.list.len() == 1
}

fn plain_term(key: &str, scans: &Scans<'_>) -> Option<(usize, Term)> {
    let printed = Printed::new(key);
    condition::term(&printed, printed.tokens(), None, scans)
}

fn group(node: &PlanNode, scans: &mut Scans<'_>) {
    if node.group_key.is_empty() {
        extreme(node, scans);
        return;
    }
    let over_groups = node.inputs().any(|n| n.kind == "Aggregate" && n.partial_mode.as_deref() != Some("Partial"));
    let terms: Option<Vec<(usize, Term)>> = node.group_key.iter().map(|k| plain_term(k, scans)).collect();
    let Some(terms) = terms.filter(|_| !over_groups) else { return };
    let Some(at) = terms.first().map(|t| t.0).filter(|at| terms.iter().all(|t| t.0 == *at)) else { return };
    if let Some(scan) = scans.list.get_mut(at).filter(|s| s.group_by.is_empty()) {
        scan.group_by = terms.into_iter().map(|t| t.1).collect();
    }
}

/// `min(x)` or `max(x)` alone: the first row in the order of x.
fn extreme(node: &PlanNode, scans: &mut Scans<'_>) {
    let [output] = node.output.as_slice() else { return };
    let printed = Printed::new(output);
    let tokens = printed.unwrapped(printed.tokens());
    let [name, rest @ ..] = tokens else { return };
    let descending = match printed.text_of(name) {
        "min" => false,
        "max" => true,
        _ => return,
    };
    let Some((at, term)) = condition::term(&printed, printed.unwrapped(rest), None, scans) else { return };
    if let Some(scan) = scans.list.get_mut(at).filter(|s| s.order_by.is_empty()) {
        scan.order_by = vec![SortItem { term, descending, nulls_first: descending }];
        scan.limited = true;
    }
}

/// The distance by which a GiST index delivers its rows.
fn distance(node: &PlanNode, limited: bool, scans: &mut Scans<'_>) {
    let Some((at, item)) = node.order_by.as_deref().and_then(|key| item(key, scans)) else { return };
    if let Some(scan) = scans.list.get_mut(at).filter(|s| s.order_by.is_empty()) {
        scan.order_by = vec![item];
        scan.limited = limited;
    }
}

/// A sort key: `o.created_at DESC NULLS LAST`. None for what is sorted by an operator of its own.
fn item(key: &str, scans: &Scans<'_>) -> Option<(usize, SortItem)> {
    let printed = Printed::new(key);
    let mut tokens = printed.tokens();
    let ends_with = |tokens: &[Token], word: &str| tokens.last().is_some_and(|t| printed.is_word(t, word));
    let mut nulls = None;
    for (word, first) in [("FIRST", true), ("LAST", false)] {
        if let [rest @ .., before, _] = tokens
            && ends_with(tokens, word)
            && printed.is_word(before, "NULLS")
        {
            tokens = rest;
            nulls = Some(first);
        }
    }
    let descending = ends_with(tokens, "DESC");
    if descending {
        tokens = &tokens[..tokens.len() - 1];
    }
    if tokens.iter().any(|t| printed.is_word(t, "USING")) {
        return None;
    }
    let collate = tokens.iter().rposition(|t| printed.is_word(t, "COLLATE"));
    if let Some(at) = collate.filter(|at| tokens[*at..].iter().all(|t| t.kind != TokenKind::CloseParen)) {
        tokens = &tokens[..at];
    }
    let (at, term) = condition::term(&printed, tokens, None, scans)?;
    Some((at, SortItem { term, descending, nulls_first: nulls.unwrap_or(descending) }))
}
