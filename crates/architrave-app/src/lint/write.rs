//! `--write`: the safe versions that were proved, as new migrations of the project, in its own format.

use super::{Judged, Lint, LintOptions, Writable};
use crate::error::AppError;
use architrave_model::finding::Verdict;
use architrave_model::migration::{SafeFile, SafeVersion};
use architrave_read::write::{Existing, files};
use architrave_rules::expand::together;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
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
        let paths = below(&place.root, &place.folder);
        let journal = std::fs::read_to_string(place.root.join(&place.folder).join("meta/_journal.json")).ok();
        let existing = Existing { folder: &place.folder, paths: &paths, journal: journal.as_deref() };
        let made = files(place.format, &existing, &drafts, (options.now * 1000.0) as i64).map_err(|e| AppError::Document(e.to_string()))?;
        for file in made {
            let path = place.root.join(&file.path);
            put(&path, &file.text, file.replaces)?;
            if file.by_hand {
                notes.push(format!("{} is run by hand with psql: {} runs everything in a transaction", file.path, place.format.title()));
            }
            written.push(path);
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

/// Files of a folder and the folders in it, relative to the root.
fn below(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.join(folder)];
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(root) {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Never over a file that is there, unless it continues that file.
fn put(path: &Path, text: &str, replaces: bool) -> Result<(), AppError> {
    let failed = |source| AppError::File { doing: "cannot write", path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if replaces {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

/// Where files of this database go.
pub(super) fn writable(judged: &Judged, root: &Path) -> Writable {
    let folder = judged.database.path.clone();
    let folder =
        if root.join(&folder).is_dir() { folder } else { folder.rsplit_once('/').map_or_else(|| ".".to_owned(), |(f, _)| f.to_owned()) };
    Writable {
        format: judged.database.format,
        root: root.to_owned(),
        folder,
        versions: combined(judged),
        places: judged.migrations.steps.iter().map(|s| format!("{}:{}", s.location.path, s.location.line)).collect(),
    }
}
