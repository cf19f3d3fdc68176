//! From a connection string to an open connection, the way libpq does it: URIs and `key=value` strings, `PG*` variables,
//! service and password files, unix sockets, several hosts, TLS in all its modes.
//!
//! What is asked of the server afterwards is decided elsewhere. Nothing here ever changes a setting of a session: a
//! transaction pooler would hand it on to somebody else.

mod authentication;
mod cancel;
mod certificates;
mod connection;
mod dial;
mod environment;
mod error;
mod explain;
mod explain_server;
mod hints;
mod limits;
mod negotiate;
mod open;
mod parameters;
mod password_file;
mod resolve;
mod resolve_tls;
mod service_file;
mod stranger;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod version;

pub use authentication::{AllowedMethods, Method};
pub use cancel::Cancel;
pub use connection::Connection;
pub use environment::Environment;
pub use error::ConnectError;
pub use limits::Limits;
pub use open::connect;
pub use target::{
    ChannelBinding, ClientCertificate, ConnectTarget, Host, Password, Place, RootCertificates, SessionAttributes, SslMode, TlsOptions,
};
pub use version::{NEWEST_MAJOR, OLDEST_MAJOR, check_supported};

/// Understands a connection string (`postgres://…`, `postgresql://…` or `key=value …`; empty takes everything from the
/// environment) the way libpq does.
pub fn parse(text: &str, env: &Environment) -> Result<ConnectTarget, ConnectError> {
    resolve::resolve(text::split(text)?, env)
}
