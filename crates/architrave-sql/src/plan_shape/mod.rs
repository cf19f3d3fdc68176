//! What a planned statement asks of its tables, read from the plan: conditions, joins, order, groups and columns of every scan.
//!
//! A plan made with `VERBOSE` names the schema of each table and qualifies each column; of a plan over one table the unqualified
//! form is understood too. What an index answers already is no longer visible as an order, and what a partial index implies no
//! longer as a condition: for all that a statement asks, plan it with index scans switched off.

mod condition;
mod order;
mod printed;
mod scans;
#[cfg(test)]
mod tests;

use architrave_model::Catalog;
use architrave_model::name::QualifiedName;
use architrave_model::plan::{Plan, PlanNode};
use architrave_model::workload::{Condition, Operand, QueryShape, Term};
use condition::Finding;
use printed::Printed;
use scans::Scans;

/// Nodes deeper than this are left out; PostgreSQL's own limit on a statement's depth is of that order.
const DEEPEST: usize = 1000;

/// The shape of a plan. Scans come in the order of the plan, partitions of one table as one scan of it; conditions that name
/// neither a column of a scanned table nor anything known are left out.
pub fn shape(plan: &Plan, catalog: &Catalog) -> QueryShape {
    let mut scans = Scans::find(&plan.root, catalog);
    visit(&plan.root, &mut scans, 0);
    order::fill(&plan.root, &mut scans);
    columns(&plan.root, None, &mut scans, 0);
    scans.into_shape()
}

/// Every comparison of a plan with the table that it is about, also those inside OR and NOT and above joins: what the parameters
/// of a statement are compared with.
pub fn comparisons(plan: &Plan, catalog: &Catalog) -> Vec<(QualifiedName, Condition)> {
    let scans = Scans::find(&plan.root, catalog);
    let mut found = Vec::new();
    for node in plan.nodes() {
        let own = node.alias.as_deref().or(node.relation.as_deref()).filter(|_| node.is_scan());
        let aggregated = matches!(node.kind.as_str(), "Aggregate" | "WindowAgg");
        for text in [&node.filter, &node.index_cond, &node.recheck_cond, &node.join_filter, &node.hash_cond, &node.merge_cond] {
            let conditions = text.iter().flat_map(|t| condition::comparisons(&Printed::new(t), own, &scans));
            // What an aggregate counts or sums has no value of its columns.
            let conditions = conditions.filter(|(_, c)| !aggregated || matches!(&c.term, Term::Expression(e) if is_extreme(e)));
            found.extend(conditions.filter_map(|(at, c)| Some((scans.list.get(at)?.table.clone(), c))));
        }
    }
    found
}

fn is_extreme(expression: &str) -> bool {
    expression.starts_with("min(") || expression.starts_with("max(")
}

/// Attributes the conditions of a node and of all below it.
fn visit(node: &PlanNode, scans: &mut Scans<'_>, depth: usize) {
    let mut findings = Vec::new();
    if node.is_scan() {
        let own = node.alias.as_deref().or(node.relation.as_deref());
        let predicate = scans.predicate_of_index(node);
        for text in [&node.index_cond, &node.recheck_cond, &node.filter, &predicate].into_iter().flatten() {
            findings.extend(condition::findings(&Printed::new(text), own, scans));
        }
        attribute(&findings, false, scans);
    } else {
        // A filter above a join or an aggregate is no condition of a scan; a bitmap's conditions are repeated by the heap scan.
        for text in [&node.hash_cond, &node.merge_cond, &node.join_filter].into_iter().flatten() {
            findings.extend(condition::findings(&Printed::new(text), None, scans));
        }
        attribute(&findings, true, scans);
    }
    if depth < DEEPEST {
        node.children.iter().for_each(|child| visit(child, scans, depth + 1));
    }
}

/// Adds what the conditions of a node say to the scans they speak of. Of a join's conditions only comparisons between two tables
/// count.
fn attribute(findings: &[Finding], join: bool, scans: &mut Scans<'_>) {
    let prefixes: Vec<_> = findings.iter().filter_map(Finding::prefix_term).collect();
    for finding in findings {
        match finding {
            Finding::Holds(at, condition) => {
                let joined = matches!(condition.with, Operand::Join { .. } | Operand::Computed);
                if (!join || joined) && !(is_derived(condition) && prefixes.contains(&(*at, &condition.term))) {
                    scans.add_condition(*at, condition.clone());
                }
            }
            Finding::Either(at, alternatives) if !join => scans.add_alternatives(*at, alternatives.clone()),
            Finding::Either(..) => {}
        }
    }
}

/// The range that PostgreSQL derives from a pattern's fixed prefix to search an index.
fn is_derived(condition: &Condition) -> bool {
    matches!(condition.operator.as_str(), ">=" | "<" | "~>=~" | "~<~")
}

/// Notes the columns that a node and those below it mention.
fn columns(node: &PlanNode, parent: Option<&PlanNode>, scans: &mut Scans<'_>, depth: usize) {
    let own = node.alias.as_deref().or(node.relation.as_deref()).filter(|_| node.is_scan());
    let conditions = [
        &node.filter,
        &node.index_cond,
        &node.recheck_cond,
        &node.order_by,
        &node.join_filter,
        &node.hash_cond,
        &node.merge_cond,
        &node.one_time_filter,
        &node.run_condition,
        &node.cache_key,
    ];
    let mut texts: Vec<&String> = conditions.into_iter().flatten().collect();
    texts.extend(node.sort_key.iter().chain(&node.group_key));
    if own.is_none() || parent.is_none_or(takes_what_the_scan_gives) {
        texts.extend(&node.output);
    }
    for text in texts {
        let printed = Printed::new(text);
        for (at, column) in scans.mentions(&printed, printed.tokens(), own).columns {
            scans.add_column(at, &column);
        }
    }
    if depth < DEEPEST {
        node.children.iter().for_each(|child| columns(child, Some(node), scans, depth + 1));
    }
}

/// Whether a scan below this node delivers just what is needed. Below a node that computes its own result a scan may deliver the
/// whole row, because that is cheaper.
fn takes_what_the_scan_gives(parent: &PlanNode) -> bool {
    !parent.is_join() && !matches!(parent.kind.as_str(), "Aggregate" | "Group" | "WindowAgg" | "Materialize" | "ModifyTable")
}
