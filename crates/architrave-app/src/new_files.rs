//! New migrations of a project, in its own format and beside those it has.

use crate::error::AppError;
use architrave_model::migration::SafeFile;
use architrave_model::project::MigrationFormat;
use architrave_read::write::{Existing, files};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where a project's migrations are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) format: MigrationFormat,
    /// Directory of the project.
    pub(crate) root: PathBuf,
    /// Folder of the migrations, relative to the root.
    pub(crate) folder: String,
}

/// A file that was written.
pub(crate) struct Added {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Relative to the root.
    pub(crate) relative: String,
    /// The runner cannot run it: it runs everything in a transaction.
    pub(crate) by_hand: bool,
}

impl Place {
    /// Of a database's migrations, given its path: a folder, or a file in one.
    pub(crate) fn of(format: MigrationFormat, root: &Path, path: &str) -> Self {
        let folder = if root.join(path).is_dir() { path } else { path.rsplit_once('/').map_or(".", |(folder, _)| folder) };
        Self { format, root: root.to_owned(), folder: folder.to_owned() }
    }

    /// Writes the drafts as the next migrations. `now` is unix seconds; `otherwise` is the way out when the format takes no such files.
    pub(crate) fn add(&self, drafts: &[SafeFile], now: f64, otherwise: &str) -> Result<Vec<Added>, AppError> {
        let paths = self.files();
        let journal = std::fs::read_to_string(self.root.join(&self.folder).join("meta/_journal.json")).ok();
        let existing = Existing { folder: &self.folder, paths: &paths, journal: journal.as_deref() };
        let made = files(self.format, &existing, drafts, (now * 1000.0) as i64);
        let made = made.map_err(|e| AppError::Asked(format!("--write: {e}{otherwise}")))?;
        let mut added = Vec::new();
        for file in made {
            let path = self.root.join(&file.path);
            put(&path, &file.text, file.replaces)?;
            added.push(Added { path, relative: file.path, by_hand: file.by_hand });
        }
        Ok(added)
    }

    /// Files of the folder and of the folders in it, relative to the root, sorted.
    fn files(&self) -> Vec<String> {
        let start = if self.folder == "." { self.root.clone() } else { self.root.join(&self.folder) };
        let (mut found, mut open) = (Vec::new(), vec![start]);
        while let Some(directory) = open.pop() {
            let Ok(entries) = std::fs::read_dir(directory) else { continue };
            for entry in entries.filter_map(Result::ok) {
                let path = entry.path();
                if entry.file_type().is_ok_and(|t| t.is_dir()) {
                    open.push(path);
                } else if let Ok(relative) = path.strip_prefix(&self.root) {
                    found.push(relative.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        found.sort();
        found
    }
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
