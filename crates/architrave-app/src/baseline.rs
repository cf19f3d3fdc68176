//! The baseline: a committed file of the findings that are known, so that only what is new or worse is shown.

use crate::error::AppError;
use architrave_model::changes::KnownFinding;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The format that is written.
///
/// History: 1 held fingerprint, rule and object; 2 added severity, places and days. Both are read.
const VERSION: u64 = 2;

/// A baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Day on which it was written, `YYYY-MM-DD`, when it tells.
    pub day: Option<String>,
    /// Known findings.
    pub findings: Vec<KnownFinding>,
}

#[derive(Serialize, Deserialize)]
struct File {
    baseline_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<String>,
    findings: Vec<KnownFinding>,
}

#[derive(Deserialize)]
struct Probe {
    baseline_version: Option<u64>,
}

/// Reads a baseline file.
pub fn read(path: &Path) -> Result<Baseline, AppError> {
    let text = std::fs::read_to_string(path).map_err(|source| AppError::File {
        doing: "cannot read the baseline",
        path: path.to_owned(),
        source,
    })?;
    let wrong = |reason: String| AppError::Baseline { path: path.to_owned(), reason };
    let probe: Probe = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    match probe.baseline_version {
        Some(1..=VERSION) => {}
        Some(other) => return Err(wrong(format!("version {other}; this architrave reads 1 to {VERSION}"))),
        None => return Err(wrong("it has no baseline_version".to_owned())),
    }
    let file: File = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    Ok(Baseline { day: file.written, findings: file.findings })
}

/// Writes the findings as known, one line per entry so that a diff shows what came and went. The file appears whole or not at all.
pub fn write(path: &Path, findings: &[KnownFinding], day: &str) -> Result<(), AppError> {
    let mut text = format!("{{\n  \"baseline_version\": {VERSION},\n  \"written\": \"{day}\",\n  \"findings\": [");
    for (at, finding) in findings.iter().enumerate() {
        text.push_str(if at == 0 { "\n    " } else { ",\n    " });
        text.push_str(&serde_json::to_string(finding).unwrap_or_default());
    }
    text.push_str(if findings.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, path));
    written.map_err(|source| {
        let _removed = std::fs::remove_file(&unfinished);
        AppError::File { doing: "cannot write the baseline", path: path.to_owned(), source }
    })
}

/// What a baseline of a run holds: all its findings, each with the day on which it was first known, and those of the baseline so far that
/// could not be checked this time. What is no longer found is left out.
pub(crate) fn renewed(now: Vec<KnownFinding>, before: Option<&Baseline>, not_checked: &[KnownFinding], today: &str) -> Vec<KnownFinding> {
    let since = |fingerprint: &str| {
        let known = before?.findings.iter().find(|k| k.fingerprint == fingerprint)?;
        known.since.clone()
    };
    let mut all: Vec<KnownFinding> = now
        .into_iter()
        .map(|f| KnownFinding { since: since(&f.fingerprint).or_else(|| Some(today.to_owned())), ..f })
        .chain(not_checked.iter().cloned())
        .collect();
    all.sort_by(|a, b| (&a.rule, &a.object, &a.fingerprint).cmp(&(&b.rule, &b.object, &b.fingerprint)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::Severity;

    fn known(fingerprint: &str) -> KnownFinding {
        KnownFinding {
            fingerprint: fingerprint.to_owned(),
            rule: "key/primary-key-missing".to_owned(),
            object: "public.a\n\"b\"".to_owned(),
            severity: Some(Severity::High),
            since: Some("2026-01-31".to_owned()),
            places: Some(vec!["column public.a.b".to_owned()]),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.json");
        for findings in [vec![], vec![known("1"), known("2")]] {
            write(&path, &findings, "2026-02-01").unwrap();
            assert_eq!(read(&path).unwrap(), Baseline { day: Some("2026-02-01".to_owned()), findings });
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert_eq!(lines, 8, "a line per finding");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn the_first_format_is_read_and_a_later_one_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.json");
        let text = |version: u32| {
            format!(
                r#"{{"baseline_version": {version}, "findings": [{{"fingerprint": "1", "rule": "a/b", "object": "c", "later": {{}}}}]}}"#
            )
        };
        std::fs::write(&path, text(1)).unwrap();
        let baseline = read(&path).unwrap();
        assert_eq!((baseline.day, baseline.findings[0].severity, baseline.findings[0].places.clone()), (None, None, None));
        std::fs::write(&path, text(3)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("version 3; this architrave reads 1 to 2"));
    }

    #[test]
    fn a_day_is_kept_and_what_was_not_checked_too() {
        let before = Baseline { day: None, findings: vec![known("1"), known("2"), known("3")] };
        let now = vec![KnownFinding { since: None, ..known("1") }, KnownFinding { since: None, ..known("4") }];
        let all = renewed(now, Some(&before), &[known("3")], "2026-03-01");
        let days: Vec<(&str, Option<&str>)> = all.iter().map(|k| (k.fingerprint.as_str(), k.since.as_deref())).collect();
        assert_eq!(days, [("1", Some("2026-01-31")), ("3", Some("2026-01-31")), ("4", Some("2026-03-01"))]);
    }
}
