//! The lines below a node's first: what EXPLAIN calls properties.

use super::quoted::split;
use super::{Fields, number};
use serde_json::Value;

/// Keys whose value is text, whatever it looks like.
static TEXTS: &[&str] = &[
    "Node Type",
    "Parent Relationship",
    "Subplan Name",
    "Strategy",
    "Partial Mode",
    "Operation",
    "Join Type",
    "Relation Name",
    "Schema",
    "Alias",
    "Index Name",
    "Scan Direction",
    "CTE Name",
    "Function Name",
    "Table Function Name",
    "Tuplestore Name",
    "Filter",
    "Index Cond",
    "Recheck Cond",
    "Order By",
    "TID Cond",
    "Join Filter",
    "Hash Cond",
    "Merge Cond",
    "One-Time Filter",
    "Run Condition",
    "Cache Key",
    "Cache Mode",
    "Sort Method",
    "Sort Space Type",
    "Function Call",
    "Table Function Call",
    "Conflict Resolution",
    "Conflict Filter",
    "Remote SQL",
    "Relations",
    "Foreign File",
    "Foreign Program",
    "Custom Plan Provider",
    "Command",
    "Query Text",
    "Query Parameters",
    "Trigger Name",
    "Constraint Name",
    "Relation",
    "Sampling Method",
    "Repeatable Seed",
    "Window",
    "Storage",
    "Format",
    "Item",
];

/// Keys whose value is a list of expressions or names.
static LISTS: &[&str] = &["Output", "Sort Key", "Presorted Key", "Group Key", "Params Evaluated", "Conflict Arbiter Indexes"];

/// Whether the value of a key is text, whatever it looks like.
pub(in crate::plan) fn is_text_key(key: &str) -> bool {
    TEXTS.contains(&key)
}

/// Whether the value of a key is certainly a number.
pub(in crate::plan) fn is_number_key(key: &str) -> bool {
    ["Rows Removed", "Actual ", "Plan ", "Total Cost", "Startup Cost", "Blocks", "Workers "].iter().any(|word| key.contains(word))
}

/// A few characters of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    let start: String = text.chars().take(24).collect();
    if start.len() < text.len() { format!("`{start}…`") } else { format!("`{start}`") }
}

/// The key of a line `Key: value`; none when it is no such line.
pub(super) fn key(line: &str) -> Option<&str> {
    let at = line.find(':')?;
    let key = &line[..at];
    let is_key = (2..60).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || " -/_.".contains(c));
    (is_key && (line.len() == at + 1 || line[at + 1..].starts_with(' '))).then_some(key)
}

/// Reads one line into the fields of a node or worker. Lines that are not `Key: value` are left alone.
pub(super) fn read(line: &str, fields: &mut Fields) {
    let Some(key) = key(line) else { return };
    let value = line[key.len() + 1..].trim();
    match key {
        "Buffers" => buffers(value, fields),
        "I/O Timings" => timings(value, fields),
        "WAL" => wal(value, fields),
        "Heap Blocks" => heap_blocks(value, fields),
        "Sort Method" => sort_method(line, fields),
        "Full-sort Groups" | "Pre-sorted Groups" => sort_groups(key, line, fields),
        "Buckets" => hash(line, fields),
        "Batches" | "Planned Partitions" | "Peak Memory Usage" | "Disk Usage" | "HashAgg Batches" => hash_aggregate(line, fields),
        "Hits" => memoize(line, fields),
        "Storage" => pairs(line, fields),
        "Estimates" => estimates(value, fields),
        "Sampling" => sampling(value, fields),
        "Tuples" => merged(value, fields),
        "Foreign File Size" => set_number(fields, key, value.split(' ').next().unwrap_or_default()),
        _ if LISTS.contains(&key) => {
            fields.insert(key.into(), list(value));
        }
        _ => {
            fields.insert(key.into(), typed(key, value));
        }
    }
}

