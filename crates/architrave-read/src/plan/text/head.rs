//! The first line of a node: kind, relation, index, costs, times.

use super::quoted::{find, identifier};
use super::{Fields, number};
use serde_json::Value;

/// Kinds of nodes as the text form begins them, to recognise a plan without costs.
static KINDS: &[&str] = &[
    "Append",
    "Aggregate",
    "Bitmap Heap Scan on ",
    "Bitmap Index Scan on ",
    "BitmapAnd",
    "BitmapOr",
    "CTE Scan on ",
    "Custom Scan (",
    "Delete on ",
    "Finalize ",
    "Foreign ",
    "Function Scan on ",
    "Gather",
    "Group",
    "GroupAggregate",
    "Hash",
    "HashAggregate",
    "HashSetOp ",
    "Incremental Sort",
    "Index Only Scan ",
    "Index Scan ",
    "Insert on ",
    "Limit",
    "LockRows",
    "Materialize",
    "Memoize",
    "Merge Append",
    "Merge Join",
    "Merge on ",
    "Merge Left Join",
    "Merge Right Join",
    "Merge Full Join",
    "Merge Semi Join",
    "Merge Anti Join",
    "MixedAggregate",
    "Named Tuplestore Scan on ",
    "Nested Loop",
    "Parallel ",
    "Partial ",
    "ProjectSet",
    "Recursive Union",
    "Result",
    "Sample Scan on ",
    "Seq Scan on ",
    "SetOp ",
    "Sort",
    "Subquery Scan on ",
    "Table Function Scan on ",
    "Tid Range Scan on ",
    "Tid Scan on ",
    "Unique",
    "Update on ",
    "Values Scan on ",
    "WindowAgg",
    "WorkTable Scan on ",
    "Async Foreign Scan",
    "ModifyTable",
];

/// Kinds that stand alone on their line when there are no costs: the word must be the whole of it.
fn is_whole(kind: &str) -> bool {
    !kind.ends_with([' ', '('])
}

/// Whether a line is the first of a plan: it has costs or times in EXPLAIN's form, or begins like a node.
pub(in crate::plan) fn is_head(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with("->") || line.is_empty() {
        return false;
    }
    let head = split(line);
    if head.cost.is_some() || head.actual.is_some() && begins_like_a_node(&head.label) {
        return !head.label.is_empty() && find(&head.label, ": ").is_none();
    }
    let is_kind = |kind: &str| {
        if is_whole(kind) { line == kind } else { line.starts_with(kind) && !line.contains(';') && line.len() > kind.len() }
    };
    line.len() < 400 && (KINDS.iter().any(|kind| is_kind(kind)) || join(line).is_some()) && super::property::key(line).is_none()
}

/// Whether it begins with the name of a known kind.
pub(super) fn begins_like_a_node(line: &str) -> bool {
    KINDS.iter().any(|kind| line.starts_with(kind.trim_end())) || join(line).is_some()
}

/// A node's first line in its parts.
pub(super) struct Head {
    /// Kind and names.
    pub(super) label: String,
    /// Inside of `(cost=…)`.
    pub(super) cost: Option<String>,
    /// Inside of `(actual …)`, or `never executed`.
    pub(super) actual: Option<String>,
}

/// Splits a first line from its end, where nothing that a user named can stand.
pub(super) fn split(line: &str) -> Head {
    let mut rest = line.trim_end();
    let mut actual = None;
    if let Some(before) = rest.strip_suffix("(never executed)") {
        actual = Some("never executed".to_owned());
        rest = before.trim_end();
    } else if let Some(at) = rest.rfind("(actual ")
        && let Some(inside) = rest[at + "(actual ".len()..].strip_suffix(')')
        && inside.contains("loops=")
        && !inside.contains(['(', '"'])
    {
        actual = Some(inside.to_owned());
        rest = rest[..at].trim_end();
    }
    let mut cost = None;
    if let Some(at) = rest.rfind("(cost=")
        && let Some(inside) = rest[at + 1..].strip_suffix(')')
        && inside.contains(" rows=")
        && inside.contains(" width=")
    {
        cost = Some(inside.to_owned());
        rest = rest[..at].trim_end();
    }
    Head { label: rest.to_owned(), cost, actual }
}

