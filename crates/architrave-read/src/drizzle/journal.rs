//! `meta/_journal.json` and `snapshot.json` of Drizzle Kit.

use crate::reader::Input;

/// The journal.
#[derive(Debug)]
pub(super) struct Journal {
    /// `postgresql`, `sqlite`, …
    pub(super) dialect: String,
    /// Entries in the order of the file, which is the order in which they run.
    pub(super) entries: Vec<Entry>,
}

/// One migration of the journal.
#[derive(Debug)]
pub(super) struct Entry {
    /// File name without `.sql`.
    pub(super) tag: String,
    /// Milliseconds since 1970.
    pub(super) when: i64,
    /// Line of the entry's tag in the journal.
    pub(super) line: u32,
}

/// Reads a journal; the error is a predicate.
pub(super) fn read(input: &Input<'_>, file: &str) -> Result<Journal, String> {
    let text = input.tree.read(file).map_err(|e| e.why())?.text;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| format!("is not valid JSON (line {})", e.line()))?;
    let dialect = json.get("dialect").and_then(|d| d.as_str()).ok_or("names no dialect")?.to_owned();
    let mut entries = Vec::new();
    let mut from = 0;
    for entry in json.get("entries").and_then(|e| e.as_array()).ok_or("has no entries")? {
        let tag = entry.get("tag").and_then(|t| t.as_str()).ok_or("has an entry without tag")?.to_owned();
        let when = entry.get("when").and_then(serde_json::Value::as_i64).ok_or_else(|| format!("has no \"when\" for {tag}"))?;
        // Entries stand in order, so each search goes on from the last.
        let at = text[from..].find(&format!("\"{tag}\"")).map_or(from, |n| from + n);
        from = at;
        entries.push(Entry { line: crate::sql::line_of(&text, at), tag, when });
    }
    Ok(Journal { dialect, entries })
}

/// The dialect of a snapshot.
pub(super) fn snapshot_dialect(input: &Input<'_>, file: &str) -> Option<String> {
    let text = input.tree.read(file).ok()?.text;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(json.get("dialect")?.as_str()?.to_owned())
}
