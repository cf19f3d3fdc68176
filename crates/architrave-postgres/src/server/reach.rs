//! How clients reach a private server: a socket in a private directory, or loopback with a password.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

use tokio_postgres::Config;

use super::{ServerError, locked};

/// The port in a socket's name; no TCP port is opened with it.
const SOCKET_PORT: u16 = 5432;

/// The address of a private server.
#[derive(Clone)]
pub(super) enum Reach {
    /// A unix socket; the directory is closed to everybody else.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows uses loopback"))]
    Socket { directory: PathBuf },
    /// TCP on 127.0.0.1.
    Loopback { port: u16, password: String, directory: PathBuf },
}

impl std::fmt::Debug for Reach {
    /// Hides the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket { directory } => f.debug_tuple("Socket").field(directory).finish(),
            Self::Loopback { port, .. } => f.debug_tuple("Loopback").field(port).finish(),
        }
    }
}

impl Reach {
    /// A free port of the loopback interface and a new password.
    pub(super) fn loopback() -> Result<Self, ServerError> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let free = free.map_err(ServerError::io("listen on", Path::new("127.0.0.1")))?;
        let password = format!("{:016x}{:016x}", locked::random(), locked::random());
        Ok(Self::Loopback { port: free.port(), password, directory: PathBuf::new() })
    }

    pub(super) fn password(&self) -> Option<&str> {
        match self {
            Self::Socket { .. } => None,
            Self::Loopback { password, .. } => Some(password),
        }
    }

    /// The directory of the socket; empty where there is none.
    pub(super) fn socket_dir(&self) -> &Path {
        match self {
            Self::Socket { directory } | Self::Loopback { directory, .. } => directory,
        }
    }

    /// How to connect to `database` as superuser.
    pub(super) fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.user("postgres").dbname(database);
        match self {
            #[cfg(unix)]
            Self::Socket { directory } => config.host_path(directory).port(SOCKET_PORT),
            #[cfg(not(unix))]
            Self::Socket { .. } => &mut config,
            Self::Loopback { port, password, .. } => config.host(Ipv4Addr::LOCALHOST.to_string()).port(*port).password(password),
        };
        config
    }

    /// The same as a libpq connection string.
    pub(super) fn connection_string(&self, database: &str) -> String {
        let database = quote(database);
        match self {
            Self::Socket { directory } => {
                format!("host={} port={SOCKET_PORT} user=postgres dbname={database}", quote(&directory.to_string_lossy()))
            }
            Self::Loopback { port, password, .. } => {
                format!("host=127.0.0.1 port={port} user=postgres password={password} dbname={database}")
            }
        }
    }

    /// The settings that open exactly this way in.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Socket { directory } => vec![
                ("listen_addresses", String::new()),
                ("port", SOCKET_PORT.to_string()),
                ("unix_socket_directories", directory.to_string_lossy().into_owned()),
                ("unix_socket_permissions", "0700".to_owned()),
            ],
            Self::Loopback { port, .. } => vec![
                ("listen_addresses", Ipv4Addr::LOCALHOST.to_string()),
                ("port", port.to_string()),
                ("unix_socket_directories", String::new()),
            ],
        }
    }

    /// The text of `pg_hba.conf`.
    pub(super) fn host_based_authentication(&self) -> &'static str {
        match self {
            Self::Socket { .. } => "local all all trust\nlocal replication all trust\n",
            Self::Loopback { .. } => "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n",
        }
    }
}

/// A value of a connection string, in quotes where it needs them.
fn quote(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_survive_odd_names() {
        let reach = Reach::Socket { directory: PathBuf::from("/tmp/it's here") };
        let text = reach.connection_string("a \\ b");
        assert_eq!(text, r"host='/tmp/it\'s here' port=5432 user=postgres dbname='a \\ b'");
        #[cfg(unix)]
        assert_eq!(text.parse::<Config>().unwrap(), reach.config("a \\ b"));
    }

    #[test]
    fn passwords_stay_out_of_debug_text() {
        let reach = Reach::loopback().unwrap();
        assert!(!format!("{reach:?}").contains(reach.password().unwrap()));
    }
}