/// The fields that a first line tells; a sentence when its numbers are cut or garbled.
pub(super) fn read(line: &str) -> Result<Fields, String> {
    let head = split(line);
    let mut fields = Fields::new();
    names(&head.label, &mut fields)?;
    if let Some(cost) = &head.cost {
        let (from_to, others) = cost.strip_prefix("cost=").and_then(|cost| cost.split_once(' ')).ok_or("its costs are garbled")?;
        let (startup, total) = from_to.split_once("..").ok_or("its costs are garbled")?;
        put(&mut fields, "Startup Cost", startup)?;
        put(&mut fields, "Total Cost", total)?;
        for word in others.split(' ') {
            match word.split_once('=') {
                Some(("rows", rows)) => put(&mut fields, "Plan Rows", rows)?,
                Some(("width", width)) => put(&mut fields, "Plan Width", width)?,
                _ => return Err("its costs are garbled".into()),
            }
        }
    }
    match head.actual.as_deref() {
        Some("never executed") => {
            fields.insert("Actual Rows".into(), 0.0.into());
            fields.insert("Actual Loops".into(), 0.into());
        }
        Some(actual) => times(actual, &mut fields)?,
        None => {}
    }
    Ok(fields)
}

/// `time=0.011..0.676 rows=80 loops=1`.
pub(super) fn times(actual: &str, fields: &mut Fields) -> Result<(), String> {
    for word in actual.split(' ').filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            Some(("time", time)) => {
                let (startup, total) = time.split_once("..").ok_or("its times are garbled")?;
                put(fields, "Actual Startup Time", startup)?;
                put(fields, "Actual Total Time", total)?;
            }
            Some(("rows", rows)) => put(fields, "Actual Rows", rows)?,
            Some(("loops", loops)) => put(fields, "Actual Loops", loops)?,
            _ => return Err("its times are garbled".into()),
        }
    }
    Ok(())
}

fn put(fields: &mut Fields, key: &str, text: &str) -> Result<(), String> {
    let value = number(text).ok_or_else(|| format!("{} is not a number", super::property::shortened(text)))?;
    fields.insert(key.into(), value);
    Ok(())
}

fn set(fields: &mut Fields, key: &str, value: impl Into<String>) {
    fields.insert(key.into(), Value::String(value.into()));
}

/// Kind, index, relation and alias.
fn names(label: &str, fields: &mut Fields) -> Result<(), String> {
    let (label, is_parallel) = label.strip_prefix("Parallel ").map_or((label, false), |rest| (rest, true));
    let (label, is_async) = label.strip_prefix("Async ").map_or((label, false), |rest| (rest, true));
    let using = find(label, " using ");
    let on = find(label, " on ");
    let end = [using, on].into_iter().flatten().min().unwrap_or(label.len());
    if label[..end].trim().is_empty() {
        return Err("its kind is missing".into());
    }
    kind(&label[..end], fields);
    fields.insert("Parallel Aware".into(), Value::Bool(is_parallel));
    if is_async {
        fields.insert("Async Capable".into(), Value::Bool(true));
    }
    if let Some(at) = using {
        let (index, _) = identifier(&label[at + " using ".len()..]).ok_or("the name of its index is cut")?;
        set(fields, "Index Name", index);
    }
    if let Some(at) = on {
        target(&label[at + " on ".len()..], fields)?;
    }
    Ok(())
}

