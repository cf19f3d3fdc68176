//! What can keep a twin from being built or used; a statement of the schema that fails is not among it.

use crate::replay::ReplayError;
use crate::server::ServerError;
use std::io;
use std::path::{Path, PathBuf};
use tokio_postgres::error::SqlState;

/// A twin that could not be built or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TwinError {
    /// The private server refused, or ended.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server refused a statement of ours.
    #[error("the twin's server refused to {what}: {message}")]
    Sql {
        /// What was tried.
        what: String,
        /// The server's words.
        message: String,
    },
    /// The server ended in the middle.
    #[error("the twin's server ended while it was to {what}; run again, and if it repeats, look for a lack of memory")]
    Lost {
        /// What was tried.
        what: String,
    },
    /// No space for files.
    #[error("no space is left on the disk of {} for the twin; ARCHITRAVE_CACHE_DIR names another place", path.display())]
    NoSpace {
        /// The file that was being written.
        path: PathBuf,
    },
    /// The file system gives real space to empty files.
    #[error(
        "the file system of {} cannot hold sparse files, so that a twin would need as much space as its source: \
         ARCHITRAVE_CACHE_DIR names another place",
        path.display()
    )]
    NotSparse {
        /// The file that was being grown.
        path: PathBuf,
    },
    /// Another operating system error.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The verb, for example `grow`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something that the caller named is not on the twin.
    #[error("the twin has no {what}")]
    Missing {
        /// Kind and name.
        what: String,
    },
    /// Facts could not be put into words for the server.
    #[error("the statistics cannot be written as JSON: {source}")]
    Json {
        /// Where they differ.
        #[from]
        source: serde_json::Error,
    },
}

impl TwinError {
    /// Wraps the failure of one of our own statements.
    pub(super) fn sql(what: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |error| {
            let what = what.into();
            match error.as_db_error() {
                Some(refusal) if *refusal.code() == SqlState::DISK_FULL => Self::NoSpace { path: PathBuf::from("the data directory") },
                // "Terminating connection": the server stops, or crashed.
                Some(refusal) if refusal.code().code().starts_with("57P") => Self::Lost { what },
                Some(refusal) => Self::Sql { what, message: refusal.message().to_owned() },
                None => Self::Lost { what },
            }
        }
    }

    /// Turns an I/O error into a sentence about what was done where.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path },
                _ => Self::Io { what, path, source },
            }
        }
    }
}

impl From<ReplayError> for TwinError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Server(error) => Self::Server(error),
            ReplayError::Own { what, message } => Self::Sql { what: what.to_owned(), message },
            ReplayError::Lost { place } => Self::Lost { what: format!("run {place}") },
        }
    }
}
