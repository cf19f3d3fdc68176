//! PostgreSQL's own JSON decodes, and nothing of it is lost.

use super::*;

const SAMPLE: &str = r#"[{"Plan": {"Node Type": "Hash Join", "Parallel Aware": false, "Join Type": "Inner", "Startup Cost": 1.5,
  "Total Cost": 30.25, "Plan Rows": 10, "Plan Width": 8, "Actual Startup Time": 0.1, "Actual Total Time": 2.5, "Actual Rows": 12,
  "Actual Loops": 2, "Hash Cond": "(a.id = b.id)", "Shared Hit Blocks": 7, "Shared Read Blocks": 0, "New Field": [1, "x"],
  "Plans": [
    {"Node Type": "Seq Scan", "Relation Name": "a", "Alias": "a", "Total Cost": 10.0, "Actual Total Time": 0.5, "Actual Rows": 3, "Actual Loops": 2},
    {"Node Type": "Hash", "Total Cost": 12.0, "Actual Total Time": 1.0, "Actual Rows": 4, "Actual Loops": 2, "Plans": [
      {"Node Type": "Seq Scan", "Relation Name": "b", "Schema": "s", "Alias": "b", "Total Cost": 12.0}]}]},
  "Planning Time": 0.3, "Execution Time": 2.8,
  "JIT": {"Functions": 3, "Options": {"Inlining": false}, "Timing": {"Generation": {"Deform": 0.1, "Total": 0.2}, "Total": 1.2}},
  "Triggers": [{"Trigger Name": "RI_ConstraintTrigger_c_1", "Constraint Name": "fk", "Relation": "a", "Time": 1.5, "Calls": 3}]}]"#;

#[test]
fn explains_json_decodes_and_keeps_what_it_does_not_know() {
    let plans: Vec<Plan> = serde_json::from_str(SAMPLE).unwrap();
    let plan = &plans[0];
    assert!(plan.is_analyzed());
    assert_eq!(plan.nodes().iter().map(|n| n.kind.as_str()).collect::<Vec<_>>(), ["Hash Join", "Seq Scan", "Hash", "Seq Scan"]);
    assert_eq!(plan.root.actual_rows_in_all(), Some(24.0));
    assert_eq!(plan.root.own_ms(), Some(2.0));
    assert!((plan.root.own_cost() - 8.25).abs() < 1e-9);
    assert_eq!(plan.root.buffers.shared_hit, Some(7.0));
    assert_eq!(plan.root.other["New Field"], Extra::List(vec![Extra::Int(1), Extra::Text("x".into())]));
    assert_eq!(plan.jit.as_ref().unwrap().timing.as_ref().unwrap().total, Some(1.2));
    assert_eq!(plan.triggers[0].constraint.as_deref(), Some("fk"));
    let again: Vec<Plan> = serde_json::from_str(&serde_json::to_string(&plans).unwrap()).unwrap();
    assert_eq!(plans, again);
}
