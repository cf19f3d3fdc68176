//! The statements as new migrations of a project, in its own format.

use super::Diff;
use crate::error::AppError;
use architrave_model::migration::SafeFile;
use architrave_model::project::MigrationFormat;
use architrave_read::write::{Existing, files};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the way up (and back, in the first file) into the project's migrations; a directory without any gets numbered files. `now` is unix
/// seconds. Nothing is written unless the statements are proved.
pub fn write(directory: &Path, database: Option<&str>, diff: &Diff, now: f64) -> Result<Vec<PathBuf>, AppError> {
    if !diff.up.trial.proved {
        return Err(AppError::Asked("--write: the statements are not proved to lead to TO, so no migration was written".to_owned()));
    }
    let make = std::fs::create_dir_all(directory);
    make.map_err(|source| AppError::File { doing: "cannot make the directory", path: directory.to_owned(), source })?;
    let place = Place::of(directory, database)?;
    let mut paths = Vec::new();
    below(&directory.join(&place.folder), &place.folder, &mut paths);
    paths.sort();
    let journal = std::fs::read_to_string(directory.join(&place.folder).join("meta/_journal.json")).ok();
    let existing = Existing { folder: &place.folder, paths: &paths, journal: journal.as_deref() };
    let drafts = drafts(diff);
    let refuse = |e: architrave_read::write::WriteError| AppError::Asked(format!("--write: {e}; -o FILE.sql gives the statements"));
    let written = files(place.format, &existing, &drafts, (now * 1000.0) as i64).map_err(refuse)?;
    let mut done = Vec::new();
    for file in written {
        let path = directory.join(&file.path);
        put(&path, &file.text, file.replaces).map_err(|source| AppError::File { doing: "cannot write", path: path.clone(), source })?;
        done.push(path);
    }
    Ok(done)
}

/// The way back stands in the first file: who goes back through all of them reaches it last. One of several files has no single place to stand in.
fn drafts(diff: &Diff) -> Vec<SafeFile> {
    let mut drafts = diff.up.files.clone();
    if let (Some(first), true, [back]) = (drafts.first_mut(), diff.down.trial.proved, diff.down.files.as_slice()) {
        first.down.clone_from(&back.statements);
    }
    drafts
}

struct Place {
    format: MigrationFormat,
    /// Relative to the directory.
    folder: String,
}

impl Place {
    fn of(directory: &Path, database: Option<&str>) -> Result<Self, AppError> {
        let options = architrave_read::ReadOptions {
            targets: database.map(str::to_owned).into_iter().collect(),
            ..architrave_read::ReadOptions::default()
        };
        let mut project = architrave_read::read_project(directory, &options, &|_| ())?;
        match (project.databases.pop(), project.databases.len()) {
            (None, _) => Ok(Self { format: MigrationFormat::NumberedSql, folder: ".".to_owned() }),
            (Some(one), 0) => Ok(Self { format: one.format, folder: one.path }),
            _ => Err(AppError::Asked(format!("--write: {} defines several databases; name one with --database", directory.display()))),
        }
    }
}

/// Files below a folder, as paths from the project's root.
fn below(folder: &Path, name: &str, into: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let own = entry.file_name().to_string_lossy().into_owned();
        let path = if name == "." || name.is_empty() { own } else { format!("{name}/{own}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => below(&entry.path(), &path, into),
            Ok(kind) if kind.is_file() => into.push(path),
            _ => {}
        }
    }
}

fn put(path: &Path, text: &str, replaces: bool) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if replaces {
        options.truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path)?.write_all(text.as_bytes())
}
