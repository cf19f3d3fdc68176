//! A target: everything that is needed to connect, with passwords that never show.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::authentication::AllowedMethods;

/// Where and how to connect. Its `Debug` and [`ConnectTarget::display`] never contain a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTarget {
    /// Hosts in the order in which they are tried; never empty.
    pub hosts: Vec<Host>,
    /// Role to come as.
    pub user: String,
    /// Database.
    pub dbname: String,
    /// TLS.
    pub tls: TlsOptions,
    /// SCRAM channel binding.
    pub channel_binding: ChannelBinding,
    /// Longest time for one host; `None` takes the one of [`super::Limits`].
    pub connect_timeout: Option<Duration>,
    /// What kind of server is wanted when several hosts are named.
    pub session_attributes: SessionAttributes,
    /// `require_auth`: the ways of authentication that the server may ask for.
    pub allowed_methods: Option<AllowedMethods>,
    /// The password file to name when a password is missing.
    pub password_file: String,
    /// Words of `options` that tell a provider's proxy which server is meant (`endpoint=…` of Neon, `reference=…` of
    /// Supabase). Settings (`-c name=value`) are never sent.
    pub routing_options: Option<String>,
    /// The connection string says itself that a transaction pooler stands in between (`pgbouncer=true` of Prisma).
    pub says_pooler: bool,
    /// What was read differently from what its author may expect; one sentence each, without secrets.
    pub notes: Vec<String>,
}

/// One host of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name, address or socket directory.
    pub place: Place,
    /// Port.
    pub port: u16,
    /// Password for this host and where it came from.
    pub password: Option<Password>,
}

/// Where a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A TCP host.
    Tcp {
        /// The name (or address as text), also for the certificate check.
        name: String,
        /// `hostaddr`: the address to use instead of resolving the name.
        address: Option<IpAddr>,
    },
    /// The directory of a unix socket.
    Unix(PathBuf),
}

/// A password that does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    pub(super) secret: String,
    /// Where it came from, for messages: "the connection string", "PGPASSWORD", "/home/me/.pgpass, line 3".
    pub(super) source: String,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password(hidden, from {})", self.source)
    }
}

/// `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never.
    Disable,
    /// Only when the server insists.
    Allow,
    /// When the server offers it, unverified.
    #[default]
    Prefer,
    /// Always; unverified, except that a root certificate file turns it into `verify-ca`.
    Require,
    /// Always; the certificate must come from a known authority.
    VerifyCa,
    /// Always; the certificate must come from a known authority and name the host.
    VerifyFull,
}

impl SslMode {
    /// The word in connection strings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Where the certificates of authorities are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RootCertificates {
    /// None: certificates cannot be verified.
    #[default]
    None,
    /// A PEM file.
    File(PathBuf),
    /// Those of the operating system (`sslrootcert=system`).
    System,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// `sslmode`.
    pub mode: SslMode,
    /// `sslnegotiation=direct`: TLS from the first byte (PostgreSQL 17).
    pub direct: bool,
    /// `sslrootcert`.
    pub roots: RootCertificates,
    /// `sslcrl`.
    pub revocation_list: Option<PathBuf>,
    /// `sslcert` and `sslkey`.
    pub client: Option<ClientCertificate>,
    /// `sslsni`: name the host in clear in the first message.
    pub server_name_indication: bool,
    /// `ssl_min_protocol_version` is TLS 1.3.
    pub at_least_1_3: bool,
    /// `ssl_max_protocol_version` is TLS 1.2.
    pub at_most_1_2: bool,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            mode: SslMode::default(),
            direct: false,
            roots: RootCertificates::None,
            revocation_list: None,
            client: None,
            server_name_indication: true,
            at_least_1_3: false,
            at_most_1_2: false,
        }
    }
}

/// Our own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM file with the certificate and its intermediates.
    pub certificate: PathBuf,
    /// PEM file with the unencrypted key.
    pub key: PathBuf,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// When both sides can.
    #[default]
    Prefer,
    /// Or no connection.
    Require,
}

/// `target_session_attrs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionAttributes {
    /// Any server.
    #[default]
    Any,
    /// Transactions may write.
    ReadWrite,
    /// Transactions may not write.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// A standby when one answers, else any.
    PreferStandby,
}

impl SessionAttributes {
    /// The word in connection strings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::Primary => "primary",
            Self::Standby => "standby",
            Self::PreferStandby => "prefer-standby",
        }
    }
}

impl ConnectTarget {
    /// `postgres://user@host:5432/db`: never a password nor options. Several hosts are separated by commas; a socket is
    /// shown as its directory in brackets.
    pub fn display(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(Host::display).collect();
        self.display_with(&hosts.join(","))
    }

    /// The same for one of the hosts.
    pub(super) fn display_host(&self, host: &Host) -> String {
        self.display_with(&host.display())
    }

    fn display_with(&self, hosts: &str) -> String {
        format!("postgres://{}@{hosts}/{}", encode(&self.user), encode(&self.dbname))
    }
}

impl fmt::Display for ConnectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display())
    }
}

impl Host {
    /// `host:5432`, `[::1]:5432` or `[/var/run/postgresql]:5432`.
    pub fn display(&self) -> String {
        match &self.place {
            Place::Tcp { name, .. } if name.contains(':') => format!("[{name}]:{}", self.port),
            Place::Tcp { name, .. } => format!("{}:{}", encode(name), self.port),
            Place::Unix(directory) => format!("[{}]:{}", encode(&directory.to_string_lossy()), self.port),
        }
    }

    /// The socket's directory or the host's name.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Tcp { name, .. } => name.clone(),
            Place::Unix(directory) => directory.to_string_lossy().into_owned(),
        }
    }
}

/// Percent-encodes what could be taken for a separator or harm a terminal.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.chars().fold(String::new(), |mut out, character| {
        if character.is_control() || "@:?#%& ".contains(character) {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(character);
        }
        out
    })
}
