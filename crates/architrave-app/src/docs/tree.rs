//! A tree of pages in a directory: writes what changed, removes what is gone, and touches no file that it has not written.

use crate::error::AppError;
use architrave_report::dictionary::markdown::{MARK, Page};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that names our pages.
pub const MANIFEST: &str = "architrave-docs.json";

/// Pages of an earlier run.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// What this file is, for people who find it.
    about: String,
    /// Paths relative to it, sorted.
    pages: BTreeSet<String>,
}

/// What writing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Pages there are now.
    pub pages: usize,
    /// New or changed ones.
    pub changed: usize,
    /// Pages of earlier runs that are gone.
    pub removed: usize,
}

/// Writes the pages. A directory with files in it and no manifest of ours is refused, unless `force` lets our pages lie beside them.
pub fn write(directory: &Path, pages: &[Page], force: bool) -> Result<Written, AppError> {
    let before = manifest(directory)?;
    if before.is_none() && !force && holds_something(directory)? {
        return Err(AppError::Document(format!(
            "{} holds files and no documentation of architrave; name an empty directory, or give --force to write beside them",
            directory.display()
        )));
    }
    let before = before.unwrap_or_default();
    for page in pages {
        refuse_strangers(directory, &page.path)?;
    }
    let mut written = Written { pages: pages.len(), changed: 0, removed: 0 };
    for page in pages {
        written.changed += usize::from(put(&directory.join(&page.path), page.text.as_bytes())?);
    }
    let now: BTreeSet<String> = pages.iter().map(|p| p.path.clone()).collect();
    for gone in before.pages.difference(&now) {
        written.removed += usize::from(remove(directory, gone)?);
    }
    let about = "Pages written by `architrave docs`; it replaces and removes these and no other files.".to_owned();
    let text = serde_json::to_string_pretty(&Manifest { about, pages: now }).map_err(|e| AppError::Document(e.to_string()))?;
    put(&directory.join(MANIFEST), format!("{text}\n").as_bytes())?;
    Ok(written)
}

