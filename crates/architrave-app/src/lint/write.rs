//! `--write`: the safe versions that were proved, as new migrations of the project, in its own format.

use super::{Judged, Lint, LintOptions, Writable};
use crate::error::AppError;
use crate::new_files::Place;
use architrave_model::finding::Verdict;
use architrave_model::migration::{SafeFile, SafeVersion};
use architrave_rules::expand::together;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Writes them; gives the files, and what must leave the scripts that they stand for: one sentence each.
pub fn write(found: &Lint, options: &LintOptions) -> Result<(Vec<PathBuf>, Vec<String>), AppError> {
    let (mut written, mut notes) = (Vec::new(), Vec::new());
    for place in &found.writable {
        let drafts: Vec<SafeFile> = place.versions.iter().flat_map(|v| v.files.iter().cloned()).collect();
        for version in &place.versions {
            let lines: Vec<&str> = version.replaces.iter().filter_map(|step| place.places.get(*step)).map(String::as_str).collect();
            notes.push(format!("take {} out of its migration: the new files stand for it", lines.join(", ")));
        }
        if drafts.is_empty() {
            continue;
        }
        for file in place.place.add(&drafts, options.now, "")? {
            if file.by_hand {
                let runner = place.place.format.title();
                notes.push(format!("{} is run by hand with psql: {runner} runs everything in a transaction", file.relative));
            }
            written.push(file.path);
        }
    }
    Ok((written, notes))
}

/// Proved versions of one script as one, none of which stand for the same statement.
fn combined(judged: &Judged) -> Vec<SafeVersion> {
    let mut by_script: BTreeMap<usize, Vec<&SafeVersion>> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for safe in judged.findings.iter().filter_map(|f| f.safe.as_ref()) {
        let proved = safe.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Proved);
        let script = safe.replaces.first().and_then(|step| judged.migrations.steps.get(*step)).map(|step| step.script);
        if let (true, Some(script)) = (proved && safe.replaces.iter().all(|step| !taken.contains(step)), script) {
            taken.extend(safe.replaces.iter().copied());
            by_script.entry(script).or_default().push(safe);
        }
    }
    by_script.values().filter_map(|versions| together(&judged.migrations, versions)).collect()
}

/// Where files of this database go.
pub(super) fn writable(judged: &Judged, root: &Path) -> Writable {
    Writable {
        place: Place::of(judged.database.format, root, &judged.database.path),
        versions: combined(judged),
        places: judged.migrations.steps.iter().map(|s| format!("{}:{}", s.location.path, s.location.line)).collect(),
    }
}
