//! The text form of a plan. Each node becomes the object that `FORMAT JSON` would print, and is decoded as such.

mod fill;
mod foot;
mod head;
mod outline;
mod property;
mod quoted;

use super::decode::{self, Place};
use super::error::PlanError;
use super::frame::Block;
use architrave_model::plan::Plan;
use serde_json::{Map, Value};

pub(super) use head::is_head;
pub(super) use property::{is_number_key, is_text_key};

/// All plans of a block of lines, one after the other.
pub(super) fn read(block: &Block) -> Result<Vec<(usize, Plan)>, PlanError> {
    let lines = quoted::joined(&block.lines);
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..lines.len()).find(|at| is_head(&lines[*at].text)) {
        if all.is_empty() {
            beheaded(&lines[..start])?;
        }
        let (outline, mut end) = outline::read(&lines, start)?;
        let (mut entry, after) = foot::read(&lines, end, outline.base);
        end = after;
        if all.is_empty()
            && let Some(query) = foot::query_text(&lines[..start])
        {
            entry.insert("Query Text".into(), Value::String(query));
        }
        let place = Place { line: lines[start].number, form: "a text plan" };
        let root = outline.assemble(place)?;
        entry.insert("Plan".into(), Value::Object(root));
        fill::implied(&mut entry);
        all.push((lines[start].number, decode::plan(entry, place)?));
        at = end;
    }
    if all.is_empty() {
        beheaded(&lines)?;
        return Err(super::error::not_a_plan(&block.lines));
    }
    Ok(all)
}

/// Complains about lines of a node before the uppermost node.
fn beheaded(lines: &[Line]) -> Result<(), PlanError> {
    let child = lines.iter().find(|line| line.text.starts_with("->") && line.text.contains("(cost=") || line.text.starts_with("->  "));
    match child {
        Some(line) => Err(PlanError::Truncated {
            line: line.number,
            message: "its uppermost node is missing (this line is a child of another)".into(),
        }),
        None => Ok(()),
    }
}

/// A line of the text: values that go over several lines are joined.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    /// In the given text, from 1.
    number: usize,
    /// Spaces before the text.
    column: usize,
    /// Text without white space around it.
    text: String,
}

/// The fields of a node, a worker or a plan, named as in JSON.
type Fields = Map<String, Value>;

/// A number as JSON has it: whole numbers without a fraction.
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    serde_json::from_str::<serde_json::Number>(text).ok().map(Value::Number)
}
