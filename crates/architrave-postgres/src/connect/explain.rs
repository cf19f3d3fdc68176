//! What went wrong with one host, in a sentence: network errors, TLS errors, and what the server or a pooler says.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};
use tokio_postgres::error::DbError;

use super::ConnectError;
use super::dial::DialError;
use super::explain_server;
use super::hints;
use super::stranger;
use super::stream::{Ear, Heard};
use super::target::{ConnectTarget, Host, Place, SessionAttributes};

const NO_PROTOCOL: &str = "something that does not speak PostgreSQL's protocol";

/// An error and what may be tried after it.
#[derive(Debug)]
pub(super) struct Failure {
    /// The error.
    pub error: ConnectError,
    /// TLS was spoken or attempted.
    pub over_tls: bool,
    /// A pooler refuses an optional start-up parameter.
    pub refuses_parameter: bool,
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self { error, over_tls: false, refuses_parameter: false }
    }
}

/// The host in question and how we come to it.
pub(super) struct Situation<'a> {
    pub target: &'a ConnectTarget,
    pub host: &'a Host,
    pub place: String,
    limit: Duration,
}

impl<'a> Situation<'a> {
    pub(super) fn new(target: &'a ConnectTarget, host: &'a Host, limit: Duration) -> Self {
        Self { target, host, place: target.display_host(host), limit }
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    /// Resolving the name or opening the socket.
    pub(super) fn dial(&self, error: DialError) -> Failure {
        match error {
            DialError::TimedOut => self.timed_out("the connection was being opened", &Heard::default()).into(),
            DialError::Unknown(reason) => {
                let host = self.host.name();
                ConnectError::UnknownHost { place: self.place(), hint: hints::unknown_host(&host), host, reason: tidy(&reason) }.into()
            }
            DialError::Failed(error) => self.network(&error).into(),
        }
    }

    fn network(&self, error: &io::Error) -> ConnectError {
        use io::ErrorKind as Kind;
        let place = self.place();
        let reason = tidy(&error.to_string());
        match (&self.host.place, error.kind()) {
            (Place::Unix(directory), Kind::NotFound) => ConnectError::NoSocket {
                place,
                reason: format!("no server listens on the socket .s.PGSQL.{} in {}", self.host.port, directory.display()),
                hint: "start the server, or name the host: postgres://USER@HOST:5432/DATABASE".to_owned(),
            },
            (Place::Unix(directory), Kind::PermissionDenied) => ConnectError::NoSocket {
                place,
                reason: format!("the socket in {} may not be used by this account", directory.display()),
                hint: "connect over TCP instead: postgres://USER@127.0.0.1:5432/DATABASE".to_owned(),
            },
            (_, Kind::ConnectionRefused) => ConnectError::Refused { place, reason, hint: hints::refused(self.host) },
            _ => ConnectError::Unreachable { place, reason, hint: hints::unreachable(&self.host.name()) },
        }
    }

    /// The time is up.
    pub(super) fn timed_out(&self, phase: &'static str, heard: &Heard) -> ConnectError {
        if let Some(what) = stranger::recognise(&heard.first) {
            return self.stranger(what);
        }
        let seconds = format!("{:.1}", self.limit.as_secs_f64());
        let seconds = seconds.trim_end_matches(".0").to_owned();
        ConnectError::TimedOut { place: self.place(), seconds, phase, hint: hints::timed_out(phase) }
    }

    fn stranger(&self, what: String) -> ConnectError {
        ConnectError::NotPostgres { place: self.place(), what, hint: "check the port; PostgreSQL's own is 5432".to_owned() }
    }

    /// The server said `N` and TLS is required.
    pub(super) fn tls_refused(&self) -> Failure {
        let mode = self.target.tls.mode.word();
        let hint = "switch TLS on in the server (ssl = on), or use sslmode=prefer if the network between is trusted".to_owned();
        ConnectError::TlsRefused { place: self.place(), mode, hint }.into()
    }

    /// Something that is neither yes nor no came back.
    pub(super) fn no_answer_to_tls_request(&self, heard: &[u8]) -> Failure {
        if let Some(what) = stranger::recognise(heard) {
            return self.stranger(what).into();
        }
        if heard.first() == Some(&b'E') {
            let error = ConnectError::Tls {
                place: self.place(),
                reason: "the server answers the request for TLS with an error".to_owned(),
                hint: "try sslmode=disable to see which one".to_owned(),
            };
            return Failure { over_tls: true, ..error.into() };
        }
        self.stranger("something else".to_owned()).into()
    }

    /// The socket broke before anything was agreed.
    pub(super) fn broken(&self, error: &io::Error) -> Failure {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the other side closed it without a word".to_owned(),
            _ => tidy(&error.to_string()),
        };
        ConnectError::Broken { place: self.place(), reason, hint: hints::broken() }.into()
    }

    /// `verify-full` for a name that no certificate can carry.
    pub(super) fn name_cannot_be_checked(&self) -> Failure {
        ConnectError::Certificate {
            place: self.place(),
            reason: "the host is not a name that a certificate can carry".to_owned(),
            hint: "use the host's full DNS name, or sslmode=verify-ca".to_owned(),
        }
        .into()
    }

