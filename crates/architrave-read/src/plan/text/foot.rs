//! What stands before and after the nodes: the statement, settings, planning, triggers, compilation, times.

use super::quoted::split;
use super::{Fields, Line, property};
use serde_json::Value;

/// Keys that belong to the plan and not to a node, wherever they stand.
static KEYS: &[&str] = &[
    "Planning",
    "Planning Time",
    "Planning time",
    "Planning Memory",
    "Execution Time",
    "Execution time",
    "Total runtime",
    "Settings",
    "Query Identifier",
    "Serialization",
];

/// Whether a line belongs to the plan as a whole.
pub(super) fn is_foot(line: &str) -> bool {
    property::key(line).is_some_and(|key| KEYS.contains(&key)) || is_trigger(line)
}

fn is_trigger(line: &str) -> bool {
    line.starts_with("Trigger ") && (line.contains(": time=") || line.contains(": calls="))
}

/// Reads the lines after the last node; gives the plan's fields and where the next thing begins.
pub(super) fn read(lines: &[Line], start: usize, base: usize) -> (Fields, usize) {
    let mut fields = Fields::new();
    let mut at = start;
    while let Some(line) = lines.get(at) {
        if super::is_head(&line.text) || line.column > base && !is_foot(&line.text) {
            break;
        }
        let inner: Vec<&str> = lines[at + 1..]
            .iter()
            .take_while(|next| next.column > line.column && !is_foot(&next.text))
            .map(|next| next.text.as_str())
            .collect();
        if !of_plan(&line.text, &inner, &mut fields) {
            break;
        }
        at += 1 + if has_inner(&line.text) { inner.len() } else { 0 };
    }
    (fields, at)
}

fn has_inner(line: &str) -> bool {
    matches!(line, "Planning:" | "JIT:")
}

/// Reads one line (and those below it) into the plan's fields; false when it is none of a plan.
fn of_plan(line: &str, inner: &[&str], fields: &mut Fields) -> bool {
    if is_trigger(line) {
        trigger(line, fields);
        return true;
    }
    let Some(key) = property::key(line) else { return false };
    let value = line[key.len() + 1..].trim();
    match key {
        "Planning" => {
            fields.insert(key.into(), Value::Object(planning(inner)));
        }
        "JIT" => {
            fields.insert(key.into(), Value::Object(jit(inner)));
        }
        "Settings" => {
            fields.insert(key.into(), Value::Object(settings(value)));
        }
        "Serialization" => {
            fields.insert(key.into(), Value::Object(serialization(value)));
        }
        "Planning Time" | "Planning time" => time(fields, "Planning Time", value),
        "Execution Time" | "Execution time" | "Total runtime" => time(fields, "Execution Time", value),
        // The client's own clock.
        "Time" => return false,
        _ if !inner.is_empty() => return false,
        _ => {
            fields.insert(key.into(), property::typed(key, value));
        }
    }
    true
}

fn time(fields: &mut Fields, key: &str, value: &str) {
    if let Some(ms) = super::number(value.trim_end_matches("ms")) {
        fields.insert(key.into(), ms);
    }
}

fn planning(inner: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for line in inner {
        match line.strip_prefix("Memory: ") {
            Some(memory) => {
                for (what, kilobytes) in memory.split(' ').filter_map(|word| word.split_once('=')) {
                    let key = if what == "used" { "Memory Used" } else { "Memory Allocated" };
                    if let Some(number) = super::number(kilobytes.trim_end_matches("kB")) {
                        fields.insert(key.into(), number);
                    }
                }
            }
            None => property::read(line, &mut fields),
        }
    }
    fields
}

/// `Functions: 3`, `Options: Inlining true, …`, `Timing: Generation 0.2 ms (Deform 0.1 ms), Inlining …`.
pub(super) fn jit(inner: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for line in inner {
        let Some((key, value)) = line.split_once(": ") else { continue };
        let read = |part: &str| -> Option<(String, Value)> {
            let (name, value) = part.trim().split_once(' ')?;
            let value = match value {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                other => jit_time(other)?,
            };
            Some((name.to_owned(), value))
        };
        let value = match key {
            "Options" | "Timing" => Value::Object(split(value, ", ").into_iter().filter_map(read).collect()),
            _ => property::typed(key, value),
        };
        fields.insert(key.into(), value);
    }
    fields
}

