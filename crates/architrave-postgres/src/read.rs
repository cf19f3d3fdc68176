//! Reads one database into the model: catalogue, statistics, settings, in one read-only transaction that waits for nobody.

use crate::catalog::{CatalogRows, LastValues};
use crate::server::Progress;
use crate::session::{Answer, Care, NoKeys, Question, RoundTrips, Rows, Session};
use crate::settings::{self, BesideRows, SETTINGS};
use crate::stats::StatsRows;
use architrave_model::catalog::Table;
use architrave_model::platform::Server;
use architrave_model::settings::Setting;
use architrave_model::snapshot::SNAPSHOT_VERSION;
use architrave_model::{Catalog, Gap, Snapshot};
use serde::Deserialize;
use std::collections::HashMap;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

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
    /// Read only this part of the catalogue; for servers of ours, because the queries stay prepared in the session.
    pub only: Option<Scope>,
}

/// A part of a catalogue. With it come all schemas, types, extensions, event triggers and publications; roles, memberships, default privileges,
/// collations, foreign servers and subscriptions do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Object ids of the tables, views and sequences; what belongs to a table comes with it, its sequences do not.
    pub relations: Vec<u32>,
    /// Names of functions, as the catalogue has them.
    pub functions: Vec<String>,
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
            only: None,
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
    /// Nothing came from the server for longer than its own time-outs allow. The transaction may still be open over there until it
    /// notices: cancel, and drop the client.
    #[error("the server sent nothing for {seconds} s while reading {what}")]
    Silent {
        /// What was being read.
        what: String,
        /// How long nothing came.
        seconds: u64,
    },
}

/// What tells the provider and a pooler, raw: names only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlatformFacts {
    /// Names of settings with a dot or a provider's prefix.
    pub settings: Vec<String>,
    /// All role names.
    pub roles: Vec<String>,
    /// Installed extensions.
    pub extensions: Vec<String>,
    /// Functions that start with `aurora_`.
    pub functions: Vec<String>,
    /// `pg_backend_pid()`: differs from the process id of the protocol when something stands in between.
    pub backend_pid: Option<i32>,
}

/// A live target as read, with what only this crate and the report of the run need.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The model.
    pub snapshot: Snapshot,
    /// What tells the provider; `snapshot.server.platform` is left for the caller to set from it.
    pub platform: PlatformFacts,
    /// How often the server was waited for.
    pub round_trips: RoundTrips,
}

static SERVER: Question = Question::essential("the server", include_str!("session/server.sql"));
static PLATFORM: Question = Question::new("the platform", include_str!("session/platform.sql"));

impl ReadError {
    /// Whether the connection is of no more use.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Connection { .. } | Self::Silent { .. })
    }
}

/// Reads everything of a live target: catalogue, statistics, settings, and what stayed unread.
pub async fn read_snapshot(client: &mut Client, options: &ReadOptions, progress: &dyn Progress) -> Result<Snapshot, ReadError> {
    read_live(client, options, progress).await.map(|reading| reading.snapshot)
}

/// The same, with the platform's raw facts and the count of round trips.
pub async fn read_live(client: &mut Client, options: &ReadOptions, progress: &dyn Progress) -> Result<Reading, ReadError> {
    progress.begin("reading the database", None);
    let mut result = read_target(client, options).await;
    for _ in 0..ATTEMPTS {
        match &result {
            Err(ReadError::Query { source, .. }) if source.code().is_some_and(|code| *code == SqlState::INTERNAL_ERROR) => {}
            _ => break,
        }
        // Somebody dropped what our snapshot still showed, in the middle of a function that prints it: take a new snapshot.
        result = read_target(client, options).await;
    }
    progress.end();
    result
}

/// How often a whole read is begun again when objects vanish under it.
const ATTEMPTS: usize = 3;

