//! Who has claimed which folder and file, so that no two readers read the same thing.

use crate::path;
use std::collections::BTreeSet;

/// Claimed folders (with all below them) and files.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    folders: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Claims {
    /// Claims a folder and everything below it.
    pub(crate) fn add_folder(&mut self, folder: &str) {
        self.folders.insert(folder.to_owned());
    }

    /// Claims one file.
    pub(crate) fn add_file(&mut self, file: &str) {
        self.files.insert(file.to_owned());
    }

    /// Whether a folder or file is taken.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains(path) || path::ancestors(path).any(|a| self.folders.contains(a))
    }
}
