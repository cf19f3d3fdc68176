//! What each node takes by itself: milliseconds of the wall clock where the plan was timed, else planner cost.

use architrave_model::plan::{Plan, PlanNode};

/// What the shares are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Milliseconds.
    Time,
    /// Planner cost units.
    Cost,
}

/// A node in the order of [`Plan::nodes`].
pub(super) struct Seat<'a> {
    pub(super) node: &'a PlanNode,
    pub(super) parent: Option<usize>,
    pub(super) depth: usize,
    /// In all loops, children included; what parallel processes do at the same time counts once.
    all: f64,
    /// The same without children.
    pub(super) own: f64,
}

/// Every node with what it takes, and what all of it is measured in.
pub(super) fn seats(plan: &Plan) -> (Vec<Seat<'_>>, Measure) {
    let measure = if plan.root.actual_ms.is_some() { Measure::Time } else { Measure::Cost };
    let mut seats = Vec::new();
    let mut open: Vec<Open<'_>> = vec![Open { node: &plan.root, parent: None, depth: 0, processes: 1.0, allowed: plan.root.total_cost }];
    while let Some(Open { node, parent, depth, processes, allowed }) = open.pop() {
        let all = match measure {
            Measure::Time => node.actual_ms_in_all().unwrap_or(0.0) / processes,
            Measure::Cost => allowed,
        };
        let at = seats.len();
        seats.push(Seat { node, parent, depth, all, own: all });
        let below = match node.kind.as_str() {
            "Gather" | "Gather Merge" => node.workers_launched.or(node.workers_planned).unwrap_or(0.0) + 1.0,
            _ => processes,
        };
        for (child, allowed) in node.children.iter().zip(costs(node, allowed)).rev() {
            open.push(Open { node: child, parent: Some(at), depth: depth + 1, processes: below, allowed });
        }
    }
    charge(&mut seats, measure);
    (seats, measure)
}

/// A node to be visited.
struct Open<'a> {
    node: &'a PlanNode,
    parent: Option<usize>,
    depth: usize,
    /// Processes that share its work.
    processes: f64,
    /// Cost in all executions that its parent is charged for it.
    allowed: f64,
}

/// What a node's children cost in all their executions, never more together than the node is charged: a LIMIT above stops them
/// early.
fn costs(node: &PlanNode, allowed: f64) -> Vec<f64> {
    let scale = if node.total_cost > 0.0 { (allowed / node.total_cost).max(0.0) } else { 0.0 };
    let costs: Vec<f64> = node.children.iter().map(|child| child.total_cost * node.expected_runs_of(child) * scale).collect();
    let sum: f64 = costs.iter().sum();
    let fit = if sum > allowed && sum > 0.0 { allowed / sum } else { 1.0 };
    costs.into_iter().map(|cost| cost * fit).collect()
}

/// Takes off every node what runs inside it. The time of a CTE or init plan passes in the node that asks for it first, not where it
/// hangs.
fn charge(seats: &mut [Seat<'_>], measure: Measure) {
    for at in 0..seats.len() {
        let is_init_plan = seats[at].node.parent_relationship.as_deref() == Some("InitPlan");
        let asker = (is_init_plan && measure == Measure::Time).then(|| asker(seats, at)).flatten();
        if let Some(inside) = asker.or(seats[at].parent) {
            seats[inside].own -= seats[at].all;
        }
    }
    for seat in seats {
        seat.own = seat.own.max(0.0);
    }
}

/// The node in which an init plan runs: the longest scan of the CTE, or the first node whose conditions name its result.
fn asker(seats: &[Seat<'_>], of: usize) -> Option<usize> {
    let name = seats[of].node.subplan_name.as_deref()?;
    if let Some(cte) = name.strip_prefix("CTE ") {
        let scans = (0..seats.len()).filter(|at| seats[*at].node.cte.as_deref() == Some(cte));
        return scans.max_by(|a, b| seats[*a].all.total_cmp(&seats[*b].all));
    }
    let sign = name.split_once("returns ").map_or(name, |(_, signs)| signs.trim_end_matches(')'));
    (0..seats.len()).find(|at| *at != of && super::words::conditions(seats[*at].node).iter().any(|(_, condition)| condition.contains(sign)))
}