/// The words before the names.
fn kind(words: &str, fields: &mut Fields) {
    let (partial, plain) = ["Partial", "Finalize"]
        .iter()
        .find_map(|mode| Some((*mode, words.strip_prefix(mode)?.strip_prefix(' ')?)))
        .unwrap_or(("Simple", words));
    let strategy = match plain {
        "Aggregate" => Some("Plain"),
        "GroupAggregate" => Some("Sorted"),
        "HashAggregate" => Some("Hashed"),
        "MixedAggregate" => Some("Mixed"),
        _ => None,
    };
    if let Some(strategy) = strategy {
        set(fields, "Node Type", "Aggregate");
        set(fields, "Strategy", strategy);
        set(fields, "Partial Mode", partial);
        return;
    }
    if let Some((join, kind)) = join(words) {
        set(fields, "Node Type", kind);
        set(fields, "Join Type", join);
        return;
    }
    if let Some(command) = words.strip_prefix("SetOp").or_else(|| words.strip_prefix("HashSetOp")) {
        set(fields, "Node Type", "SetOp");
        set(fields, "Strategy", if words.starts_with("Hash") { "Hashed" } else { "Sorted" });
        if !command.trim().is_empty() {
            set(fields, "Command", command.trim());
        }
        return;
    }
    let operation = |word: &str| matches!(word, "Insert" | "Update" | "Delete" | "Merge");
    if operation(words) {
        set(fields, "Node Type", "ModifyTable");
        set(fields, "Operation", words);
    } else if let Some(word) = words.strip_prefix("Foreign ").filter(|word| operation(word) || *word == "Scan") {
        set(fields, "Node Type", "Foreign Scan");
        set(fields, "Operation", if word == "Scan" { "Select" } else { word });
    } else if let Some(provider) = words.strip_prefix("Custom Scan (") {
        set(fields, "Node Type", "Custom Scan");
        set(fields, "Custom Plan Provider", provider.trim_end_matches(')'));
    } else if let Some(kind) = words.strip_suffix(" Backward") {
        set(fields, "Node Type", kind);
        set(fields, "Scan Direction", "Backward");
    } else {
        set(fields, "Node Type", words);
        if matches!(words, "Index Scan" | "Index Only Scan") {
            set(fields, "Scan Direction", "Forward");
        }
    }
}

/// Join type and kind of a join's words.
fn join(words: &str) -> Option<(&str, &'static str)> {
    let (rest, kind) = [("Nested Loop", "Nested Loop"), ("Hash", "Hash Join"), ("Merge", "Merge Join")]
        .iter()
        .find_map(|(start, kind)| Some((words.strip_prefix(start)?, *kind)))?;
    if rest.is_empty() {
        return (kind == "Nested Loop").then_some(("Inner", kind));
    }
    let rest = rest.strip_prefix(' ')?;
    if rest == "Join" {
        return Some(("Inner", kind));
    }
    let types = ["Left", "Right", "Full", "Semi", "Anti", "Right Semi", "Right Anti"];
    rest.strip_suffix(" Join").filter(|join| types.contains(join)).map(|join| (join, kind))
}

/// `schema.relation alias`, or what other kinds scan.
fn target(text: &str, fields: &mut Fields) -> Result<(), String> {
    let cut = || String::from("the name of what it reads is cut");
    let (first, rest) = identifier(text).ok_or_else(cut)?;
    let (schema, name, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (name, rest) = identifier(rest).ok_or_else(cut)?;
            (Some(first), name, rest)
        }
        None => (None, first, rest),
    };
    let alias = rest.strip_prefix(' ').and_then(identifier).map(|(alias, _)| alias);
    let node = fields.get("Node Type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = match node.as_str() {
        "Bitmap Index Scan" => {
            set(fields, "Index Name", name);
            return Ok(());
        }
        "Function Scan" => "Function Name",
        "Table Function Scan" => "Table Function Name",
        "CTE Scan" | "WorkTable Scan" => "CTE Name",
        "Named Tuplestore Scan" => "Tuplestore Name",
        "Values Scan" | "Subquery Scan" => "Alias",
        _ => "Relation Name",
    };
    if let Some(schema) = schema {
        set(fields, "Schema", schema);
    }
    set(fields, "Alias", alias.unwrap_or_else(|| name.clone()));
    set(fields, key, name);
    Ok(())
}

/// A further target of ModifyTable (`Update on measure_1`): its fields.
pub(super) fn further_target(line: &str) -> Option<Fields> {
    let line = line.strip_prefix("Foreign ").unwrap_or(line);
    let text = ["Insert on ", "Update on ", "Delete on ", "Merge on "].iter().find_map(|start| line.strip_prefix(start))?;
    let mut fields = Fields::new();
    target(text, &mut fields).ok()?;
    Some(fields)
}
