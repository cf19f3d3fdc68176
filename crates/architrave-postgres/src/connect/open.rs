//! Opening a connection: hosts in their order, TLS as `sslmode` says, one more try where a refusal can be met.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::cancel::{Cancel, CancelTls};
use super::certificates::Check;
use super::dial::{self, Address};
use super::explain::{Failure, Situation};
use super::negotiate::ask_for_tls;
use super::stream::{Ear, Heard, Listening, ListeningTls, Socket};
use super::target::{ChannelBinding, ConnectTarget, Host, Place, SessionAttributes, SslMode};
use super::{ConnectError, Connection, Limits, tls};

/// The name under which administrators see us in `pg_stat_activity`.
const APPLICATION_NAME: &str = "architrave";

/// Parameters that servers and poolers report at the start, ours and those that give other products away.
const REPORTED: &[&str] = &[
    "server_version",
    "server_encoding",
    "client_encoding",
    "application_name",
    "default_transaction_read_only",
    "in_hot_standby",
    "is_superuser",
    "session_authorization",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
    "scram_iterations",
    "search_path",
    "crdb_version",
    "mz_version",
    "crate_version",
    "padb_version",
    "padb_revision",
];

/// What a host is doing while the time runs out.
const PHASES: [&str; 4] =
    ["its name was being resolved", "the connection was being opened", "TLS was being negotiated", "the session was being started"];

/// Connects to the first host of the target that answers and is what the target wants.
pub async fn connect(target: &ConnectTarget, limits: &Limits) -> Result<Connection, ConnectError> {
    let over_tcp = target.hosts.iter().any(|host| matches!(host.place, Place::Tcp { .. }));
    let connector = if over_tcp && target.tls.mode != SslMode::Disable { Some(tls::connector(&target.tls)?) } else { None };
    let passes: &[SessionAttributes] = match target.session_attributes {
        SessionAttributes::PreferStandby => &[SessionAttributes::Standby, SessionAttributes::Any],
        ref other => std::slice::from_ref(other),
    };
    let mut errors = Vec::new();
    for wanted in passes {
        errors.clear();
        for host in &target.hosts {
            let limit = target.connect_timeout.unwrap_or(limits.connect_timeout);
            match connect_host(target, host, connector.as_ref(), limit, *wanted).await {
                Ok(connection) => return Ok(connection),
                Err(error) if error.is_about_host() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
    }
    match errors.pop() {
        Some(only) if errors.is_empty() => Err(only),
        Some(last) => {
            errors.push(last);
            Err(ConnectError::AllHosts { errors })
        }
        None => Err(ConnectError::NoUser),
    }
}

async fn connect_host(
    target: &ConnectTarget,
    host: &Host,
    connector: Option<&MakeRustlsConnect>,
    limit: Duration,
    wanted: SessionAttributes,
) -> Result<Connection, ConnectError> {
    let attempt = Attempt {
        target,
        host,
        connector,
        deadline: Instant::now() + limit,
        phase: AtomicUsize::new(0),
        ear: Ear::default(),
        situation: Situation::new(target, host, limit),
    };
    match timeout(limit, attempt.run(wanted)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(failure)) => Err(failure.error),
        Err(_) => Err(attempt.timed_out()),
    }
}

/// Boxed so that the compiler sees that it can be sent between threads.
type Opening<'a, S, T> =
    Pin<Box<dyn Future<Output = Result<(Client, tokio_postgres::Connection<S, T>), tokio_postgres::Error>> + Send + 'a>>;

/// How much TLS one session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Plain,
    IfOffered,
    Always,
}

struct Attempt<'a> {
    target: &'a ConnectTarget,
    host: &'a Host,
    connector: Option<&'a MakeRustlsConnect>,
    deadline: Instant,
    phase: AtomicUsize,
    ear: Ear,
    situation: Situation<'a>,
}