    /// `target_session_attrs` wants another kind of server.
    pub(super) fn not_as_wanted(&self, wanted: SessionAttributes) -> Failure {
        ConnectError::SessionAttributes { place: self.place(), wanted: wanted.word() }.into()
    }

    /// What the driver reports while the session starts.
    pub(super) fn session(&self, error: &tokio_postgres::Error, over_tls: bool, ear: &Ear) -> Failure {
        if let Some(said) = error.as_db_error() {
            return self.said(said, over_tls);
        }
        let error = ear.with(|heard| self.driver(error, heard));
        Failure { error, over_tls, refuses_parameter: false }
    }

    fn said(&self, said: &DbError, over_tls: bool) -> Failure {
        let message = said.message().to_ascii_lowercase();
        let refuses_parameter = message.contains("unsupported startup parameter") || message.contains("command-line options");
        Failure { error: explain_server::explain(self, said), over_tls, refuses_parameter }
    }

    fn driver(&self, error: &tokio_postgres::Error, heard: &Heard) -> ConnectError {
        if let Some(method) = heard.forbidden {
            return ConnectError::Authentication {
                place: self.place(),
                reason: format!("the server asks for the method `{}`", method.word()),
                hint: "require_auth does not allow it; if you trust this server, allow it there".to_owned(),
            };
        }
        if let Some(what) = stranger::recognise(&heard.first) {
            return self.stranger(what);
        }
        if let Some(cause) = error.source().and_then(tls_cause) {
            return self.tls(cause);
        }
        let kind = error.to_string();
        let reason = error.source().map_or_else(|| kind.clone(), |source| tidy(&source.to_string()));
        if kind.starts_with("invalid configuration") && reason.contains("password missing") {
            return ConnectError::NoPassword { place: self.place(), password_file: self.target.password_file.clone() };
        }
        if kind.starts_with("authentication error") {
            return ConnectError::Authentication { place: self.place(), hint: hints::authentication(&reason), reason };
        }
        if kind.starts_with("error performing TLS handshake") {
            return ConnectError::Tls { place: self.place(), reason, hint: hints::tls() };
        }
        if kind.starts_with("unexpected message") || kind.starts_with("error parsing response") {
            return self.stranger(NO_PROTOCOL.to_owned());
        }
        match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
            // The driver's own complaints about the shape of a message.
            Some(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                self.stranger(NO_PROTOCOL.to_owned())
            }
            Some(error) => self.broken(error).error,
            None => self.broken(&io::ErrorKind::UnexpectedEof.into()).error,
        }
    }

    fn tls(&self, cause: &rustls::Error) -> ConnectError {
        let place = self.place();
        let host = self.host.name();
        let certificate = |reason: String, hint: String| ConnectError::Certificate { place: self.place(), reason, hint };
        match cause {
            rustls::Error::InvalidCertificate(error) => {
                let (reason, hint) = certificate_reason(error, &host);
                certificate(reason, hint)
            }
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::CertificateRequired
                | AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateRevoked
                | AlertDescription::UnsupportedCertificate),
            ) => certificate(
                format!("the server does not accept our client certificate ({alert:?})"),
                "give the certificate and key that it expects with sslcert and sslkey".to_owned(),
            ),
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => ConnectError::Tls {
                place,
                reason: "both sides have no TLS version or cipher in common".to_owned(),
                hint: "TLS 1.2 or 1.3 is needed (ssl_min_protocol_version of the server)".to_owned(),
            },
            rustls::Error::InvalidMessage(_) => {
                ConnectError::Tls { place, reason: "the other side does not answer in TLS".to_owned(), hint: hints::tls() }
            }
            other => ConnectError::Tls { place, reason: tidy(&other.to_string()), hint: hints::tls() },
        }
    }
}

/// rustls' error inside an I/O error.
fn tls_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()
}

fn certificate_reason(error: &CertificateError, host: &str) -> (String, String) {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "the server's certificate has expired".to_owned(),
            "renew it; until then sslmode=require connects without checking it".to_owned(),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("the server's certificate is not valid yet".to_owned(), "check the clocks of both machines".to_owned())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("the server's certificate is not for {host}{}", presented_names(error)),
            "connect by a name that it carries, or use sslmode=verify-ca, which does not compare the name".to_owned(),
        ),
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ("the server's certificate was not signed by an authority in the root certificate file".to_owned(), hints::authority(host))
        }
        CertificateError::Revoked => {
            ("the server's certificate has been revoked".to_owned(), "ask whoever runs the server for a new one".to_owned())
        }
        other => (format!("the server's certificate cannot be verified ({})", tidy(&other.to_string())), hints::authority(host)),
    }
}

/// The names that the certificate carries, as rustls reports them.
fn presented_names(error: &CertificateError) -> String {
    match error {
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            let names: Vec<String> = presented.iter().take(5).map(|name| tidy(&inner_name(name))).collect();
            format!(" but for {}", names.join(", "))
        }
        _ => String::new(),
    }
}

/// `DnsName("a")` without the wrapping.
fn inner_name(name: &str) -> String {
    name.split('"').nth(1).map_or_else(|| name.to_owned(), str::to_owned)
}

/// Text from the other side: without control characters, and not longer than a sentence.
pub(super) fn tidy(text: &str) -> String {
    let clean: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(300).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}
