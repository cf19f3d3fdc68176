//! Where the reviewed project lies in its repository: code hosts know files by their path from its root.

use crate::target::TargetSpec;
use std::path::{Path, PathBuf};

/// Path from the root of the repository to the project's, with a final `/`; empty when they are one, or there is no repository.
pub(crate) fn path(targets: &[TargetSpec]) -> String {
    let directory = targets.iter().find_map(|target| match target {
        TargetSpec::Directory(path) => Some(path.clone()),
        TargetSpec::SqlFile(path) => Some(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned()),
        TargetSpec::Database(_) | TargetSpec::Snapshot(_) => None,
    });
    directory.and_then(|d| d.canonicalize().ok()).and_then(|d| within_repository(&d)).unwrap_or_default()
}

/// `.git` is a directory, or a file in work trees and submodules.
fn within_repository(directory: &Path) -> Option<String> {
    let root = directory.ancestors().find(|a| a.join(".git").exists())?;
    let below: PathBuf = directory.strip_prefix(root).ok()?.to_owned();
    Some(below.components().map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_below_the_root_has_a_path() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("services/shop")).unwrap();
        let of = |below: &str| path(&[TargetSpec::Directory(root.path().join(below))]);
        std::fs::create_dir(root.path().join(".git")).unwrap();
        assert_eq!(of(""), "");
        assert_eq!(of("services/shop"), "services/shop/");
        assert_eq!(path(&[TargetSpec::SqlFile(root.path().join("services/schema.sql"))]), "services/");
        assert_eq!(path(&[TargetSpec::Database("postgres://h/d".into())]), "");
    }
}