impl Attempt<'_> {
    fn enter(&self, phase: usize) {
        self.phase.store(phase, Ordering::Relaxed);
    }

    fn timed_out(&self) -> ConnectError {
        let phase = PHASES.get(self.phase.load(Ordering::Relaxed)).copied().unwrap_or_default();
        self.ear.with(|heard| self.situation.timed_out(phase, heard))
    }

    async fn run(&self, wanted: SessionAttributes) -> Result<Connection, Failure> {
        self.enter(0);
        let addresses = dial::addresses(self.host).await.map_err(|error| self.situation.dial(error))?;
        let connection = match (&self.host.place, self.target.tls.mode) {
            (Place::Unix(_), _) | (_, SslMode::Disable) => self.session(&addresses, Wish::Plain).await,
            (_, SslMode::Allow) => self.allow(&addresses).await,
            (_, SslMode::Prefer) => self.prefer(&addresses).await,
            _ => self.session(&addresses, Wish::Always).await,
        }?;
        if is_as_wanted(&connection.client, wanted).await.map_err(|error| self.situation.session(&error, connection.tls, &self.ear))? {
            return Ok(connection);
        }
        connection.close().await;
        Err(self.situation.not_as_wanted(wanted))
    }

    /// Plain first; TLS when the server does not admit us without.
    async fn allow(&self, addresses: &[Address]) -> Result<Connection, Failure> {
        match self.session(addresses, Wish::Plain).await {
            Err(first) if first.error.is_about_admission() => match self.session(addresses, Wish::Always).await {
                Err(second) if second.error.is_about_tls() => Err(first),
                other => other,
            },
            other => other,
        }
    }

    /// TLS first; plain when TLS does not work or the server does not admit us with it. Never because of a wrong password:
    /// libpq would send it again, unencrypted.
    async fn prefer(&self, addresses: &[Address]) -> Result<Connection, Failure> {
        match self.session(addresses, Wish::IfOffered).await {
            Err(first) if first.over_tls && (first.error.is_about_tls() || first.error.is_about_admission()) => {
                match self.session(addresses, Wish::Plain).await {
                    Err(second) if second.error.is_about_admission() => Err(first),
                    other => other,
                }
            }
            other => other,
        }
    }

    /// One session; once more with the bare start-up packet when a pooler refuses what is optional in it.
    async fn session(&self, addresses: &[Address], wish: Wish) -> Result<Connection, Failure> {
        match self.once(addresses, wish, false).await {
            Err(failure) if failure.refuses_parameter => {
                let mut connection = self.once(addresses, wish, true).await?;
                connection
                    .notes
                    .push("a pooler refuses optional start-up parameters; the connection goes without application_name".to_owned());
                Ok(connection)
            }
            other => other,
        }
    }

    async fn once(&self, addresses: &[Address], wish: Wish, bare: bool) -> Result<Connection, Failure> {
        self.enter(1);
        self.ear.with(|heard| *heard = Heard::default());
        let (mut socket, address) = dial::dial(addresses, self.deadline).await.map_err(|error| self.situation.dial(error))?;
        let over_tls = match wish {
            Wish::Plain => false,
            _ => self.agree_on_tls(&mut socket, wish).await?,
        };
        self.enter(3);
        let config = self.config(over_tls, bare);
        match self.connector.filter(|_| over_tls) {
            None => {
                let stream = Listening::new(socket, self.ear.clone(), self.target.allowed_methods.clone());
                let opening: Opening<'_, _, _> = Box::pin(config.connect_raw(stream, NoTls));
                let (client, driver) = opening.await.map_err(|error| self.situation.session(&error, false, &self.ear))?;
                Ok(self.connection(client, driver, address, None))
            }
            Some(connector) => {
                let mut connector = connector.clone();
                let tls = CancelTls { connector: connector.clone(), server_name: self.server_name()?, direct: self.target.tls.direct };
                // The error type has no values.
                let Ok(handshake) = MakeTlsConnect::<Socket>::make_tls_connect(&mut connector, &tls.server_name);
                let allowed = self.target.allowed_methods.clone();
                let handshake = ListeningTls { connector: handshake, ear: self.ear.clone(), allowed };
                let opening: Opening<'_, _, _> = Box::pin(config.connect_raw(socket, handshake));
                let (client, driver) = opening.await.map_err(|error| self.situation.session(&error, true, &self.ear))?;
                Ok(self.connection(client, driver, address, Some(tls)))
            }
        }
    }

    /// Asks for TLS and says whether it will be spoken.
    async fn agree_on_tls(&self, socket: &mut Socket, wish: Wish) -> Result<bool, Failure> {
        self.enter(2);
        if self.target.tls.direct {
            return Ok(true);
        }
        match ask_for_tls(socket).await {
            Ok(b'S') => Ok(true),
            Ok(b'N') if wish == Wish::IfOffered => Ok(false),
            Ok(b'N') => Err(self.situation.tls_refused()),
            Ok(first) => {
                let heard = rest_of_greeting(socket, first).await;
                Err(self.situation.no_answer_to_tls_request(&heard))
            }
            Err(error) => Err(self.situation.broken(&error)),
        }
    }

    /// The name for the handshake. Without a name check any will do; an address is never sent in clear.
    fn server_name(&self) -> Result<String, Failure> {
        let name = self.host.name();
        if ServerName::try_from(name.as_str()).is_ok() {
            return Ok(name);
        }
        if tls::check(&self.target.tls) == Check::ChainAndName {
            return Err(self.situation.name_cannot_be_checked());
        }
        Ok("0.0.0.0".to_owned())
    }

    /// The start-up packet: user, database, client_encoding (always UTF8) and, unless `bare`, our name.
    fn config(&self, over_tls: bool, bare: bool) -> Config {
        let mut config = Config::new();
        config.user(&self.target.user).dbname(&self.target.dbname);
        if let Some(password) = &self.host.password {
            config.password(&password.secret);
        }
        if !bare {
            config.application_name(APPLICATION_NAME);
            if let Some(options) = &self.target.routing_options {
                config.options(options);
            }
        }
        config.channel_binding(match self.target.channel_binding {
            ChannelBinding::Disable => config::ChannelBinding::Disable,
            ChannelBinding::Prefer => config::ChannelBinding::Prefer,
            ChannelBinding::Require => config::ChannelBinding::Require,
        });
        if over_tls {
            // The request for TLS has been made; what follows is the handshake itself.
            config.ssl_mode(config::SslMode::Require).ssl_negotiation(config::SslNegotiation::Direct);
        } else {
            config.ssl_mode(config::SslMode::Disable);
        }
        config
    }

    fn connection<S, T>(
        &self,
        client: Client,
        driver: tokio_postgres::Connection<S, T>,
        address: Address,
        tls: Option<CancelTls>,
    ) -> Connection
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let reported = |name: &&str| Some(((*name).to_owned(), driver.parameter(name)?.to_owned()));
        let parameters: BTreeMap<String, String> = REPORTED.iter().filter_map(reported).collect();
        let place = self.situation.place.clone();
        Connection {
            cancel: Cancel { token: client.cancel_token(), address, tls: tls.clone(), place: place.clone() },
            client,
            parameters,
            tls: tls.is_some(),
            protocol_pid: self.ear.with(|heard| heard.pid),
            place,
            host: self.host.name(),
            port: self.host.port,
            notes: self.target.notes.clone(),
            // An error of the driver reaches whoever waits for a query; there is nobody else to tell.
            driver: Some(tokio::spawn(async move { drop(driver.await) })),
        }
    }
}

/// What follows the first byte of something that is not PostgreSQL.
async fn rest_of_greeting(socket: &mut Socket, first: u8) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut buffer = [0; 128];
    let read = timeout(Duration::from_millis(500), socket.read(&mut buffer)).await;
    let length = read.unwrap_or(Ok(0)).unwrap_or(0);
    bytes.extend(buffer.iter().take(length));
    bytes
}

/// Whether the server is of the kind that is wanted.
async fn is_as_wanted(client: &Client, wanted: SessionAttributes) -> Result<bool, tokio_postgres::Error> {
    if wanted == SessionAttributes::Any {
        return Ok(true);
    }
    let query = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
    let answer = client.simple_query(query).await?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let Some(row) = row else { return Ok(false) };
    let in_recovery = row.try_get(0)? == Some("t");
    let read_only = in_recovery || row.try_get(1)? == Some("on");
    Ok(match wanted {
        SessionAttributes::ReadWrite => !read_only,
        SessionAttributes::ReadOnly => read_only,
        SessionAttributes::Primary => !in_recovery,
        SessionAttributes::Standby => in_recovery,
        SessionAttributes::Any | SessionAttributes::PreferStandby => true,
    })
}
