//! `EXPLAIN` on the twin: plans as values, and which of two plans differ in shape.

use architrave_model::plan::{Plan, PlanNode};
use architrave_postgres::{Client, SimpleQueryMessage};
use architrave_prove::refusal;

/// The plan of a statement without parameters, under settings that last for this plan only; else the server's words.
pub(crate) async fn plan(client: &Client, sql: &str, settings: &[(String, String)]) -> Result<Plan, String> {
    let local: String = settings.iter().map(|(name, value)| format!("set local {name} = {value};")).collect();
    let text = format!("begin; {local} explain (verbose, format json) {sql}");
    let answer = client.simple_query(&text).await;
    let ended = client.simple_query("rollback").await;
    let rows = answer.map_err(|e| refusal(&e))?;
    ended.map_err(|e| refusal(&e))?;
    let json: String = rows.iter().filter_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0) } else { None }).collect();
    let plans: Vec<Plan> = serde_json::from_str(&json).map_err(|e| format!("the plan could not be read: {e}"))?;
    plans.into_iter().next().ok_or_else(|| "the server answered no plan".to_owned())
}

/// Whether two plans do the same things in the same order: nodes, tables, indexes and joins; figures and conditions aside.
pub(crate) fn same_shape(a: &Plan, b: &Plan) -> bool {
    fn same(a: &PlanNode, b: &PlanNode) -> bool {
        (&a.kind, &a.strategy, &a.join_type, &a.relation, &a.alias, &a.index)
            == (&b.kind, &b.strategy, &b.join_type, &b.relation, &b.alias, &b.index)
            && a.children.len() == b.children.len()
            && a.children.iter().zip(&b.children).all(|(a, b)| same(a, b))
    }
    same(&a.root, &b.root)
}
