//! What the surroundings say about connections: `PG*` variables, the home directory, the name of the user.
//!
//! The only reader of the process environment in this module; everything else takes an [`Environment`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The surroundings that libpq would consult, as plain data.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
    app_data: Option<PathBuf>,
    user: Option<String>,
    socket_directories: Vec<PathBuf>,
    system_configuration: Vec<PathBuf>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("PG"))
            .collect();
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = if cfg!(windows) { path("USERPROFILE") } else { path("HOME") };
        let user = account_name().or_else(|| text("USER")).or_else(|| text("LOGNAME")).or_else(|| text("USERNAME"));
        Self {
            variables,
            home,
            app_data: path("APPDATA"),
            user,
            socket_directories: default_socket_directories(),
            system_configuration: default_system_configuration(),
        }
    }

    /// Nothing set at all: no variables, no home directory, no user name, no default socket directory.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with a home directory, in which `.pgpass`, `.pg_service.conf` and `.postgresql/` are looked for.
    #[must_use]
    pub fn with_home(mut self, home: &Path) -> Self {
        self.home = Some(home.to_owned());
        self
    }

    /// The same with the name of the operating-system user, the default for `user`.
    #[must_use]
    pub fn with_user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// The same with other directories in which a server's unix socket is looked for when no host is named.
    #[must_use]
    pub fn with_socket_directories(mut self, directories: &[&Path]) -> Self {
        self.socket_directories = directories.iter().map(|directory| (*directory).to_owned()).collect();
        self
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Name of the operating-system user.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Directories of unix sockets, best first.
    pub(super) fn socket_directories(&self) -> &[PathBuf] {
        &self.socket_directories
    }

    /// `~/.pgpass`, or its place on Windows.
    pub(super) fn password_file(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            self.app_data.as_ref().map(|directory| directory.join("postgresql").join("pgpass.conf"))
        } else {
            self.home.as_ref().map(|home| home.join(".pgpass"))
        }
    }

    /// `~/.pg_service.conf`, or its place on Windows.
    pub(super) fn service_file(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            self.app_data.as_ref().map(|directory| directory.join("postgresql").join(".pg_service.conf"))
        } else {
            self.home.as_ref().map(|home| home.join(".pg_service.conf"))
        }
    }

    /// The system's `pg_service.conf`, most particular place first.
    pub(super) fn system_service_files(&self) -> Vec<PathBuf> {
        let named = self.variable("PGSYSCONFDIR").map(PathBuf::from);
        let directories = named.map_or_else(|| self.system_configuration.clone(), |directory| vec![directory]);
        directories.iter().map(|directory| directory.join("pg_service.conf")).collect()
    }

    /// A file of `~/.postgresql/` (certificates, keys, revocation lists), when it exists.
    pub(super) fn certificate_file(&self, name: &str) -> Option<PathBuf> {
        let directory = if cfg!(windows) {
            self.app_data.as_ref().map(|directory| directory.join("postgresql"))
        } else {
            self.home.as_ref().map(|home| home.join(".postgresql"))
        };
        directory.map(|directory| directory.join(name)).filter(|file| file.exists())
    }

    /// `~/…` with the home directory put in.
    pub(super) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

impl fmt::Debug for Environment {
    /// Names of variables only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The name of the account that this process runs as, from the system's list of accounts.
#[cfg(unix)]
fn account_name() -> Option<String> {
    let id = rustix::process::geteuid().as_raw().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn account_name() -> Option<String> {
    None
}

fn default_socket_directories() -> Vec<PathBuf> {
    if cfg!(unix) { vec![PathBuf::from("/var/run/postgresql"), PathBuf::from("/tmp")] } else { Vec::new() }
}

/// Where distributions look for `pg_service.conf` when `PGSYSCONFDIR` is not set.
fn default_system_configuration() -> Vec<PathBuf> {
    if cfg!(unix) {
        vec![PathBuf::from("/etc/postgresql-common"), PathBuf::from("/etc/sysconfig/pgsql"), PathBuf::from("/etc")]
    } else {
        Vec::new()
    }
}
