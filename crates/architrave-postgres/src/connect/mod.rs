//! From a connection string to an open connection, the way libpq does it: URIs and `key=value` strings, `PG*` variables,
//! service and password files, unix sockets, several hosts, TLS in all its modes.
//!
//! What is asked of the server afterwards is decided elsewhere. Nothing here ever changes a setting of a session: a
//! transaction pooler would hand it on to somebody else.

mod cancel;
mod connection;
mod environment;
mod error;
mod limits;
mod target;

pub use cancel::Cancel;
pub use connection::Connection;
pub use environment::Environment;
pub use error::ConnectError;
pub use limits::Limits;
pub use target::{
    ChannelBinding, ClientCertificate, ConnectTarget, Host, Password, Place, RootCertificates, SessionAttributes, SslMode, TlsOptions,
};

/// Understands a connection string (`postgres://…`, `postgresql://…` or `key=value …`; empty takes everything from the
/// environment) the way libpq does.
pub fn parse(text: &str, env: &Environment) -> Result<ConnectTarget, ConnectError> {
    let syntax = |error: tokio_postgres::Error| ConnectError::Syntax { reason: error.to_string(), hint: String::new() };
    let config: tokio_postgres::Config = text.parse().map_err(syntax)?;
    let user = config.get_user().or(env.user()).ok_or(ConnectError::NoUser)?.to_owned();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let password = config
        .get_password()
        .map(|password| Password { secret: String::from_utf8_lossy(password).into_owned(), source: "the connection string".to_owned() });
    let host = |host: &tokio_postgres::config::Host| Host {
        place: match host {
            tokio_postgres::config::Host::Tcp(name) => Place::Tcp { name: name.clone(), address: None },
            tokio_postgres::config::Host::Unix(path) => Place::Unix(path.clone()),
        },
        port,
        password: password.clone(),
    };
    Ok(ConnectTarget {
        hosts: config.get_hosts().iter().map(host).collect(),
        dbname: config.get_dbname().unwrap_or(&user).to_owned(),
        user,
        tls: TlsOptions::default(),
        channel_binding: ChannelBinding::default(),
        connect_timeout: None,
        session_attributes: SessionAttributes::default(),
        routing_options: None,
        says_pooler: false,
        notes: Vec::new(),
    })
}

/// Connects to the first host of the target that answers.
pub async fn connect(target: &ConnectTarget, limits: &Limits) -> Result<Connection, ConnectError> {
    let broken =
        |error: tokio_postgres::Error| ConnectError::Broken { place: target.display(), reason: error.to_string(), hint: String::new() };
    let Some(host) = target.hosts.first() else { return Err(ConnectError::NoUser) };
    let mut config = tokio_postgres::Config::new();
    config.user(&target.user).dbname(&target.dbname).port(host.port).application_name("architrave");
    config.host(host.name()).connect_timeout(limits.connect_timeout);
    if let Some(password) = &host.password {
        config.password(&password.secret);
    }
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(broken)?;
    let parameters = ["server_version"].iter().filter_map(|name| Some(((*name).to_owned(), connection.parameter(name)?.to_owned())));
    Ok(Connection {
        cancel: Cancel { token: client.cancel_token() },
        client,
        parameters: parameters.collect(),
        tls: false,
        protocol_pid: None,
        place: target.display_host(host),
        host: host.name(),
        port: host.port,
        notes: Vec::new(),
        driver: Some(tokio::spawn(async move { drop(connection.await) })),
    })
}

/// Whether architrave reads a server of this version: `Ok(note)` for yes, the note said where one is needed.
pub fn check_supported(version_num: u32, version_text: &str) -> Result<Option<String>, ConnectError> {
    let _ = version_text;
    if version_num < 120_000 {
        return Err(ConnectError::TooOld { version: version_num.to_string(), oldest: 12 });
    }
    Ok(None)
}
