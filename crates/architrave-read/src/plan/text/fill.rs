//! What the text form leaves out because it is 0, and the other forms print.

use super::Fields;
use serde_json::Value;

/// The block counts of `BUFFERS`.
static BLOCKS: &[&str] = &[
    "Shared Hit Blocks",
    "Shared Read Blocks",
    "Shared Dirtied Blocks",
    "Shared Written Blocks",
    "Local Hit Blocks",
    "Local Read Blocks",
    "Local Dirtied Blocks",
    "Local Written Blocks",
    "Temp Read Blocks",
    "Temp Written Blocks",
];

/// A condition, and the count that is printed for it when it is not 0.
static REMOVED: &[(&str, &str)] = &[
    ("Filter", "Rows Removed by Filter"),
    ("Join Filter", "Rows Removed by Join Filter"),
    ("Recheck Cond", "Rows Removed by Index Recheck"),
    ("Conflict Filter", "Rows Removed by Conflict Filter"),
];

/// What the plan as a whole was asked to tell.
#[derive(Clone, Copy)]
struct Asked {
    is_analyzed: bool,
    has_times: bool,
    has_buffers: bool,
    wal: bool,
    io: Io,
}

/// Which block times are told.
#[derive(Clone, Copy)]
struct Io {
    is_told: bool,
    /// `Shared I/O …` (17 and later) instead of `I/O …`.
    by_place: bool,
    temp: bool,
}

/// Adds the implied zeros to all nodes of a plan.
pub(super) fn implied(plan: &mut Fields) {
    let Some(root) = plan.get_mut("Plan").and_then(Value::as_object_mut) else { return };
    let asked = Asked {
        is_analyzed: root.contains_key("Actual Loops"),
        has_times: root.contains_key("Actual Total Time"),
        has_buffers: any(root, &|key| key.ends_with(" Blocks") && !key.contains("Heap")),
        wal: any(root, &|key| key.starts_with("WAL ")),
        io: Io {
            is_told: any(root, &|key| key.contains("I/O ")),
            by_place: any(root, &|key| key.starts_with("Shared I/O ") || key.starts_with("Local I/O ")),
            temp: any(root, &|key| key.starts_with("Temp I/O ")),
        },
    };
    fill(root, asked);
    if any(root, &|key| key == "Output") {
        nameless_functions(root);
    }
}

/// With VERBOSE a function's name comes with its schema: what stands alone is the alias of several functions.
fn nameless_functions(fields: &mut Fields) {
    if fields.get("Node Type").is_some_and(|kind| kind == "Function Scan") && !fields.contains_key("Schema") {
        fields.remove("Function Name");
    }
    if let Some(children) = fields.get_mut("Plans").and_then(Value::as_array_mut) {
        children.iter_mut().filter_map(Value::as_object_mut).for_each(nameless_functions);
    }
}

fn children(fields: &Fields) -> impl Iterator<Item = &Fields> {
    fields.get("Plans").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn any(fields: &Fields, is: &dyn Fn(&str) -> bool) -> bool {
    fields.keys().any(|key| is(key)) || children(fields).any(|child| any(child, is))
}

fn zero(fields: &mut Fields, key: &str) {
    fields.entry(key).or_insert_with(|| 0.into());
}

fn fill(fields: &mut Fields, asked: Asked) {
    let kind = fields.get("Node Type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if asked.is_analyzed {
        executed(fields, &kind, asked);
    }
    if matches!(kind.as_str(), "Append" | "Merge Append") {
        zero(fields, "Subplans Removed");
    }
    if asked.has_buffers {
        blocks(fields, asked);
    }
    if asked.wal {
        for key in ["WAL Records", "WAL FPI", "WAL Bytes"] {
            zero(fields, key);
        }
    }
    if let Some(workers) = fields.get_mut("Workers").and_then(Value::as_array_mut) {
        for worker in
            workers.iter_mut().filter_map(Value::as_object_mut).filter(|worker| worker.contains_key("Actual Loops") && asked.has_buffers)
        {
            blocks(worker, asked);
        }
    }
    if let Some(children) = fields.get_mut("Plans").and_then(Value::as_array_mut) {
        children.iter_mut().filter_map(Value::as_object_mut).for_each(|child| fill(child, asked));
    }
}

fn blocks(fields: &mut Fields, asked: Asked) {
    for key in BLOCKS {
        zero(fields, key);
    }
    if !asked.io.is_told {
        return;
    }
    let places: &[&str] = if asked.io.by_place { &["Shared ", "Local "] } else { &[""] };
    for place in places {
        zero(fields, &format!("{place}I/O Read Time"));
        zero(fields, &format!("{place}I/O Write Time"));
    }
    if asked.io.temp || asked.io.by_place {
        zero(fields, "Temp I/O Read Time");
        zero(fields, "Temp I/O Write Time");
    }
}

fn executed(fields: &mut Fields, kind: &str, asked: Asked) {
    if asked.has_times {
        zero(fields, "Actual Startup Time");
        zero(fields, "Actual Total Time");
    }
    for (condition, count) in REMOVED {
        if fields.contains_key(*condition) {
            zero(fields, count);
        }
    }
    if matches!(kind, "Index Scan" | "Index Only Scan") && fields.contains_key("Index Cond") {
        zero(fields, "Rows Removed by Index Recheck");
    }
    if kind == "Bitmap Heap Scan" {
        zero(fields, "Exact Heap Blocks");
        zero(fields, "Lossy Heap Blocks");
    }
    if fields.contains_key("HashAgg Batches") {
        zero(fields, "Disk Usage");
        zero(fields, "Planned Partitions");
    }
    if let Some(workers) = fields.get_mut("Workers").and_then(Value::as_array_mut) {
        for worker in workers.iter_mut().filter_map(Value::as_object_mut).filter(|worker| worker.contains_key("HashAgg Batches")) {
            zero(worker, "Disk Usage");
        }
    }
}
