//! What can go wrong with a private server: one clear sentence each, with the place.

/// Why a private server could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// No binaries of this major are here and fetching is forbidden.
    #[error(
        "no PostgreSQL {major} is installed and --offline forbids fetching it; install it, name it in ARCHITRAVE_PG_BIN, or run `architrave postgres install {major}` while online"
    )]
    Offline {
        /// The major version that was wanted.
        major: u16,
    },
}