/// Expressions between commas.
pub(super) fn list(value: &str) -> Value {
    Value::Array(split(value, ", ").into_iter().map(|part| Value::String(part.trim().to_owned())).collect())
}

/// The value of a plain line.
pub(super) fn typed(key: &str, value: &str) -> Value {
    if is_text_key(key) {
        return Value::String(value.to_owned());
    }
    match value {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let bare = value.strip_suffix("kB").or_else(|| value.strip_suffix("ms")).unwrap_or(value);
            number(bare).unwrap_or_else(|| Value::String(value.to_owned()))
        }
    }
}

fn set_number(fields: &mut Fields, key: &str, text: &str) {
    let text = text.trim().trim_end_matches("kB").trim_end_matches("ms").trim_end_matches('%');
    if let Some(value) = number(text) {
        fields.insert(key.into(), value);
    }
}

/// `Key: value  Key: value`, between two spaces.
fn parts(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split("  ").filter_map(|part| part.trim().split_once(':')).map(|(key, value)| (key.trim(), value.trim()))
}

fn pairs(line: &str, fields: &mut Fields) {
    for (key, value) in parts(line) {
        fields.insert(key.into(), typed(key, value));
    }
}

/// `shared hit=3 read=2, temp read=1 written=1`.
pub(super) fn buffers(value: &str, fields: &mut Fields) {
    for group in value.split(", ") {
        let mut words = group.split(' ');
        let place = capitalised(words.next().unwrap_or_default());
        for (what, count) in words.filter_map(|word| word.split_once('=')) {
            set_number(fields, &format!("{place} {} Blocks", capitalised(what)), count);
        }
    }
}

