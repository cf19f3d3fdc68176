//! A JSON value of `EXPLAIN` (whatever form it was written in) to the model.

use super::error::PlanError;
use architrave_model::plan::{Plan, PlanNode};
use serde_json::{Map, Value};

/// Levels of nodes that are read; the widest joins that PostgreSQL plans stay far below.
pub(super) const LEVELS: usize = 200;

/// What every decoding error needs to say.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) form: &'static str,
}

impl Place {
    pub(super) fn shape(self, message: impl Into<String>) -> PlanError {
        PlanError::Shape { line: self.line, form: self.form, message: message.into() }
    }
}

/// The plans of a value: EXPLAIN's array, one of its entries, a bare node, or exported rows with a column `QUERY PLAN`.
pub(super) fn plans(value: Value, place: Place) -> Result<Vec<Plan>, PlanError> {
    match value {
        Value::Array(entries) if entries.is_empty() => Err(place.shape("the list is empty")),
        Value::Array(entries) => {
            let mut all = Vec::new();
            for entry in entries {
                all.extend(plans(entry, place)?);
            }
            Ok(all)
        }
        Value::Object(mut entry) => {
            if entry.contains_key("Node Type") {
                let root = node(entry, place, 0)?;
                return Ok(vec![Plan { root, ..Plan::default() }]);
            }
            if let Some(inner) =
                ["Query", "explain", "plan", "QUERY PLAN", "Query Plan", "query_plan"].iter().find_map(|key| entry.remove(*key))
            {
                return plans(inner, place);
            }
            plan(entry, place).map(|plan| vec![plan])
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(place.shape("an object with the key \"Plan\" is missing"))
        }
    }
}

/// What serde says about a value of the wrong kind, without the value: it may be out of a row.
fn wrong_kind(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let Some((found, expected)) = said.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) else {
        return "a value is of the wrong kind".into();
    };
    let found = found.split([' ', '`']).next().unwrap_or_default();
    let expected = expected.lines().next().unwrap_or_default();
    format!("a {found} stands where {} is expected", if expected == "f64" { "a number" } else { expected })
}

/// One entry of EXPLAIN's array.
pub(super) fn plan(mut entry: Map<String, Value>, place: Place) -> Result<Plan, PlanError> {
    let Some(Value::Object(root)) = entry.remove("Plan") else {
        return Err(place.shape("the key \"Plan\" is missing"));
    };
    let root = node(root, place, 0)?;
    // Values of the user's rows; no rule asks for them.
    entry.remove("Query Parameters");
    // YAML writes an empty list as nothing at all.
    entry.retain(|_, value| !value.is_null());
    let mut plan: Plan = serde_json::from_value(Value::Object(entry)).map_err(|error| place.shape(wrong_kind(&error)))?;
    plan.root = root;
    Ok(plan)
}

/// A node and all below it, level by level, so that a deep plan needs little stack.
fn node(mut fields: Map<String, Value>, place: Place, level: usize) -> Result<PlanNode, PlanError> {
    if level > LEVELS {
        return Err(PlanError::TooDeep { line: place.line, limit: LEVELS });
    }
    if !fields.get("Node Type").is_some_and(Value::is_string) {
        return Err(place.shape("a node has no \"Node Type\""));
    }
    let children = match fields.remove("Plans") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(children)) => children,
        Some(_) => return Err(place.shape("\"Plans\" is not a list")),
    };
    fields.retain(|_, value| !value.is_null());
    let mut node: PlanNode = serde_json::from_value(Value::Object(fields)).map_err(|error| place.shape(wrong_kind(&error)))?;
    for child in children {
        let Value::Object(child) = child else { return Err(place.shape("\"Plans\" holds something that is no node")) };
        node.children.push(self::node(child, place, level + 1)?);
    }
    // Up to version 13 the JSON form gives the index's name in SQL's quotes.
    if let Some(index) = &mut node.index
        && let Some(inner) = index.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
    {
        *index = inner.replace("\"\"", "\"");
    }
    Ok(node)
}
