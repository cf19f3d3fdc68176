//! What can go wrong with a private server: one clear sentence each, with the place and the way out.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a private server could not be had or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// No binaries of this major are here and fetching is forbidden.
    #[error(
        "no PostgreSQL {major} was found and --offline forbids fetching it: install it, name its directory in ARCHITRAVE_PG_BIN, or run `architrave postgres install {major}` once while online"
    )]
    Offline {
        /// The major version that was wanted.
        major: u16,
    },
    /// No binaries of this major are here, and none can be fetched for this platform.
    #[error(
        "no PostgreSQL {major} was found and none can be fetched for {platform} (there: {available}): install it, or name its directory in ARCHITRAVE_PG_BIN"
    )]
    NoPackage {
        /// The major version that was wanted.
        major: u16,
        /// This machine's operating system and processor.
        platform: String,
        /// The majors that can be fetched, for people.
        available: String,
    },
    /// The registry did not give the tarball.
    #[error(
        "PostgreSQL could not be fetched from {url}: {reason}. Install PostgreSQL, name its directory in ARCHITRAVE_PG_BIN, or name another registry in ARCHITRAVE_PG_MIRROR"
    )]
    Network {
        /// The address, without credentials.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The tarball is not the pinned one.
    #[error(
        "the file fetched from {url} is not the pinned one (its sha-512 differs) and was thrown away: the registry or a proxy in between changes it"
    )]
    Integrity {
        /// The address, without credentials.
        url: String,
    },
    /// The tarball is the pinned one but cannot be used.
    #[error("the server package {package} cannot be unpacked: {reason}")]
    Package {
        /// The package's file name.
        package: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk is full.
    #[error("no space is left on the disk of {} (a private PostgreSQL needs some 150 MB; ARCHITRAVE_CACHE_DIR names another place)", path.display())]
    NoSpace {
        /// What was being written.
        path: PathBuf,
    },
    /// A file or directory may not be read or written.
    #[error("no permission to {what} {}: ARCHITRAVE_CACHE_DIR names another place", path.display())]
    Permission {
        /// The verb, for example `create`.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// Another operating system error.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// The verb, for example `create`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory of ours belongs to somebody else.
    #[error("{} belongs to another user, so it is not used: remove it, or name another place with ARCHITRAVE_CACHE_DIR", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },
    /// We are root and there is no account to run the server as.
    #[error(
        "PostgreSQL refuses to run as root and this machine has neither a user `postgres` nor `nobody`: run architrave as an ordinary user"
    )]
    NoAccount,
    /// We are root and the account that runs the server may not read its binaries.
    #[error("the user `{account}`, who runs the private PostgreSQL because root may not, cannot read {}", path.display())]
    Unreadable {
        /// The account that runs the server.
        account: String,
        /// The binaries.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("{} failed: {reason}", program.display())]
    Initdb {
        /// The program.
        program: PathBuf,
        /// Its own words.
        reason: String,
    },
    /// `postgres` did not start.
    #[error("the private PostgreSQL ({}) did not start: {reason}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The end of its log.
        reason: String,
    },
    /// The running server refused a command of ours.
    #[error("the private PostgreSQL refused to {what}: {}", words(source))]
    Sql {
        /// What was tried.
        what: String,
        /// The server's words.
        source: tokio_postgres::Error,
    },
    /// The server is gone.
    #[error("the private PostgreSQL is no longer running")]
    Gone,
}

/// What the server itself says; the driver's own text for it is only "db error".
fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(refusal), _) => match refusal.detail() {
            Some(detail) => format!("{} ({detail})", refusal.message()),
            None => refusal.message().to_owned(),
        },
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

impl ServerError {
    /// Whether there simply is no PostgreSQL here and none could be fetched.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Offline { .. } | Self::NoPackage { .. } | Self::Network { .. })
    }

    /// Turns an I/O error into a sentence about what was done where.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path },
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Permission { what, path },
                _ => Self::Io { what, path, source },
            }
        }
    }
}
