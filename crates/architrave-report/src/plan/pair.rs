//! Two plans of one statement: which nodes of one are not in the other.

use super::drawing::{Drawing, Node};
use architrave_model::plan::{Plan, PlanNode};
use std::collections::BTreeMap;

/// Both plans, nodes without a counterpart marked.
pub(super) fn drawn(before: &Plan, after: &Plan) -> (Drawing, Drawing) {
    let (mut first, mut second) = (Drawing::of(before, &[]), Drawing::of(after, &[]));
    let (mine, theirs) = (signatures(before), signatures(after));
    mark(&mut first.nodes, &mine, &theirs);
    mark(&mut second.nodes, &theirs, &mine);
    (first.folded(), second.folded())
}

fn mark(nodes: &mut [Node], own: &[String], other: &[String]) {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for signature in other {
        *left.entry(signature).or_default() += 1;
    }
    for (node, signature) in nodes.iter_mut().zip(own) {
        match left.get_mut(signature.as_str()).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => node.is_changed = true,
        }
    }
}

/// What makes a node the same in both plans: what it is, and which relations it has below it. Conditions may be written in another
/// order, and numbers differ.
fn signatures(plan: &Plan) -> Vec<String> {
    plan.nodes()
        .into_iter()
        .map(|node| {
            let mut below = Vec::new();
            relations(node, &mut below);
            below.sort();
            let own = [&node.join_type, &node.strategy, &node.partial_mode, &node.index, &node.scan_direction, &node.subplan_name];
            format!("{}|{own:?}|{:?}|{}|{}", node.kind, node.parallel_aware.unwrap_or(false), keys(node), below.join(","))
        })
        .collect()
}

fn keys(node: &PlanNode) -> String {
    [&node.sort_key, &node.group_key].map(|keys| keys.join(", ")).join("|")
}

fn relations(node: &PlanNode, into: &mut Vec<String>) {
    let name = node.alias.as_ref().or(node.relation.as_ref()).or(node.cte.as_ref());
    into.extend(name.cloned());
    node.children.iter().for_each(|child| relations(child, into));
}
