//! Finds the PostgreSQL installations of this machine and picks one.

use std::{
    collections::HashSet,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{ServerOptions, places::Places};

/// The majors that the product supports.
pub const SUPPORTED: std::ops::RangeInclusive<u16> = 12..=18;

/// The file that marks a fetched server as whole.
pub(super) const FETCHED: &str = "architrave-package.json";

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

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Env => "ARCHITRAVE_PG_BIN",
            Self::System => "system",
            Self::Path => "PATH",
            Self::Cache => "cache",
        })
    }
}

/// A usable PostgreSQL: `postgres` and `initdb` of one version.
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

impl Installation {
    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Whether it has this loadable module, for example `pg_stat_statements`.
    pub(super) fn has_module(&self, name: &str) -> bool {
        let root = self.bin_dir.parent().unwrap_or(&self.bin_dir);
        let file = format!("{name}{}", std::env::consts::DLL_SUFFIX);
        let on_macos = format!("{name}.so");
        ["lib", "lib/postgresql", "lib/pgsql", "lib64", "lib64/pgsql"].iter().any(|place| {
            let place = root.join(place);
            place.join(&file).is_file() || place.join(&on_macos).is_file()
        })
    }

    /// Looks at one directory; `None` when no usable server is in it.
    pub(super) fn probe(bin_dir: &Path, source: Source) -> Option<Self> {
        let library_dir = (source == Source::Cache).then(|| bin_dir.with_file_name("lib"));
        let mut found = Self { major: 0, version_num: 0, version: String::new(), bin_dir: bin_dir.to_owned(), library_dir, source };
        let (postgres, initdb) = (found.program("postgres"), found.program("initdb"));
        if !postgres.is_file() || !initdb.is_file() {
            return None;
        }
        let version = version_of(&postgres, found.library_dir.as_deref())?;
        // A half-removed or mixed installation has programs of two versions, or one that does not run.
        if version != version_of(&initdb, found.library_dir.as_deref())? {
            return None;
        }
        (found.major, found.version_num) = numbers(&version)?;
        found.version = version;
        Some(found)
    }
}

/// The environment variables by which the loader finds the libraries of a fetched server.
pub(super) const LOADER_VARIABLES: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// What `<program> -V` says after `(PostgreSQL)`.
fn version_of(program: &Path, library_dir: Option<&Path>) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("-V").stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(library_dir) = library_dir {
        command.envs(LOADER_VARIABLES.map(|variable| (variable, library_dir)));
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_once("(PostgreSQL) ")?.1.trim().to_owned())
}

/// Major and `server_version_num` of `15.18 (Debian …)`, `18beta1` or `19devel`.
fn numbers(version: &str) -> Option<(u16, u32)> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.split('.');
    let major: u16 = parts.next()?.parse().ok()?;
    let minor: u32 = parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some((major, u32::from(major) * 10_000 + minor))
}

/// Everything usable on this machine: by place, and within a place the newest first.
pub fn installations(options: &ServerOptions) -> Vec<Installation> {
    let mut seen = HashSet::new();
    let mut found: Vec<Installation> = candidates(options)
        .into_iter()
        .filter(|(directory, _)| seen.insert(directory.clone()))
        .filter_map(|(directory, source)| Installation::probe(&directory, source))
        .collect();
    found.sort_by(|a, b| (a.source, b.version_num).cmp(&(b.source, a.version_num)));
    found
}

/// Every directory that may hold the programs, each resolved to the real one.
fn candidates(options: &ServerOptions) -> Vec<(PathBuf, Source)> {
    let mut directories: Vec<(PathBuf, Source)> = Vec::new();
    for named in &options.bin_dirs {
        directories.push((named.clone(), Source::Env));
        directories.push((named.join("bin"), Source::Env));
    }
    if options.usual_places {
        directories.extend(USUAL_PLACES.iter().flat_map(|pattern| matching(pattern)).map(|found| (found, Source::System)));
    }
    directories.extend(options.search_path.iter().map(|directory| (directory.clone(), Source::Path)));
    let fetched = Places::existing(options).servers();
    directories.extend(
        subdirectories(&fetched)
            .into_iter()
            .filter(|server| server.join(FETCHED).is_file())
            .map(|server| (server.join("bin"), Source::Cache)),
    );
    directories
        .into_iter()
        .filter_map(|(directory, source)| {
            // A link in `PATH` leads to the real directory, beside which the libraries are.
            let program = directory.join(format!("postgres{}", std::env::consts::EXE_SUFFIX)).canonicalize().ok()?;
            Some((program.parent()?.to_owned(), source))
        })
        .collect()
}

/// Where packages put servers: `*` stands for one path component or a part of it.
#[cfg(not(windows))]
static USUAL_PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/lib64/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",
];

/// Where packages put servers: `*` stands for one path component or a part of it.
#[cfg(windows)]
static USUAL_PLACES: &[&str] = &["C:/Program Files/PostgreSQL/*/bin", "C:/Program Files (x86)/PostgreSQL/*/bin"];

/// The directories that match a pattern with at most one `*`.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let inside = |directory: PathBuf| match after.trim_start_matches('/') {
        "" => directory,
        rest => directory.join(rest),
    };
    subdirectories(Path::new(parent))
        .into_iter()
        .filter(|found| found.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .map(inside)
        .collect()
}

/// The directories directly below `parent`, by name; none where it cannot be read.
pub(super) fn subdirectories(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) installation: Installation,
    /// A sentence, when it is not quite what was asked for.
    pub(super) note: Option<String>,
}

/// Picks the installation to run: exactly the major asked for, else the newest supported, else the nearest newer one.
/// Without a major asked for, directories that the user named come before all others.
pub(super) fn choose(found: &[Installation], major: Option<u16>) -> Option<Choice> {
    let exactly = |installation: &Installation| Choice { installation: installation.clone(), note: None };
    if let Some(major) = major {
        return found.iter().find(|installation| installation.major == major).map(exactly);
    }
    let supported = |installation: &&Installation| SUPPORTED.contains(&installation.major);
    let named = found.iter().filter(|installation| installation.source == Source::Env).find(supported);
    // `max_by_key` returns the last of equals; the earlier place is the better one.
    let newest = || found.iter().filter(supported).rev().max_by_key(|installation| installation.major);
    if let Some(installation) = named.or_else(newest) {
        return Some(exactly(installation));
    }
    let newer = found.iter().filter(|installation| installation.major > *SUPPORTED.end());
    newer.min_by_key(|installation| installation.major).map(|installation| Choice {
        installation: installation.clone(),
        note: Some(format!(
            "PostgreSQL {} is newer than the newest supported major ({}); it is used because no other was found",
            installation.version,
            SUPPORTED.end()
        )),
    })
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
