//! The house keeps its own rules: who may depend on whom, how files begin and how long they grow, what documents name.
//!
//! Pure reading of this repository: no network, no server.

mod documents;
mod edges;
mod files;
mod licences;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The root of the workspace.
fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap())
}

/// The members of the workspace, as their manifests say; needs no registry.
fn workspace() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap())
}

fn members() -> Vec<&'static Package> {
    workspace().workspace_packages()
}

/// A file of the repository.
struct File {
    /// From the root, with slashes.
    path: String,
    text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, own)| own == extension)
    }
}

/// All text files of the repository, sorted by path; what builds and version control leave behind is not among them.
fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        collect(root(), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.len() > 100, "the repository was not found at {}", root().display());
        files
    })
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                collect(&path, files);
            }
            continue;
        }
        // At the root a developer keeps reports and notes of all kinds.
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let is_ours = folder != root() || matches!(ending, "md" | "toml") || name.starts_with("LICENSE");
        if !is_ours || path.is_symlink() {
            continue;
        }
        // A binary file of test data is no text.
        if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
}

/// Sources of the workspace's crates, tests and `xtask`.
fn sources() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|f| f.is("rs") && (f.path.starts_with("crates/") || f.path.starts_with("xtask/")))
}

/// Fails with all complaints at once.
#[track_caller]
fn none(complaints: Vec<String>, rule: &str) {
    assert!(complaints.is_empty(), "{rule}:\n  {}", complaints.join("\n  "));
}
