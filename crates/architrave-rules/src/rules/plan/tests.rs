//! Tests of the arithmetic over plans: who is charged for what.

use super::tree::Tree;
use architrave_model::brief::Brief;
use architrave_model::context::Exposure;
use architrave_model::explained::Explained;
use architrave_model::house::HouseRules;
use architrave_model::platform::Server;
use architrave_model::stack::Stack;
use architrave_model::{Catalog, Context};
use serde_json::{Value, json};

/// Label, milliseconds and cost of every node by itself, rounded.
fn own(plan: &Value) -> Vec<(String, f64, f64)> {
    let plan = serde_json::from_value(json!({"Plan": plan})).unwrap();
    let explained = Explained { plan, ..Explained::default() };
    let (catalog, server, exposure, stack) = (Catalog::default(), Server::default(), Exposure::default(), Stack::default());
    let (house, brief) = (HouseRules::default(), Brief::default());
    let context = Context::of(&catalog, &server, &exposure, &stack, &house, &brief);
    let tree = Tree::of(&explained, &context);
    tree.seats().iter().map(|s| (tree.label(s), s.own_ms.unwrap_or(0.0).round(), s.own_cost.round())).collect()
}

fn node(kind: &str, ms: f64, loops: f64, rows: f64, cost: f64, more: Value) -> Value {
    let mut node = json!({
        "Node Type": kind, "Actual Total Time": ms, "Actual Loops": loops, "Actual Rows": rows, "Plan Rows": rows, "Total Cost": cost
    });
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    node
}

fn label(rows: &[(String, f64, f64)]) -> Vec<(&str, f64, f64)> {
    rows.iter().map(|(l, ms, cost)| (l.as_str(), *ms, *cost)).collect()
}

#[test]
fn what_workers_do_at_the_same_time_counts_once() {
    let scan =
        node("Seq Scan", 80.0, 3.0, 10.0, 900.0, json!({"Parallel Aware": true, "Relation Name": "t", "Parent Relationship": "Outer"}));
    let gather = node("Gather", 100.0, 1.0, 30.0, 1000.0, json!({"Workers Planned": 2, "Workers Launched": 2, "Plans": [scan]}));
    assert_eq!(label(&own(&gather)), [("Gather", 20.0, 100.0), ("Parallel Seq Scan on t", 80.0, 900.0)]);
}

#[test]
fn the_inner_side_of_a_nested_loop_is_charged_for_all_its_runs() {
    let outer = node("Seq Scan", 10.0, 1.0, 100.0, 50.0, json!({"Relation Name": "a", "Parent Relationship": "Outer"}));
    let inner = node("Index Scan", 0.5, 100.0, 1.0, 8.0, json!({"Relation Name": "b", "Index Name": "i", "Parent Relationship": "Inner"}));
    let join = node("Nested Loop", 70.0, 1.0, 100.0, 860.0, json!({"Join Type": "Inner", "Plans": [outer, inner]}));
    assert_eq!(label(&own(&join)), [("Nested Loop", 10.0, 10.0), ("Seq Scan on a", 10.0, 50.0), ("Index Scan using i on b", 50.0, 800.0)]);
}

#[test]
fn a_limit_charges_its_input_for_no_more_than_it_pays() {
    let scan = node("Seq Scan", 1.0, 1.0, 10.0, 1000.0, json!({"Relation Name": "t", "Parent Relationship": "Outer"}));
    let limit = node("Limit", 1.0, 1.0, 10.0, 10.0, json!({"Plans": [scan]}));
    assert_eq!(label(&own(&limit)), [("Limit", 0.0, 0.0), ("Seq Scan on t", 1.0, 10.0)]);
}

#[test]
fn a_with_query_costs_its_time_where_it_is_asked_for() {
    let cte =
        node("Seq Scan", 60.0, 1.0, 100.0, 50.0, json!({"Relation Name": "t", "Parent Relationship": "InitPlan", "Subplan Name": "CTE c"}));
    let inner = node("CTE Scan", 80.0, 1.0, 100.0, 20.0, json!({"CTE Name": "c", "Alias": "c_1", "Parent Relationship": "Outer"}));
    let average = node(
        "Aggregate",
        90.0,
        1.0,
        1.0,
        30.0,
        json!({"Strategy": "Plain", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 2 (returns $1)", "Plans": [inner]}),
    );
    let outer = node(
        "CTE Scan",
        120.0,
        1.0,
        50.0,
        20.0,
        json!({"CTE Name": "c", "Alias": "c", "Filter": "(x > $1)", "Parent Relationship": "Outer"}),
    );
    let root = node("Aggregate", 125.0, 1.0, 1.0, 110.0, json!({"Strategy": "Plain", "Plans": [cte, average, outer]}));
    let times: Vec<(String, f64)> = own(&root).into_iter().map(|(l, ms, _)| (l, ms)).collect();
    let expected = [("Aggregate", 5.0), ("Seq Scan on t", 60.0), ("Aggregate", 10.0), ("CTE Scan on c", 20.0), ("CTE Scan on c", 30.0)];
    assert_eq!(times.iter().map(|(l, ms)| (l.as_str(), *ms)).collect::<Vec<_>>(), expected);
}
