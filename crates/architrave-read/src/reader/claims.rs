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
    /// Claims a folder and everything below it; of the root only the files that lie in it.
    pub(crate) fn add_folder(&mut self, folder: &str) {
        self.folders.insert(folder.to_owned());
    }

    /// Claims one file.
    pub(crate) fn add_file(&mut self, file: &str) {
        self.files.insert(file.to_owned());
    }

    /// Whether a file is taken.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.files.contains(file) || self.has_folder(path::parent(file))
    }

    /// Whether a folder is taken.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        path::ancestors(folder).any(|a| (folder.is_empty() || !a.is_empty()) && self.folders.contains(a))
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn folders_files_and_the_root() {
        let mut claims = Claims::default();
        claims.add_folder("a/b");
        claims.add_file("c/d.sql");
        assert!(claims.has_folder("a/b") && claims.has("a/b/c/d.sql") && claims.has("c/d.sql"));
        assert!(!claims.has_folder("a") && !claims.has_folder("a/bc") && !claims.has("c/e.sql"));
        claims.add_folder("");
        assert!(claims.has_folder("") && claims.has("x.sql") && !claims.has_folder("x") && !claims.has("x/y.sql"));
    }
}
