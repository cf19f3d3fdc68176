//! Replays a project's scripts on a private server: statement by statement, in the runner's order, as an ordinary role.
//!
//! Scripts are somebody else's code. They never run as superuser (`COPY … TO PROGRAM`, C functions and server files are out of
//! reach), never on anything but the private server, and each statement has a time limit.

pub(crate) mod confine;
mod error;
pub(crate) mod extension;
mod prelude;
mod remedy;
mod runner;
mod script_session;
mod stage;
mod tracker;

#[cfg(test)]
pub(crate) mod tests;

pub use confine::{ADMIN, Confined, TEMPORARY_FILES};
pub use error::ReplayError;
pub use prelude::Prelude;
pub use remedy::Refusal;
pub use runner::SESSION_AS_NEW;
pub use script_session::{Attempt, ScriptSession};
pub use stage::{Played, STAGE_SCHEMA, Stage, ask_all, fits_transaction};

use crate::platform::supabase::ACTING_ROLE;
use crate::server::{Database, PrivateServer, Progress};
use architrave_model::origin::Origins;
use architrave_model::project::ProjectDatabase;
use architrave_model::review::Replay;
use std::time::Duration;

/// How to replay.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// What to set up before the first script.
    pub prelude: Prelude,
    /// Longest time for one statement.
    pub statement_limit: Duration,
    /// Note which statement makes what; costs about a millisecond for each statement of DDL.
    pub track: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self { prelude: Prelude::None, statement_limit: Duration::from_mins(1), track: true }
    }
}

/// A replayed project: the database it made, and how it went.
#[derive(Debug)]
pub struct Replayed {
    /// The database, owned by the role `postgres`.
    pub database: Database,
    /// How it went.
    pub report: Replay,
    /// Which statement made and changed what.
    pub origins: Origins,
}

/// Replays all scripts of one project database into a new database of the server.
pub async fn replay(
    server: &Confined<'_>,
    project: &ProjectDatabase,
    options: &ReplayOptions,
    progress: &dyn Progress,
) -> Result<Replayed, ReplayError> {
    let database = server.create_database("replay").await?;
    server.prepare(&database, options.prelude).await?;
    if let Some(schema) = &project.default_schema {
        server.use_schema(&database, schema).await?;
    }
    let tracker = tracker::Tracker::install(server, &database, options.track).await?;
    let outcome = runner::run(server, &database, project, options, progress).await?;
    let origins = tracker.finish(project).await?;
    let mut report = outcome;
    report.server_version = version_text(server.server());
    report.prelude = options.prelude.title();
    Ok(Replayed { database, report, origins })
}

/// Runs more scripts on a database of the server as a replay would, and notes nothing of what they make.
pub async fn resume(
    server: &Confined<'_>,
    database: &Database,
    project: &ProjectDatabase,
    options: &ReplayOptions,
    progress: &dyn Progress,
) -> Result<Replay, ReplayError> {
    let tracker = tracker::Tracker::install(server, database, false).await?;
    let outcome = runner::run(server, database, project, options, progress).await;
    tracker.finish(project).await?;
    let mut report = outcome?;
    report.server_version = version_text(server.server());
    Ok(report)
}

fn version_text(server: &PrivateServer) -> String {
    let number = server.version_num();
    format!("{}.{}", number / 10_000, number % 10_000)
}

/// A new database in which `scripts` have run, for provers that ask what comes after them; what failed comes back beside it.
pub async fn lay_ground(
    server: &Confined<'_>,
    scripts: &[architrave_model::script::Script],
    options: &ReplayOptions,
) -> Result<(Database, Vec<architrave_model::review::FailedStatement>), ReplayError> {
    let database = server.create_database("ground").await?;
    server.prepare(&database, options.prelude).await?;
    let mut stage = Stage::open(server, &database, scripts, options).await?;
    let mut failed = Vec::new();
    for script in scripts {
        failed.extend(stage.play(script).await?);
    }
    stage.settle().await;
    Ok((database, failed))
}

/// Takes what belongs to us rather than to the project out of a catalogue read from a confined server.
pub fn without_own_objects(catalog: &mut architrave_model::Catalog) {
    let own = |name: &str| name == ADMIN || name == ACTING_ROLE;
    catalog.roles.retain(|role| !own(&role.name));
    catalog.memberships.retain(|m| !own(&m.role) && !own(&m.member));
    for extension in &mut catalog.extensions {
        extension.stub = extension.version == "stub";
    }
}