/// What of the directory is not as it would be written now, a line each; empty when all is.
pub fn stale(directory: &Path, pages: &[Page]) -> Result<Vec<String>, AppError> {
    let Some(before) = manifest(directory)? else {
        return Ok(vec![format!("{} holds no documentation of architrave", directory.display())]);
    };
    let mut stale = Vec::new();
    for page in pages {
        let path = directory.join(&page.path);
        match fs::read(&path) {
            Ok(bytes) if page.figures || bytes == page.text.as_bytes() => {}
            Ok(_) => stale.push(format!("{} differs", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(format!("{} is missing", path.display())),
            Err(error) => return Err(file("cannot read", &path, error)),
        }
    }
    let now: BTreeSet<&str> = pages.iter().map(|p| p.path.as_str()).collect();
    let gone = before.pages.iter().filter(|path| !now.contains(path.as_str()) && is_ours(path) && directory.join(path).exists());
    stale.extend(gone.map(|path| format!("{} describes what is gone", directory.join(path).display())));
    Ok(stale)
}

/// Compares one file with what would be written.
pub fn stale_file(path: &Path, bytes: &[u8]) -> Result<Option<String>, AppError> {
    match fs::read(path) {
        Ok(there) if there == bytes => Ok(None),
        Ok(_) => Ok(Some(format!("{} differs", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(format!("{} is missing", path.display()))),
        Err(error) => Err(file("cannot read", path, error)),
    }
}

fn file(doing: &'static str, path: &Path, source: io::Error) -> AppError {
    AppError::File { doing, path: path.to_owned(), source }
}

fn manifest(directory: &Path) -> Result<Option<Manifest>, AppError> {
    let path = directory.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => Err(AppError::Document(format!("{} is not readable ({error}); remove it and give --force", path.display()))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file("cannot read", &path, error)),
    }
}

fn holds_something(directory: &Path) -> Result<bool, AppError> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(file("cannot read", directory, error)),
    }
}

/// A path that a tree of ours can have: a manifest is a file that anybody may have written.
fn is_ours(path: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    Path::new(path).extension().is_some_and(|e| e == "md") && path.split('/').count() <= 2 && path.split('/').all(plain)
}

/// Whether the page there was written by us. Links are not followed: they may lead anywhere.
fn was_written_by_us(path: &Path) -> io::Result<Option<bool>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Ok(Some(false)),
        Ok(_) => Ok(Some(fs::read(path)?.starts_with(MARK.as_bytes()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn refuse_strangers(directory: &Path, page: &str) -> Result<(), AppError> {
    let path = directory.join(page);
    let folder = path.parent().unwrap_or(directory);
    let linked = folder != directory && fs::symlink_metadata(folder).is_ok_and(|m| m.is_symlink());
    if linked || was_written_by_us(&path).map_err(|e| file("cannot read", &path, e))? == Some(false) {
        let place: PathBuf = if linked { folder.to_owned() } else { path };
        return Err(AppError::Document(format!("{} is in the way and was not written by architrave; move it", place.display())));
    }
    Ok(())
}

/// Writes a file when its content is new; whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, AppError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    let done = fs::create_dir_all(folder).and_then(|()| fs::write(&unfinished, bytes)).and_then(|()| fs::rename(&unfinished, path));
    if done.is_err() {
        let _removed = fs::remove_file(&unfinished);
    }
    done.map(|()| true).map_err(|e| file("cannot write", path, e))
}

/// Removes a page of an earlier run, and its folder when nothing else is in it.
fn remove(directory: &Path, page: &str) -> Result<bool, AppError> {
    let path = directory.join(page);
    let folder = path.parent().unwrap_or(directory);
    let linked = folder != directory && fs::symlink_metadata(folder).is_ok_and(|m| m.is_symlink());
    if !is_ours(page) || linked || was_written_by_us(&path).map_err(|e| file("cannot read", &path, e))? != Some(true) {
        return Ok(false);
    }
    fs::remove_file(&path).map_err(|e| file("cannot remove", &path, e))?;
    if folder != directory {
        // Fails when something is left in it, which is as it should be.
        let _kept = fs::remove_dir(folder);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: path.to_owned(), text: format!("{MARK}\n\n{text}\n"), figures: false }
    }

    #[test]
    fn what_is_gone_is_removed_and_the_files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("docs");
        write(&root, &[page("README.md", "a"), page("public/a.md", "a"), page("old/b.md", "b")], false).unwrap();
        fs::write(root.join("public/notes.md"), "mine").unwrap();
        let now = [page("README.md", "a"), page("public/c.md", "c")];
        assert_eq!(stale(&root, &now).unwrap().len(), 3);
        assert_eq!(write(&root, &now, false).unwrap(), Written { pages: 2, changed: 1, removed: 2 });
        assert!(stale(&root, &now).unwrap().is_empty());
        assert!(root.join("public/notes.md").exists() && !root.join("old").exists() && !root.join("public/a.md").exists());
    }

    #[test]
    fn a_directory_of_others_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README.md"), "mine").unwrap();
        let pages = [page("README.md", "a")];
        let said = write(folder.path(), &pages, false).unwrap_err().to_string();
        assert!(said.contains("holds files and no documentation"), "{said}");
        let said = write(folder.path(), &pages, true).unwrap_err().to_string();
        assert!(said.contains("was not written by architrave"), "{said}");
        assert_eq!(fs::read_to_string(folder.path().join("README.md")).unwrap(), "mine");
        write(folder.path(), &[page("public/README.md", "a")], true).unwrap();
    }

    #[test]
    fn a_manifest_of_a_stranger_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("docs");
        write(&root, &[page("README.md", "a")], false).unwrap();
        fs::write(folder.path().join("precious.md"), format!("{MARK}\nmine")).unwrap();
        fs::write(root.join("mine.md"), "mine").unwrap();
        fs::write(root.join(MANIFEST), "{\"about\":\"\",\"pages\":[\"../precious.md\",\"mine.md\",\"/etc/passwd\"]}").unwrap();
        assert_eq!(write(&root, &[page("README.md", "a")], false).unwrap().removed, 0);
        assert!(folder.path().join("precious.md").exists() && root.join("mine.md").exists());
    }
}
