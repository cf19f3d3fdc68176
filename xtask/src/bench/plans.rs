//! Plans of a suite's queries: asked for, compared by shape, their costs compared.

use super::tpc::Query;
use anyhow::Context as _;
use architrave_postgres::Client;
use serde_json::Value;

/// What the planner says of a query.
pub(super) struct Plan {
    /// Estimated total cost.
    pub(super) cost: f64,
    /// The tree of nodes with relations, indexes, conditions and keys, without costs, rows and widths.
    pub(super) shape: Value,
}

/// A plan of each query, in their order; the planner's own words where it refuses one.
pub(super) async fn plan_all(client: &Client, queries: &[Query]) -> anyhow::Result<Vec<Result<Plan, String>>> {
    let mut plans = Vec::with_capacity(queries.len());
    for query in queries {
        plans.push(plan(client, &query.sql).await?);
    }
    Ok(plans)
}

/// The plan of one query; the inner error is the planner's, the outer one ours.
async fn plan(client: &Client, sql: &str) -> anyhow::Result<Result<Plan, String>> {
    // As text: a pooled or a simple connection answers it as well, and no type for JSON is needed.
    let messages = match client.simple_query(&format!("explain (format json, costs) {sql}")).await {
        Ok(messages) => messages,
        Err(error) if error.as_db_error().is_some() => {
            return Ok(Err(error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default()));
        }
        Err(error) => return Err(error).context("the server is gone"),
    };
    let text: String = messages.iter().filter_map(first_column).collect();
    let mut answer: Value = serde_json::from_str(&text).context("the plan is no JSON")?;
    let tree = answer.pointer_mut("/0/Plan").map(Value::take).context("the answer has no plan")?;
    let cost = tree.get("Total Cost").and_then(Value::as_f64).context("the plan has no cost")?;
    Ok(Ok(Plan { cost, shape: shape(tree) }))
}

/// The text in the first column of a row.
fn first_column(message: &architrave_postgres::SimpleQueryMessage) -> Option<&str> {
    match message {
        architrave_postgres::SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten(),
        _ => None,
    }
}

/// Fields of a node that are estimates and not decisions.
const ESTIMATES: [&str; 4] = ["Startup Cost", "Total Cost", "Plan Rows", "Plan Width"];

fn shape(node: Value) -> Value {
    match node {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !ESTIMATES.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name, shape(value))).collect())
        }
        Value::Array(nodes) => Value::Array(nodes.into_iter().map(shape).collect()),
        other => other,
    }
}

/// The first place where two shapes differ, in words.
pub(super) fn difference(source: &Value, twin: &Value) -> Option<String> {
    difference_at(source, twin, "plan")
}

fn difference_at(source: &Value, twin: &Value, place: &str) -> Option<String> {
    match (source, twin) {
        (Value::Object(a), Value::Object(b)) => {
            let kind = |node: &serde_json::Map<String, Value>| node.get("Node Type").and_then(Value::as_str).unwrap_or("").to_owned();
            let place = if kind(a).is_empty() { place.to_owned() } else { format!("{place} > {}", kind(a)) };
            // A node's own fields say more than those below it.
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort_by_key(|name| (name.as_str() == "Plans", name.as_str() != "Node Type", name.as_str()));
            names.dedup();
            names.iter().find_map(|name| {
                let (left, right) = (a.get(*name).unwrap_or(&Value::Null), b.get(*name).unwrap_or(&Value::Null));
                let place = if *name == "Plans" { place.clone() } else { format!("{place}, {name}") };
                difference_at(left, right, &place)
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a.iter().zip(b).find_map(|(a, b)| difference_at(a, b, place)),
        _ if source == twin => None,
        _ => Some(format!("{place}: {source} on the source, {twin} on the twin")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn estimates_are_no_part_of_a_shape() {
        let node = |cost: f64, relation: &str| {
            shape(
                json!({"Node Type": "Sort", "Total Cost": cost, "Plan Rows": cost, "Plans": [{"Node Type": "Seq Scan", "Relation Name": relation}]}),
            )
        };
        assert_eq!(difference(&node(1.0, "a"), &node(2.0, "a")), None);
        let different = difference(&node(1.0, "a"), &node(1.0, "b")).unwrap();
        assert_eq!(different, "plan > Sort > Seq Scan, Relation Name: \"a\" on the source, \"b\" on the twin");
    }
}
