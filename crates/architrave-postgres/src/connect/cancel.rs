//! Cancelling the running query of a connection from outside.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ConnectError;
use super::dial::{Address, redial};
use super::negotiate::ask_for_tls;
use super::stream::{Ear, ListeningTls, Socket};

/// How long a cancel request may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Cancels whatever the connection runs at the moment it arrives; harmless when nothing runs.
#[derive(Clone)]
pub struct Cancel {
    pub(super) token: CancelToken,
    pub(super) address: Address,
    pub(super) tls: Option<CancelTls>,
    pub(super) place: String,
}

/// How the session was encrypted: the cancel request carries a key and is encrypted alike.
#[derive(Clone)]
pub(super) struct CancelTls {
    pub connector: MakeRustlsConnect,
    pub server_name: String,
    pub direct: bool,
}

/// Boxed so that the compiler sees that it can be sent between threads.
type Request<'a> = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send + 'a>>;

impl Cancel {
    /// Asks the server to cancel. `Ok` means that the request was sent, not that something was cancelled.
    pub async fn cancel(&self) -> Result<(), ConnectError> {
        tokio::time::timeout(LIMIT, self.send()).await.unwrap_or_else(|_| Err("no answer in time".to_owned())).map_err(|reason| {
            ConnectError::Broken { place: self.place.clone(), reason, hint: "the running query could not be cancelled".to_owned() }
        })
    }

    async fn send(&self) -> Result<(), String> {
        let mut socket = redial(&self.address, LIMIT).await.map_err(|error| error.to_string())?;
        let Some(tls) = &self.tls else {
            let request: Request<'_> = Box::pin(self.token.cancel_query_raw(socket, NoTls));
            return request.await.map_err(|error| error.to_string());
        };
        if !tls.direct && ask_for_tls(&mut socket).await.map_err(|error| error.to_string())? != b'S' {
            return Err("the server does not offer TLS any more".to_owned());
        }
        let mut connector = tls.connector.clone();
        let connect = MakeTlsConnect::<Socket>::make_tls_connect(&mut connector, &tls.server_name).map_err(|error| error.to_string())?;
        let connect = ListeningTls { connector: connect, ear: Ear::default(), allowed: None };
        let request: Request<'_> = Box::pin(self.token.cancel_query_raw(socket, connect));
        request.await.map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("place", &self.place).finish_non_exhaustive()
    }
}