/// `0.5 ms`, or `0.5 ms (Deform 0.1 ms)`.
fn jit_time(text: &str) -> Option<Value> {
    let ms = |text: &str| super::number(text.trim().trim_end_matches("ms"));
    let Some((total, part)) = text.split_once(" (") else { return ms(text) };
    let (name, share) = part.trim_end_matches(')').split_once(' ')?;
    let mut fields = Fields::new();
    fields.insert(name.into(), ms(share)?);
    fields.insert("Total".into(), ms(total)?);
    Some(Value::Object(fields))
}

/// `work_mem = '64kB', search_path = '"$user", public'`; the values are not escaped.
fn settings(value: &str) -> Fields {
    let mut fields = Fields::new();
    let mut rest = value;
    while let Some((name, after)) = rest.split_once(" = '") {
        let is_name = |text: &str| {
            text.split_once(" = '")
                .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)))
        };
        let end = after.match_indices("', ").map(|(at, _)| at).find(|at| is_name(&after[at + 3..]));
        let (text, next) = end.map_or((after.strip_suffix('\'').unwrap_or(after), ""), |at| (&after[..at], &after[at + 3..]));
        fields.insert(name.trim().into(), Value::String(text.into()));
        rest = next;
    }
    fields
}

/// `time=0.039 ms  output=5kB  format=text`.
fn serialization(value: &str) -> Fields {
    let mut fields = Fields::new();
    for (what, value) in value.split("  ").filter_map(|part| part.trim().split_once('=')) {
        let (key, value) = match what {
            "time" => ("Time", super::number(value.trim_end_matches("ms"))),
            "output" => ("Output Volume", super::number(value.trim_end_matches("kB"))),
            "format" => ("Format", Some(Value::String(value.into()))),
            _ => continue,
        };
        if let Some(value) = value {
            fields.insert(key.into(), value);
        }
    }
    fields
}

/// `Trigger RI_… for constraint c on t: time=0.255 calls=1`, in which the name stands with VERBOSE or without a constraint.
fn trigger(line: &str, fields: &mut Fields) {
    let at = line.rfind(": time=").or_else(|| line.rfind(": calls=")).unwrap_or(line.len());
    let (names, numbers) = (line.get("Trigger".len()..at).unwrap_or_default(), line.get(at + 2..).unwrap_or_default());
    let mut entry = Fields::new();
    let (names, relation) = names
        .rsplit_once(" on ")
        .filter(|(names, _)| !names.trim().is_empty())
        .map_or((names, None), |(names, relation)| (names, Some(relation)));
    let (name, constraint) = names.split_once(" for constraint ").map_or((names, None), |(name, constraint)| (name, Some(constraint)));
    entry.insert("Trigger Name".into(), Value::String(name.trim().into()));
    if let Some(constraint) = constraint {
        entry.insert("Constraint Name".into(), Value::String(constraint.into()));
    }
    if let Some(relation) = relation {
        entry.insert("Relation".into(), Value::String(relation.into()));
    }
    for (what, key) in [("time", "Time"), ("calls", "Calls")] {
        let found = numbers.split(' ').find_map(|word| word.strip_prefix(what)?.strip_prefix('='));
        if let Some(number) = found.and_then(super::number) {
            entry.insert(key.into(), number);
        }
    }
    if let Some(list) = fields.entry("Triggers").or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        list.push(Value::Object(entry));
    }
}

/// The statement that `auto_explain` writes before the plan.
pub(super) fn query_text(lines: &[Line]) -> Option<String> {
    let start = lines.iter().position(|line| line.text.starts_with("Query Text: "))?;
    let mut text = lines[start].text.trim_start_matches("Query Text: ").to_owned();
    for line in &lines[start + 1..] {
        if line.text.starts_with("Query Parameters: ") {
            break;
        }
        text.push('\n');
        text.push_str(&" ".repeat(line.column));
        text.push_str(&line.text);
    }
    Some(text)
}
