//! The JSON form, and the exports of clients that wrap one form into JSON.

use super::decode::{self, Place};
use super::error::PlanError;
use super::frame::Block;
use super::text;
use architrave_model::plan::Plan;
use serde_json::{Deserializer, Value};

/// All plans of a block that holds JSON, perhaps after some prose, perhaps several values one after the other.
pub(super) fn json(block: &Block) -> Result<Vec<(usize, Plan)>, PlanError> {
    let text = block.text();
    let start = start_of(&text);
    let skipped = newlines(&text[..start]);
    let mut all = Vec::new();
    let mut values = Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let mut before = 0;
    while let Some(value) = values.next() {
        let value = match value {
            Ok(value) => value,
            // What follows a whole value is the client's own: a row count, a time, a prompt.
            Err(_) if !all.is_empty() => break,
            Err(error) => return Err(syntax(block, skipped, &error)),
        };
        let line = block.line(skipped + 1 + text[start..].get(..before).map_or(0, newlines));
        before = values.byte_offset();
        let place = Place { line, form: "JSON" };
        match rows(&value) {
            Some(lines) => all.extend(exported(lines, line)?),
            None => all.extend(decode::plans(value, place)?.into_iter().map(|plan| (line, plan))),
        }
    }
    if all.is_empty() { Err(Place { line: block.first_line(), form: "JSON" }.shape("there is no value")) } else { Ok(all) }
}

/// Ends of lines in a text.
fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// Where the first value begins.
fn start_of(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with(['[', '{']) {
            return at + line.len() - trimmed.len();
        }
        at += line.len();
    }
    0
}

fn syntax(block: &Block, skipped: usize, error: &serde_json::Error) -> PlanError {
    let line = block.line(skipped + error.line());
    if error.is_eof() {
        return PlanError::Truncated { line, message: "the JSON ends in the middle".into() };
    }
    if error.to_string().contains("recursion limit") {
        return PlanError::TooDeep { line, limit: 60 };
    }
    let said = error.to_string();
    let message = said.split(" at line ").next().unwrap_or(&said).to_owned();
    PlanError::Syntax { line, form: "JSON", message }
}

/// Rows that a client exported as JSON: `[{"QUERY PLAN": "Seq Scan on t …"}, …]`.
fn rows(value: &Value) -> Option<Vec<String>> {
    let line = |row: &Value| -> Option<String> {
        match row {
            Value::Object(fields) if fields.len() == 1 => fields.values().next()?.as_str().map(str::to_owned),
            Value::Array(fields) if fields.len() == 1 => fields.first()?.as_str().map(str::to_owned),
            Value::String(text) => Some(text.clone()),
            _ => None,
        }
    };
    let rows = value.as_array().filter(|rows| !rows.is_empty())?;
    rows.iter().map(line).collect()
}

fn exported(rows: Vec<String>, at: usize) -> Result<Vec<(usize, Plan)>, PlanError> {
    let lines: Vec<(usize, String)> = rows.iter().flat_map(|row| row.lines()).map(|line| (at, super::frame::tidy(line))).collect();
    let block = Block { lines, duration_ms: None };
    match super::form_of(&block) {
        super::PlanForm::Text => text::read(&block),
        super::PlanForm::Yaml => super::yaml::read(&block),
        super::PlanForm::Xml => super::xml::read(&block),
        super::PlanForm::Json => {
            let value: Value = serde_json::from_str(&block.text()).map_err(|error| syntax(&block, 0, &error))?;
            Ok(decode::plans(value, Place { line: at, form: "JSON" })?.into_iter().map(|plan| (at, plan)).collect())
        }
    }
}
