//! The statements as new migrations of a project, in its own format.

use super::Diff;
use crate::error::AppError;
use crate::new_files::Place;
use architrave_model::migration::SafeFile;
use architrave_model::project::MigrationFormat;
use std::path::{Path, PathBuf};

/// Writes the way up (and back, in the first file) into the project's migrations; a directory without any gets numbered files. `now` is unix
/// seconds. Nothing is written unless the statements are proved.
pub fn write(directory: &Path, database: Option<&str>, diff: &Diff, now: f64) -> Result<Vec<PathBuf>, AppError> {
    if !diff.up.trial.proved {
        return Err(AppError::Asked("--write: the statements are not proved to lead to TO, so no migration was written".to_owned()));
    }
    let make = std::fs::create_dir_all(directory);
    make.map_err(|source| AppError::File { doing: "cannot make the directory", path: directory.to_owned(), source })?;
    let place = place(directory, database)?;
    let added = place.add(&drafts(diff), now, "; -o FILE.sql gives the statements")?;
    Ok(added.into_iter().map(|file| file.path).collect())
}

/// The way back stands in the first file: who goes back through all of them reaches it last. One of several files has no single place to stand in.
fn drafts(diff: &Diff) -> Vec<SafeFile> {
    let mut drafts = diff.up.files.clone();
    if let (Some(first), true, [back]) = (drafts.first_mut(), diff.down.trial.proved, diff.down.files.as_slice()) {
        first.down.clone_from(&back.statements);
    }
    drafts
}

fn place(directory: &Path, database: Option<&str>) -> Result<Place, AppError> {
    let options = architrave_read::ReadOptions {
        targets: database.map(str::to_owned).into_iter().collect(),
        webhooks: false,
        ..architrave_read::ReadOptions::default()
    };
    let mut project = architrave_read::read_project(directory, &options, &|_| ())?;
    match (project.databases.pop(), project.databases.len()) {
        (None, _) => Ok(Place::of(MigrationFormat::NumberedSql, directory, ".")),
        (Some(one), 0) => Ok(Place::of(one.format, directory, &one.path)),
        _ => Err(AppError::Asked(format!("--write: {} defines several databases; name one with --database", directory.display()))),
    }
}
