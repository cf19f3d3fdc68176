//! The baseline: fingerprints of findings that are known and not shown again.

use crate::error::AppError;
use architrave_model::Finding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// File format version.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    baseline_version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    fingerprint: String,
    rule: String,
    object: String,
}

/// Fingerprints of a baseline file.
pub fn read(path: &Path) -> Result<BTreeSet<String>, AppError> {
    let text = std::fs::read_to_string(path).map_err(|source| AppError::File {
        doing: "cannot read the baseline",
        path: path.to_owned(),
        source,
    })?;
    let wrong = |reason: String| AppError::Baseline { path: path.to_owned(), reason };
    let file: File = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    if file.baseline_version != VERSION {
        return Err(wrong(format!("version {}, this architrave writes {VERSION}", file.baseline_version)));
    }
    Ok(file.findings.into_iter().map(|f| f.fingerprint).collect())
}

/// Writes all findings as known, sorted, readable in a diff.
pub fn write(path: &Path, findings: &[Finding]) -> Result<(), AppError> {
    let mut entries: Vec<Entry> =
        findings.iter().map(|f| Entry { fingerprint: f.fingerprint.clone(), rule: f.rule.clone(), object: f.object.to_string() }).collect();
    entries.sort_by(|a, b| (&a.rule, &a.object, &a.fingerprint).cmp(&(&b.rule, &b.object, &b.fingerprint)));
    entries.dedup_by(|a, b| a.fingerprint == b.fingerprint);
    let file = File { baseline_version: VERSION, findings: entries };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    std::fs::write(path, text).map_err(|source| AppError::File { doing: "cannot write the baseline", path: path.to_owned(), source })
}
