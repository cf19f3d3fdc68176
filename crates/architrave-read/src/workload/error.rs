//! Why a workload could not be read at all.

use std::path::{Path, PathBuf};

/// Nothing was read; one sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// The operating system failed.
    #[error("{path}: {source}")]
    Io {
        /// As given.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// There is no statement in it.
    #[error("{what} {why}")]
    Nothing {
        /// The path, or `the list`.
        what: String,
        /// Predicate.
        why: String,
    },
}

impl WorkloadError {
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::NotFound => Self::nothing(path, "does not exist"),
            std::io::ErrorKind::PermissionDenied => Self::nothing(path, "may not be read (permission denied)"),
            _ => Self::Io { path: path.to_path_buf(), source },
        }
    }

    pub(super) fn nothing(path: &Path, why: impl Into<String>) -> Self {
        Self::Nothing { what: path.display().to_string(), why: why.into() }
    }

    /// The same about a file.
    pub(super) fn at(self, path: &Path) -> Self {
        match self {
            Self::Nothing { why, .. } => Self::nothing(path, why),
            other => other,
        }
    }
}
