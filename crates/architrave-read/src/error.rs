//! The one error of this crate: nothing could be read, and where.

use std::io;
use std::path::{Path, PathBuf};

/// Why nothing could be read. Anything less than nothing is a gap or a note in the result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The path does not exist.
    #[error("{path}: no such file or directory")]
    NotFound {
        /// As given.
        path: PathBuf,
    },
    /// The process may not read it.
    #[error("{path}: permission denied")]
    PermissionDenied {
        /// As given.
        path: PathBuf,
    },
    /// A directory was wanted.
    #[error("{path} is not a directory")]
    NotADirectory {
        /// As given.
        path: PathBuf,
    },
    /// A file was wanted.
    #[error("{path} is not a file")]
    NotAFile {
        /// As given.
        path: PathBuf,
    },
    /// A spreadsheet with comments was wanted.
    #[error("{path} cannot be read as a spreadsheet with comments: {why}")]
    NotASheet {
        /// As given.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The operating system failed otherwise.
    #[error("{path}: {source}")]
    Io {
        /// As given.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// `architrave.toml` says something that has no meaning.
    #[error("{path}:{line}: {message}")]
    Config {
        /// Relative to the project's root, with `/`.
        path: String,
        /// Line, from 1.
        line: u32,
        /// What is wrong, with the nearest known word where there is one.
        message: String,
    },
    /// The migrations cannot be compared with a git reference.
    #[error("cannot tell what is new since {reference}: {why}")]
    Since {
        /// As given.
        reference: String,
        /// A clause.
        why: String,
    },
    /// No database of the project is one of the targets asked for.
    #[error("no database of {root} is in {asked}; {found}")]
    NoSuchTarget {
        /// Project.
        root: PathBuf,
        /// What was asked for.
        asked: String,
        /// What is there, as a clause: `it has prisma/migrations` or `no database was found in it`.
        found: String,
    },
    /// A `.sql` file that cannot be read as PostgreSQL's SQL.
    #[error("{path} {why}")]
    NotSql {
        /// As given.
        path: PathBuf,
        /// Predicate: `is a binary file`.
        why: String,
    },
    /// A file that is no snapshot, or one of another format version.
    #[error("{path} {why}")]
    NotASnapshot {
        /// As given.
        path: PathBuf,
        /// Predicate with a way out.
        why: String,
    },
}

impl ReadError {
    /// From an I/O error at a path.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            _ => Self::Io { path, source },
        }
    }
}
