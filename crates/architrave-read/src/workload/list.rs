//! A list of statements in JSON: texts, or objects with a text and what is known about it.

use super::WorkloadError;
use super::gather::{Gathering, Occurrence};
use architrave_model::name::quote_literal;
use architrave_model::workload::{QuerySource, Workload};
use architrave_sql::parameters::{bind, number_placeholders};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Object(Object),
}

#[derive(Deserialize)]
struct Object {
    #[serde(alias = "query", alias = "text", alias = "statement")]
    sql: String,
    #[serde(alias = "id")]
    name: Option<String>,
    #[serde(alias = "count")]
    calls: Option<f64>,
    #[serde(alias = "mean_exec_time", alias = "mean_time")]
    mean_ms: Option<f64>,
    rows_per_call: Option<f64>,
    #[serde(alias = "parameters", default)]
    params: Vec<Value>,
}

/// Reads `["select …", {"sql": "select … where id = $1", "calls": 10, "mean_ms": 2.5, "params": [7]}]`, or an object whose
/// `queries` is such a list.
///
/// # Errors
/// When it is no such list, or an empty one.
pub fn from_json(text: &str) -> Result<Workload, WorkloadError> {
    let failed = |why: String| WorkloadError::Nothing { what: "the list".to_owned(), why };
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| failed(format!("is no valid JSON: {e}")))?;
    let list = match value {
        Value::Object(mut object) => object.remove("queries").unwrap_or(Value::Null),
        other => other,
    };
    let Value::Array(entries) = list else {
        return Err(failed("is no list of statements: give [\"select …\", {\"sql\": \"select …\", \"calls\": 10}]".to_owned()));
    };
    if entries.is_empty() {
        return Err(failed("is empty".to_owned()));
    }
    let mut gathering = Gathering::default();
    for (at, entry) in entries.into_iter().enumerate() {
        match serde_json::from_value(entry) {
            Ok(Entry::Text(sql)) => add(&mut gathering, sql, None),
            Ok(Entry::Object(object)) => add(&mut gathering, object.sql.clone(), Some(object)),
            Err(_) => return Err(failed(format!("has an entry that is neither a text nor an object with \"sql\": number {}", at + 1))),
        }
    }
    Ok(gathering.finish())
}

fn add(gathering: &mut Gathering, sql: String, object: Option<Object>) {
    let text = number_placeholders(&sql).text;
    let mut occurrence = Occurrence { text, calls: 1.0, ..Occurrence::default() };
    if let Some(object) = object {
        occurrence.calls = object.calls.filter(|c| c.is_finite() && *c > 0.0).unwrap_or(1.0);
        occurrence.total_ms = object.mean_ms.map(|mean| mean * occurrence.calls);
        occurrence.rows = object.rows_per_call.map(|rows| rows * occurrence.calls);
        occurrence.name = object.name;
        if !object.params.is_empty() {
            let values: BTreeMap<u32, String> = (1..).zip(object.params.iter().map(literal)).collect();
            occurrence.bound = Some(bind(&occurrence.text, &values));
        }
    }
    gathering.add(occurrence, || QuerySource::Given);
}

/// A value as an untyped literal, which takes the type that its place wants.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quote_literal(text),
        Value::Array(members) if members.iter().all(|m| !m.is_object() && !m.is_array()) => {
            let quoted: Vec<String> = members
                .iter()
                .map(|m| match m {
                    Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                    Value::Null => "NULL".to_owned(),
                    other => other.to_string(),
                })
                .collect();
            quote_literal(&format!("{{{}}}", quoted.join(",")))
        }
        other => quote_literal(&other.to_string()),
    }
}
