//! Drizzle's journal with entries for new files; the rest of its text stays as it is.

use super::WriteError;

/// One new entry.
pub(super) struct Entry {
    /// File name without `.sql`.
    pub(super) tag: String,
}

/// The journal's text with the entries at its end. `when` goes on from the newest entry: the migrator passes over older ones.
pub(super) fn append(journal: &str, path: &str, entries: &[Entry], now_ms: i64) -> Result<String, WriteError> {
    let broken = |what: &str| WriteError::Journal { path: path.to_owned(), what: what.to_owned() };
    let json: serde_json::Value = serde_json::from_str(journal).map_err(|e| broken(&format!("is not valid JSON (line {})", e.line())))?;
    let old = json.get("entries").and_then(|e| e.as_array()).ok_or_else(|| broken("has no entries"))?;
    let number = |entry: &serde_json::Value, key: &str| entry.get(key).and_then(serde_json::Value::as_i64);
    let first = old.iter().filter_map(|e| number(e, "idx")).max().map_or(0, |n| n + 1);
    let newest = old.iter().filter_map(|e| number(e, "when")).max().unwrap_or(0);
    let start = now_ms.max(newest + 1);
    let version = old.iter().rev().find_map(|e| e.get("version")?.as_str()).or_else(|| json.get("version")?.as_str()).unwrap_or("7");
    let mut added = Vec::new();
    for (entry, n) in entries.iter().zip(0i64..) {
        added.push(format!(
            "    {{\n      \"idx\": {},\n      \"version\": \"{version}\",\n      \"when\": {},\n      \"tag\": \"{}\",\n      \"breakpoints\": true\n    }}",
            first + n,
            start + n,
            entry.tag
        ));
    }
    let end = journal.rfind(']').ok_or_else(|| broken("has no entries"))?;
    let (before, after) = journal.split_at(end);
    let before = before.trim_end();
    let comma = if before.ends_with('[') { "" } else { "," };
    let text = format!("{before}{comma}\n{}\n  {after}", added.join(",\n"));
    let count = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|j| j.get("entries")?.as_array().map(Vec::len));
    if count == Some(old.len() + entries.len()) { Ok(text) } else { Err(broken("has its entries in an unexpected place")) }
}
