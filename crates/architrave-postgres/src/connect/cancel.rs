//! Cancelling the running query of a connection from outside.

use std::fmt;

use tokio_postgres::{CancelToken, NoTls};

use super::ConnectError;

/// Cancels whatever the connection runs at the moment it arrives; harmless when nothing runs.
#[derive(Clone)]
pub struct Cancel {
    pub(super) token: CancelToken,
}

impl Cancel {
    /// Asks the server to cancel. `Ok` means that the request was sent, not that something was cancelled.
    pub async fn cancel(&self) -> Result<(), ConnectError> {
        let reason =
            |error: tokio_postgres::Error| ConnectError::Broken { place: String::new(), reason: error.to_string(), hint: String::new() };
        self.token.cancel_query(NoTls).await.map_err(reason)
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancel")
    }
}
