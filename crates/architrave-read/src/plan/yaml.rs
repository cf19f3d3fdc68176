//! The YAML form.

use super::decode::{self, Place};
use super::error::PlanError;
use super::frame::Block;
use architrave_model::plan::Plan;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Levels of lists and objects: two for each level of nodes.
const DEPTH: usize = 2 * decode::LEVELS;

/// A list or object whose end has not been seen.
enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// All plans of a block that holds YAML.
pub(super) fn read(block: &Block) -> Result<Vec<(usize, Plan)>, PlanError> {
    let is_start = |line: &str| ["- ", "Plan:", "Query Text: \""].iter().any(|start| line.trim_start().starts_with(start));
    let start = block.lines.iter().position(|(_, line)| is_start(line)).unwrap_or(0);
    let end = block.lines.iter().skip(start).position(|(_, line)| line.starts_with("Time: ")).map_or(block.lines.len(), |at| start + at);
    let lines: Vec<&str> = block.lines[start..end].iter().map(|(_, line)| line.as_str()).collect();
    let line = block.line(start + 1);
    let value = value(&lines.join("\n")).map_err(|(at, message)| match message {
        Some(message) => PlanError::Syntax { line: block.line(start + at), form: "YAML", message },
        None => PlanError::TooDeep { line: block.line(start + at), limit: decode::LEVELS },
    })?;
    let plans = decode::plans(value, Place { line, form: "YAML" })?;
    Ok(plans.into_iter().map(|plan| (line, plan)).collect())
}

/// The first document; else the line (from 1 in this text) and what is wrong (nothing: nested too deeply).
fn value(text: &str) -> Result<Value, (usize, Option<String>)> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| (error.marker().line(), Some(error.info().to_owned())))?;
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(values)) => Some(Value::Array(values)),
                Some(Open::Object(fields, _)) => Some(Value::Object(fields)),
                None => None,
            },
            Event::Scalar(text, style, ..) => Some(scalar(&text, style)),
            Event::Alias(_) => return Err((span.start.line(), Some("an alias, which EXPLAIN never writes".into()))),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => None,
        };
        if open.len() > DEPTH {
            return Err((span.start.line(), None));
        }
        let Some(done) = done else { continue };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(values)) => values.push(done),
            Some(Open::Object(fields, key)) => match key.take() {
                Some(key) => {
                    fields.insert(key, done);
                }
                None => match done {
                    Value::String(name) => *key = Some(name),
                    other => *key = Some(other.to_string()),
                },
            },
        }
    }
    Err((1, Some("there is no value".into())))
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "" | "~" | "null" => Value::Null,
        other => serde_json::from_str::<serde_json::Number>(other).map_or_else(|_| Value::String(other.to_owned()), Value::Number),
    }
}
