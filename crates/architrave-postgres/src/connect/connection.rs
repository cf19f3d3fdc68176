//! An open connection: the client, what the server said of itself, and a clean end.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::cancel::Cancel;
use super::{ConnectError, version};
use crate::platform::detect;

/// How long a closing connection may take to say good-bye before it is cut.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection that is ready for queries. Dropping it cancels what still runs on the server and ends it;
/// [`Connection::close`] waits for that.
#[derive(Debug)]
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Cancels the running query from another task.
    pub cancel: Cancel,
    /// What the server reported at the start: `server_version`, `in_hot_standby` …
    pub parameters: BTreeMap<String, String>,
    /// The session is encrypted.
    pub tls: bool,
    /// Process id that the other side gave us. A pooler makes it up, so it differs from `pg_backend_pid()`.
    pub protocol_pid: Option<i32>,
    /// The host that answered: `postgres://user@host:5432/db`.
    pub place: String,
    /// Name of that host, or the directory of its socket.
    pub host: String,
    /// Port of that host.
    pub port: u16,
    /// What was read or done differently from what the user may expect; one sentence each.
    pub notes: Vec<String>,
    pub(super) driver: Option<JoinHandle<()>>,
}

impl Connection {
    /// `server_version` as reported, for example `15.18 (Debian 15.18-0+deb12u1)`.
    pub fn server_version(&self) -> &str {
        self.parameters.get("server_version").map_or("", String::as_str)
    }

    /// `server_version` as a number, like `server_version_num`: 150018; `None` when the server reported none.
    pub fn version_num(&self) -> Option<u32> {
        version::number(self.server_version())
    }

    /// Whether architrave reads this server, by what it reported at the start; a note where one is needed. Only a server that
    /// seems too old is asked for its `version()`, because other products call themselves by old versions.
    pub async fn check_supported(&self) -> Result<Option<String>, ConnectError> {
        if let Some(product) = detect::fork_by_parameter(&self.parameters) {
            return Err(ConnectError::Fork { product: product.to_owned() });
        }
        let reported = self.server_version();
        let Some(number) = self.version_num() else { return version::check_supported(u32::MAX, reported).map(|_| None) };
        match version::check_supported(number, reported) {
            Err(ConnectError::TooOld { .. }) => version::check_supported(number, &self.version_text().await),
            other => other,
        }
    }

    /// `version()`; empty when the server does not say.
    async fn version_text(&self) -> String {
        let answer = self.client.simple_query("SELECT version()").await.unwrap_or_default();
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten(),
            _ => None,
        });
        row.unwrap_or_default().to_owned()
    }

    /// Ends the session and waits until the server has been told (at most a few seconds).
    pub async fn close(mut self) {
        let driver = self.driver.take();
        let cancel = self.cancel.clone();
        drop(self);
        if let Some(driver) = driver {
            end(driver, cancel).await;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(driver) = self.driver.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(end(driver, self.cancel.clone()))),
            Err(_) => driver.abort(),
        }
    }
}

/// The client is gone: an idle driver says good-bye by itself; a busy one has its query cancelled first.
async fn end(mut driver: JoinHandle<()>, cancel: Cancel) {
    if tokio::time::timeout(FAREWELL / 4, &mut driver).await.is_ok() {
        return;
    }
    let farewell = async {
        // The server may be gone; the session is cut below in any case.
        let _ = cancel.cancel().await;
        let _ = (&mut driver).await;
    };
    if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
        driver.abort();
    }
}
