//! The lock trace: migrations executed statement by statement on a private server, and what each locked, rewrote, read whole and kept waiting.
//!
//! Statements run as the project's own runner would run them: the same transactions, an ordinary role. A statement that fails is an outcome;
//! a savepoint lets the rest of the file go on.

mod alike;
mod alone;
mod before;
mod effect;
mod inside;
mod outside;
mod rows;
mod run;
mod throughput;

#[cfg(test)]
mod tests;

pub use throughput::{Throughput, calibrate, estimate};

use architrave_model::QualifiedName;
use architrave_model::migration::Migrations;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::review::Replay;
use architrave_model::script::Script;
use architrave_postgres::DriverError;
use architrave_postgres::read::ReadError;
use architrave_postgres::replay::{Confined, Prelude, ReplayError, ReplayOptions, replay};
use architrave_postgres::server::{Database, Progress};
use std::time::Duration;

/// The prover's name.
pub const NAME: &str = "lock-trace";

/// How to trace.
#[derive(Debug, Clone)]
pub struct TraceOptions {
    /// What to set up before the first script.
    pub prelude: Prelude,
    /// Longest time for one statement.
    pub statement_limit: Duration,
    /// Put one row of our own into empty tables that the scripts name, so that what needs fitting rows shows itself.
    pub seed_rows: bool,
    /// Read the catalogue before each script and in the end, and what statements make of it; without, the steps' catalogues are empty and their
    /// texts are not looked into.
    pub with_catalogs: bool,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { prelude: Prelude::None, statement_limit: Duration::from_secs(30), seed_rows: true, with_catalogs: true }
    }
}

/// A statement that went only after our own rows were taken away: on a real database it depends on the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsInTheWay {
    /// Index into the steps.
    pub step: usize,
    /// SQLSTATE of the first try.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
}

/// What a trace has shown.
#[derive(Debug)]
pub struct Traced {
    /// Each statement with its effect.
    pub migrations: Migrations,
    /// How the earlier scripts went, when there were some.
    pub earlier: Replay,
    /// Statements that need fitting rows.
    pub rows_in_the_way: Vec<RowsInTheWay>,
    /// Tables for which no row could be made, with the server's reason for the last try.
    pub without_row: Vec<(QualifiedName, String)>,
    /// Extensions that only stood in.
    pub stubbed_extensions: Vec<String>,
}

/// A trace that could not be made; a failing statement of the project is not among this.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The private server refused.
    #[error(transparent)]
    Server(#[from] ReplayError),
    /// The catalogue could not be read.
    #[error("the schema on the private PostgreSQL could not be read: {0}")]
    Read(#[from] ReadError),
    /// A question of ours was refused.
    #[error("the private PostgreSQL refused to {what}: {}", crate::round_trip::refusal(source))]
    Own {
        /// What we were about to do.
        what: &'static str,
        /// The server's answer.
        #[source]
        source: DriverError,
    },
    /// An answer did not have the expected shape.
    #[error("the private PostgreSQL's answer about {what} could not be understood: {source}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// Where it differs.
        #[source]
        source: serde_json::Error,
    },
}

impl TraceError {
    pub(crate) fn own(what: &'static str) -> impl FnOnce(DriverError) -> Self {
        move |source| Self::Own { what, source }
    }
}

/// Replays the `earlier` scripts the ordinary way into a new database, then traces the `pending` ones. The database comes back with the end
/// schema. Roles and databases that scripts made stay on the server until [`clean_up`].
pub async fn trace(
    server: &Confined<'_>,
    earlier: &[Script],
    pending: &[Script],
    options: &TraceOptions,
    progress: &dyn Progress,
) -> Result<(Traced, Database), TraceError> {
    let project = ProjectDatabase::new(String::new(), MigrationFormat::NumberedSql, String::new(), earlier.to_vec());
    let replayed = replay(server, &project, &replay_options(options), progress).await?;
    let mut traced = trace_on(server, &replayed.database, pending, options, progress).await?;
    traced.earlier = replayed.report;
    Ok((traced, replayed.database))
}

/// Traces the scripts on a database that is there already: a clone, a twin. What the prelude makes must be there.
pub async fn trace_on(
    server: &Confined<'_>,
    database: &Database,
    pending: &[Script],
    options: &TraceOptions,
    progress: &dyn Progress,
) -> Result<Traced, TraceError> {
    run::run(server, database, pending, options, progress).await
}

fn replay_options(options: &TraceOptions) -> ReplayOptions {
    ReplayOptions { prelude: options.prelude, statement_limit: options.statement_limit, track: false }
}

/// Roles and databases of a server at one time.
#[derive(Debug, Clone, Default)]
pub struct ClusterState {
    roles: Vec<String>,
    databases: Vec<String>,
}

const CLUSTER: &str =
    "select 'r', rolname from pg_catalog.pg_roles union all select 'd', datname from pg_catalog.pg_database order by 1, 2";

/// Takes note of the roles and databases that are there before scripts run.
pub async fn cluster_state(server: &Confined<'_>) -> Result<ClusterState, TraceError> {
    let client = server.admin_of_cluster().await?;
    let mut state = ClusterState::default();
    for (kind, name) in outside::pairs(&client, CLUSTER).await? {
        if kind == "r" { state.roles.push(name) } else { state.databases.push(name) }
    }
    Ok(state)
}

/// Drops `database`, and the roles and databases that have come since; nothing else may be at work on the server. What cannot be dropped stays.
pub async fn clean_up(server: &Confined<'_>, before: &ClusterState, database: Option<Database>) -> Result<(), TraceError> {
    use architrave_model::name::quote_ident;
    let client = server.admin_of_cluster().await?;
    let mut own: Vec<String> = Vec::new();
    if let Some(database) = &database {
        own.push(database.name().to_owned());
    }
    let now = cluster_state(server).await?;
    own.extend(now.databases.into_iter().filter(|name| !before.databases.contains(name)));
    for name in own {
        let name = quote_ident(&name);
        // Best effort: the server itself is thrown away in the end.
        let _dropped = client.batch_execute(&format!("drop database if exists {name}")).await;
    }
    for role in now.roles.into_iter().filter(|name| !before.roles.contains(name)) {
        let role = quote_ident(&role);
        let _dropped = client.batch_execute(&format!("drop owned by {role} cascade; drop role if exists {role}")).await;
    }
    Ok(())
}
