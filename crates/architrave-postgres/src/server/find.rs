//! Finds the PostgreSQL installations of this machine.

use std::path::PathBuf;

use super::ServerOptions;

/// Where an installation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Named by `ARCHITRAVE_PG_BIN`.
    Env,
    /// A usual place of the operating system or its package manager.
    System,
    /// A directory of `PATH`.
    Path,
    /// Fetched by us.
    Cache,
}

/// A usable PostgreSQL: `postgres` and `initdb` with what they need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The major version, for example `15`.
    pub major: u16,
    /// As `server_version_num`, for example `150018`.
    pub version_num: u32,
    /// As `postgres -V` says it, for example `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
    /// The directory of `postgres` and `initdb`.
    pub bin_dir: PathBuf,
    /// Where its shared libraries are, when the loader must be told.
    pub library_dir: Option<PathBuf>,
    /// Where it was found.
    pub source: Source,
}

/// Everything usable on this machine, best first.
pub fn installations(_options: &ServerOptions) -> Vec<Installation> {
    Vec::new()
}
