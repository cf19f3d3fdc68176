//! What a private server is started with; the one place of this crate's server side that reads the environment.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{memory, registry::Registry};

/// How to find, fetch and start a private server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The major version to run; `None` takes the newest supported one that is installed.
    pub major: Option<u16>,
    /// Never fetch anything.
    pub offline: bool,
    /// Where downloads, fetched servers and templates are kept.
    pub cache_dir: PathBuf,
    /// Where running servers keep their files instead of the cache: a directory in memory. Thrown-away data needs no disk,
    /// and some file systems make a new database ten times slower. `None` for servers that will hold much data.
    pub memory_dir: Option<PathBuf>,
    /// A data directory of the same major to start from a copy of, instead of an empty one; settings are appended to its own.
    pub data_dir: Option<PathBuf>,
    /// Directories with `postgres` and `initdb` that come before all others (`ARCHITRAVE_PG_BIN`).
    pub bin_dirs: Vec<PathBuf>,
    /// The directories of `PATH`.
    pub search_path: Vec<PathBuf>,
    /// Also look in the operating system's usual places.
    pub usual_places: bool,
    /// The registry to fetch from instead of npm's configured one (`ARCHITRAVE_PG_MIRROR`).
    pub mirror: Option<String>,
    /// The registry of npm's configuration.
    pub registry: Registry,
    /// Settings for `postgresql.conf` after our own, name and value (unquoted).
    pub extra_settings: Vec<(String, String)>,
}

impl ServerOptions {
    /// Reads `ARCHITRAVE_PG_BIN`, `ARCHITRAVE_PG_MIRROR`, `ARCHITRAVE_CACHE_DIR`, `XDG_CACHE_HOME`, `PATH` and npm's
    /// configuration (`npm_config_registry`, the user's and the project's `.npmrc`).
    pub fn from_env() -> Self {
        let home = home();
        let directory = env::current_dir().unwrap_or_default();
        Self {
            major: None,
            offline: false,
            cache_dir: cache_dir(home.as_deref()),
            memory_dir: memory::to_spare(),
            data_dir: None,
            bin_dirs: directories("ARCHITRAVE_PG_BIN"),
            search_path: directories("PATH"),
            usual_places: true,
            mirror: env::var("ARCHITRAVE_PG_MIRROR").ok().filter(|mirror| !mirror.is_empty()),
            registry: Registry::discover(home.as_deref(), &directory, &|name| env::var(name).ok()),
            extra_settings: Vec::new(),
        }
    }

    /// The same for one major version.
    #[must_use]
    pub fn with_major(mut self, major: Option<u16>) -> Self {
        self.major = major;
        self
    }
}

/// What [`super::clean`] removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Bytes given back.
    pub bytes: u64,
    /// Fetched servers that were removed.
    pub servers: usize,
    /// Templates that were removed.
    pub templates: usize,
    /// Directories of dead instances that were swept.
    pub dead_instances: usize,
    /// Fetched servers that stay because a running instance uses them.
    pub in_use: Vec<PathBuf>,
}

/// The absolute directories of a variable that is written like `PATH`.
fn directories(variable: &str) -> Vec<PathBuf> {
    let Some(value) = env::var_os(variable) else { return Vec::new() };
    env::split_paths(&value)
        .filter(|directory| !directory.as_os_str().is_empty())
        .filter_map(|directory| std::path::absolute(directory).ok())
        .collect()
}

/// The directory that a variable names, when it is set and not empty.
fn named(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    std::path::absolute(PathBuf::from(value)).ok()
}

fn home() -> Option<PathBuf> {
    named(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// `ARCHITRAVE_CACHE_DIR`, else the operating system's place for caches.
fn cache_dir(home: Option<&Path>) -> PathBuf {
    if let Some(directory) = named("ARCHITRAVE_CACHE_DIR") {
        return directory;
    }
    if let Some(directory) = named("XDG_CACHE_HOME") {
        return directory.join("architrave");
    }
    // Root's home is closed to the account that must run the server; this place is made for it.
    if is_root() && Path::new("/var/cache").is_dir() {
        return PathBuf::from("/var/cache/architrave");
    }
    let user = if cfg!(windows) {
        named("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home.map(|home| home.join("Library/Caches"))
    } else {
        home.map(|home| home.join(".cache"))
    };
    user.unwrap_or_else(env::temp_dir).join("architrave")
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
