//! Why a target could not be understood or reached: one sentence each, with the place, the reason and the way out.
//!
//! `place` is always [`super::ConnectTarget::display`] of one host; no field ever holds a secret.

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields: `place` is where, `reason` is why, `hint` is the way out; all without secrets")]
pub enum ConnectError {
    /// The text is no connection string.
    #[error("the connection string cannot be read: {reason}; {hint}")]
    Syntax { reason: String, hint: String },
    /// A parameter that no client of PostgreSQL knows. `name` is absent where it could be a piece of a password.
    #[error("unknown parameter {}in {origin}{}", quoted_name(name.as_deref()), did_you_mean(nearest.as_deref()))]
    UnknownParameter { name: Option<String>, nearest: Option<String>, origin: String },
    /// A parameter with a value that it cannot have.
    #[error("{parameter} (in {origin}) must be {expected}")]
    BadValue { parameter: String, origin: String, expected: String },
    /// A parameter that libpq honours and we cannot.
    #[error("{parameter} (in {origin}) cannot be honoured: {reason}")]
    Unsupported { parameter: String, origin: String, reason: String },
    /// The service of `PGSERVICE` or `service=` is nowhere, or its file is broken.
    #[error("connection service: {reason}")]
    Service { reason: String },
    /// Neither a user nor the name of the operating-system user is known.
    #[error("no user is named and the operating system's user is unknown; name one: postgres://USER@host/database, or set PGUSER")]
    NoUser,
    /// A file with certificates or keys cannot be used.
    #[error("cannot use {what} {path}: {reason}")]
    File { what: String, path: String, reason: String },
    /// The host name cannot be resolved.
    #[error("cannot connect to {place}: no address is known for the host {host} ({reason}); {hint}")]
    UnknownHost { place: String, host: String, reason: String, hint: String },
    /// Nobody listens.
    #[error("cannot connect to {place}: nothing accepts connections there ({reason}); {hint}")]
    Refused { place: String, reason: String, hint: String },
    /// No socket where one was looked for.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    NoSocket { place: String, reason: String, hint: String },
    /// The network says no.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    Unreachable { place: String, reason: String, hint: String },
    /// No answer in time.
    #[error("cannot connect to {place}: no answer within {seconds} s while {phase}; {hint}")]
    TimedOut { place: String, seconds: String, phase: &'static str, hint: String },
    /// Something else answers there.
    #[error("cannot connect to {place}: {what} answers there, not PostgreSQL; {hint}")]
    NotPostgres { place: String, what: String, hint: String },
    /// We want TLS, the server has none.
    #[error("cannot connect to {place}: the server does not offer TLS and sslmode={mode} requires it; {hint}")]
    TlsRefused { place: String, mode: &'static str, hint: String },
    /// The server wants TLS, we do not.
    #[error("cannot connect to {place}: the server accepts only TLS connections and sslmode={mode} forbids them; use sslmode=require")]
    TlsRequired { place: String, mode: &'static str },
    /// The server's certificate does not convince.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    Certificate { place: String, reason: String, hint: String },
    /// The TLS handshake fails for another reason.
    #[error("cannot connect to {place}: the TLS handshake failed ({reason}); {hint}")]
    Tls { place: String, reason: String, hint: String },
    /// The server does not accept the password.
    #[error("cannot connect to {place}: the server does not accept the password of {user} (taken from {source_of_password}); {hint}")]
    WrongPassword { place: String, user: String, source_of_password: String, hint: String },
    /// The server asks for a password and none is known.
    #[error("cannot connect to {place}: the server asks for a password and none is given; set PGPASSWORD or add a line to {password_file}")]
    NoPassword { place: String, password_file: String },
    /// The role does not exist or may not log in.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    Role { place: String, reason: String, hint: String },
    /// The server's host-based authentication rejects us.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    NotAllowed { place: String, reason: String, hint: String },
    /// The database does not exist, or takes no connections.
    #[error("cannot connect to {place}: {reason}; {hint}")]
    Database { place: String, reason: String, hint: String },
    /// All connections are taken.
    #[error("cannot connect to {place}: the server has no connection left ({reason}); {hint}")]
    TooManyConnections { place: String, reason: String, hint: String },
    /// The server starts up, shuts down or recovers.
    #[error("cannot connect to {place}: the server takes no connections now ({reason}); {hint}")]
    NotReady { place: String, reason: String, hint: String },
    /// Authentication fails for a reason that is not the password.
    #[error("cannot connect to {place}: authentication failed ({reason}); {hint}")]
    Authentication { place: String, reason: String, hint: String },
    /// No server of the list is of the kind that `target_session_attrs` wants.
    #[error("cannot connect to {place}: the server is not what target_session_attrs={wanted} wants")]
    SessionAttributes { place: String, wanted: &'static str },
    /// The server or a pooler says something else.
    #[error("cannot connect to {place}: the server says \"{message}\" (SQLSTATE {sqlstate})")]
    Server { place: String, sqlstate: String, message: String },
    /// The connection ends or breaks before it is ready.
    #[error("cannot connect to {place}: the connection broke before it was ready ({reason}); {hint}")]
    Broken { place: String, reason: String, hint: String },
    /// Several hosts, all in vain.
    #[error("none of the {} hosts can be used: {}", errors.len(), joined(errors))]
    AllHosts { errors: Vec<ConnectError> },
    /// Older than the oldest supported major.
    #[error(
        "PostgreSQL {version} is older than {oldest}, the oldest major that architrave reads; it gets no fixes any more: upgrade, or review a schema dump instead (pg_dump --schema-only > schema.sql)"
    )]
    TooOld { version: String, oldest: u32 },
    /// Another product that speaks PostgreSQL's protocol.
    #[error(
        "this is {product}, not PostgreSQL: it speaks the same protocol but has other catalogues, locks and storage, so a review would be wrong; give the address of a PostgreSQL server"
    )]
    Fork { product: String },
}

impl ConnectError {
    /// The server's rules reject us; with TLS, or without it, they may not. Never true for a wrong password.
    pub(super) fn is_about_admission(&self) -> bool {
        matches!(self, Self::NotAllowed { .. } | Self::TlsRequired { .. })
    }

    /// TLS itself did not come about.
    pub(super) fn is_about_tls(&self) -> bool {
        matches!(self, Self::Tls { .. } | Self::Certificate { .. } | Self::TlsRefused { .. })
    }

    /// Another host of the list may do better; false where it would only ask for the same wrong password again.
    pub(super) fn is_about_host(&self) -> bool {
        self.is_about_tls()
            || matches!(
                self,
                Self::UnknownHost { .. }
                    | Self::Refused { .. }
                    | Self::NoSocket { .. }
                    | Self::Unreachable { .. }
                    | Self::TimedOut { .. }
                    | Self::NotPostgres { .. }
                    | Self::TooManyConnections { .. }
                    | Self::NotReady { .. }
                    | Self::SessionAttributes { .. }
                    | Self::Broken { .. }
            )
    }
}

fn quoted_name(name: Option<&str>) -> String {
    name.map(|name| format!("`{name}` ")).unwrap_or_default()
}

fn did_you_mean(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => "; characters such as @ : / ? # & in a password must be percent-encoded in a URI, and a value with blanks \
                 quoted in a key=value string"
            .to_owned(),
    }
}

fn joined(errors: &[ConnectError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · ")
}