/// `shared read=0.5 write=0.1, temp read=0.2`; up to version 14 without a place, in 15 and 16 `shared/local`.
fn timings(value: &str, fields: &mut Fields) {
    for group in value.split(", ") {
        let mut place = String::new();
        for word in group.split(' ') {
            match word.split_once('=') {
                None if word == "shared/local" => {}
                None => place = format!("{} ", capitalised(word)),
                Some((what, ms)) => set_number(fields, &format!("{place}I/O {} Time", capitalised(what)), ms),
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

/// `records=3 fpi=1 bytes=200 buffers full=1`.
fn wal(value: &str, fields: &mut Fields) {
    for (what, key) in [("records", "WAL Records"), ("fpi", "WAL FPI"), ("bytes", "WAL Bytes"), ("full", "WAL Buffers Full")] {
        let found = value.split(' ').find_map(|word| word.strip_prefix(what)?.strip_prefix('='));
        set_number(fields, key, found.unwrap_or("0"));
    }
}

/// `exact=5 lossy=3`; what is 0 is not printed.
fn heap_blocks(value: &str, fields: &mut Fields) {
    for (what, key) in [("exact", "Exact Heap Blocks"), ("lossy", "Lossy Heap Blocks")] {
        let found = value.split(' ').find_map(|word| word.strip_prefix(what)?.strip_prefix('='));
        set_number(fields, key, found.unwrap_or("0"));
    }
}

/// `Sort Method: external merge  Disk: 1000kB`.
fn sort_method(line: &str, fields: &mut Fields) {
    for (key, value) in parts(line) {
        if key == "Sort Method" {
            fields.insert(key.into(), Value::String(value.into()));
        } else {
            fields.insert("Sort Space Type".into(), Value::String(key.into()));
            set_number(fields, "Sort Space Used", value);
        }
    }
}

/// `Full-sort Groups: 2  Sort Methods: quicksort, external merge  Average Memory: 25kB  Peak Memory: 25kB`.
fn sort_groups(name: &str, line: &str, fields: &mut Fields) {
    let mut group = Fields::new();
    for (key, value) in parts(line) {
        match key.split_once(' ') {
            _ if key == name => set_number(&mut group, "Group Count", value),
            Some(("Sort", _)) => {
                group.insert("Sort Methods Used".into(), value.split(", ").map(|method| Value::String(method.into())).collect());
            }
            Some((which @ ("Average" | "Peak"), place)) => {
                let space = group.entry(format!("Sort Space {place}")).or_insert_with(|| Value::Object(Fields::new()));
                if let Some(space) = space.as_object_mut() {
                    set_number(space, &format!("{which} Sort Space Used"), value);
                }
            }
            _ => {}
        }
    }
    fields.insert(name.into(), Value::Object(group));
}

/// `Buckets: 1024 (originally 2048)  Batches: 4 (originally 1)  Memory Usage: 9kB`.
fn hash(line: &str, fields: &mut Fields) {
    for (key, value) in parts(line) {
        let (now, planned) =
            value.split_once(" (originally ").map_or((value, value), |(now, planned)| (now, planned.trim_end_matches(')')));
        match key {
            "Buckets" | "Batches" => {
                set_number(fields, &format!("Hash {key}"), now);
                set_number(fields, &format!("Original Hash {key}"), planned);
            }
            "Memory Usage" => set_number(fields, "Peak Memory Usage", value),
            _ => {}
        }
    }
}

/// `Planned Partitions: 4  Batches: 5  Memory Usage: 409kB  Disk Usage: 264kB`.
fn hash_aggregate(line: &str, fields: &mut Fields) {
    for (key, value) in parts(line) {
        match key {
            "Batches" | "HashAgg Batches" => set_number(fields, "HashAgg Batches", value),
            "Memory Usage" | "Peak Memory Usage" => set_number(fields, "Peak Memory Usage", value),
            other => set_number(fields, other, value),
        }
    }
}

/// `Hits: 1  Misses: 2  Evictions: 0  Overflows: 0  Memory Usage: 3kB`.
fn memoize(line: &str, fields: &mut Fields) {
    for (key, value) in parts(line) {
        match key {
            "Memory Usage" => set_number(fields, "Peak Memory Usage", value),
            other => set_number(fields, &format!("Cache {other}"), value),
        }
    }
}

/// `capacity=10 distinct keys=10 lookups=100 hit percent=90.00%` of Memoize.
fn estimates(value: &str, fields: &mut Fields) {
    let names = [
        ("capacity", "Estimated Capacity"),
        ("keys", "Estimated Distinct Lookup Keys"),
        ("lookups", "Estimated Lookups"),
        ("percent", "Estimated Hit Percent"),
    ];
    for (what, number) in value.split(' ').filter_map(|word| word.split_once('=')) {
        if let Some((_, key)) = names.iter().find(|(name, _)| *name == what) {
            set_number(fields, key, number);
        }
    }
}

/// `bernoulli ('20'::real) REPEATABLE ('7'::double precision)`.
fn sampling(value: &str, fields: &mut Fields) {
    let (method, rest) = value.split_once(" (").unwrap_or((value, ""));
    let (parameters, seed) = rest.split_once(") REPEATABLE (").map_or((rest, None), |(parameters, seed)| (parameters, Some(seed)));
    let inner = |text: &str| text.strip_suffix(')').unwrap_or(text).to_owned();
    let parameters = if seed.is_some() { parameters.to_owned() } else { inner(parameters) };
    fields.insert("Sampling Method".into(), Value::String(method.into()));
    fields.insert("Sampling Parameters".into(), list(&parameters));
    if let Some(seed) = seed {
        fields.insert("Repeatable Seed".into(), Value::String(inner(seed)));
    }
}

/// `inserted=99 updated=151 deleted=49 skipped=1` of MERGE.
fn merged(value: &str, fields: &mut Fields) {
    for what in ["inserted", "updated", "deleted", "skipped"] {
        let found = value.split(' ').find_map(|word| word.strip_prefix(what)?.strip_prefix('='));
        set_number(fields, &format!("Tuples {}", capitalised(what)), found.unwrap_or("0"));
    }
}