async fn read_target(client: &Client, options: &ReadOptions) -> Result<Reading, ReadError> {
    let mut settings = Rows::new(&SETTINGS);
    let mut first: Vec<&mut (dyn Answer + 'static)> = Vec::new();
    if options.with_settings {
        first.push(&mut settings);
    }
    let mut session = Session::open(client, options, Care::Target, &mut first).await?;
    let mut parts = Parts::new(&session, options);
    let asked = parts.ask(&mut session).await;
    let (last_values, round_trips) = session.close_with(asked).await?;
    Ok(parts.assemble(session, settings, &last_values, round_trips))
}

/// The answers of a whole target.
struct Parts {
    catalog: CatalogRows,
    stats: Option<StatsRows>,
    beside_settings: Option<BesideRows>,
    server: Rows<Server, NoKeys>,
    platform: Rows<PlatformFacts, NoKeys>,
}

impl Parts {
    fn new(session: &Session<'_>, options: &ReadOptions) -> Self {
        Self {
            catalog: CatalogRows::new(),
            stats: options.with_stats.then(|| StatsRows::new(&session.opening)),
            beside_settings: options.with_settings.then(|| BesideRows::new(&session.opening)),
            server: Rows::new(&SERVER),
            platform: Rows::new(&PLATFORM),
        }
    }

    async fn ask(&mut self, session: &mut Session<'_>) -> Result<Vec<LastValues>, ReadError> {
        let mut answers: Vec<&mut (dyn Answer + 'static)> = vec![&mut self.server, &mut self.platform];
        if let Some(beside) = &mut self.beside_settings {
            answers.extend(beside.answers());
        }
        answers.extend(self.catalog.answers());
        if let Some(stats) = &mut self.stats {
            answers.extend(stats.answers());
        }
        session.ask(&mut answers).await?;
        let (last_values, gap) = self.catalog.last_values();
        session.gaps.extend(gap);
        ask_last_values(session, last_values).await
    }

    fn assemble(
        self,
        session: Session<'_>,
        settings: Rows<Setting, NoKeys>,
        last_values: &[LastValues],
        round_trips: RoundTrips,
    ) -> Reading {
        let with_settings = session.options.with_settings;
        let mut gaps = session.locked_gaps();
        gaps.extend(session.gaps);
        let server = self.server.one().unwrap_or_default();
        if with_settings && !server.role.monitor {
            let remedy = Some("grant pg_read_all_settings to this role");
            gaps.push(Gap::new("settings for superusers only", "they are hidden from this role", remedy));
        }
        let stats = self.stats.map(|stats| stats.assemble(&session.opening, &mut gaps));
        gaps.sort();
        let snapshot = Snapshot {
            snapshot_version: SNAPSHOT_VERSION,
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            masked: false,
            server,
            catalog: self.catalog.assemble(last_values),
            stats,
            settings: self.beside_settings.map(|beside| settings::build(settings, beside)),
            gaps,
        };
        Reading { snapshot, platform: self.platform.one().unwrap_or_default(), round_trips }
    }
}

async fn ask_last_values(session: &mut Session<'_>, mut batches: Vec<LastValues>) -> Result<Vec<LastValues>, ReadError> {
    if !batches.is_empty() {
        let mut answers: Vec<&mut (dyn Answer + 'static)> = Vec::with_capacity(batches.len());
        for batch in &mut batches {
            answers.push(batch);
        }
        session.ask(&mut answers).await?;
    }
    Ok(batches)
}

/// What no [`Scope`] has.
const BEYOND_SCOPE: &[&str] = &[
    "available versions of extensions",
    "subscriptions",
    "collations",
    "foreign servers",
    "roles",
    "role memberships",
    "default privileges",
];

/// Reads the catalogue only: on private servers after a replay, and inside the transactions of proofs. Anything that cannot be
/// read is an error here, and locks are waited for up to the time-out.
pub async fn read_catalog(client: &mut Client, options: &ReadOptions) -> Result<Catalog, ReadError> {
    let mut session = Session::open(client, options, Care::Private, &mut []).await?;
    let mut catalog = CatalogRows::new();
    let asked = async {
        let mut answers = catalog.answers();
        if options.only.is_some() {
            answers.retain(|answer| !BEYOND_SCOPE.contains(&answer.question().what));
        }
        session.ask(&mut answers).await?;
        ask_last_values(&mut session, catalog.last_values().0).await
    }
    .await;
    let (last_values, _) = session.close_with(asked).await?;
    Ok(catalog.assemble(&last_values))
}

/// Name of a prepared statement by which a session shows that it has those of [`read_tables`].
pub const PREPARED_TABLES: &str = crate::catalog::LAST_PREPARED;

/// Reads only these tables, inside whatever transaction the session has open, with columns, constraints and indexes and nothing else. The
/// session's search path must be `pg_catalog`. For servers of ours: it waits for locks, and prepares its queries unless `is_prepared` tells that
/// [`PREPARED_TABLES`] is there.
pub async fn read_tables(client: &Client, major: u16, oids: &[u32], is_prepared: bool) -> Result<HashMap<u32, Table>, ReadError> {
    crate::catalog::read_tables_only(client, major, oids, is_prepared).await
}

#[cfg(test)]
mod tests;
