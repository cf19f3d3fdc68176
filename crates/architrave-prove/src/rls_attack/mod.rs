//! Attack on row level security: who is meant to see what, rows of two tenants, and what each actor reaches on a private server.

mod arena;
mod book;
mod case;
pub mod evidence;
mod fault;
pub mod intent;
mod matrix;
mod meaning;
mod mutation;
mod oracle;
mod outcomes;
mod parameters;
mod privileges;
pub mod scene;
mod search;
mod shrink;
mod statements;
mod written;

#[cfg(test)]
mod tests;

use crate::{Deadline, ProveError};
use architrave_model::Catalog;
use architrave_model::access::{AttackReport, Intent, Stated};
use architrave_model::context::Exposure;
use architrave_model::coverage::Gap;
use architrave_model::origin::Origins;
use architrave_postgres::DriverError;
use architrave_postgres::replay::{Confined, ReplayError};
use architrave_postgres::server::{Database, Progress, ServerError};
use scene::Scene;
use std::time::Duration;

/// As it stands in `proof.by`.
pub const NAME: &str = "rls-attack";

/// Longest refresh of a materialized view, in seconds.
const REFRESH: u32 = 5;

/// How far an attack goes.
#[derive(Debug, Clone)]
pub struct AttackOptions {
    /// Longest way in, in statements of the attacker; 1 searches no further than the matrix.
    pub depth: usize,
    /// Longest time for everything: the rows, what is tried with them, and the changed policies. What is not reached is not decided.
    pub time_limit: Duration,
    /// Longest time for one statement.
    pub statement_limit: Duration,
    /// Whether each policy is taken away and replaced by `true`, to see whether the attack notices.
    pub mutations: bool,
}

impl Default for AttackOptions {
    fn default() -> Self {
        Self { depth: 2, time_limit: Duration::from_mins(2), statement_limit: Duration::from_secs(2), mutations: true }
    }
}

/// What is attacked.
#[derive(Clone, Copy)]
pub struct AttackInput<'a> {
    /// The private server.
    pub server: &'a Confined<'a>,
    /// A database with the project's schema and no rows of anybody; nobody may be connected to it. The attack works on a copy.
    pub base: &'a Database,
    /// Its catalogue.
    pub catalog: &'a Catalog,
    /// Who reaches it from outside.
    pub exposure: &'a Exposure,
    /// What `architrave.toml` says is meant.
    pub stated: &'a Stated,
    /// Users come from Clerk.
    pub clerk: bool,
    /// Where the scripts make what; empty when there are no scripts.
    pub origins: &'a Origins,
}

/// An attack that broke off. What one statement does wrong is part of the report instead.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The copy could not be made.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// No session.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The rows could not be made.
    #[error(transparent)]
    Scene(#[from] ProveError),
    /// A statement of ours was refused, or the connection is gone.
    #[error("the private PostgreSQL refused to {what}: {}", crate::round_trip::refusal(source))]
    Statement {
        /// What was being done.
        what: &'static str,
        /// The server's answer.
        #[source]
        source: DriverError,
    },
    /// A question of ours was refused.
    #[error("the private PostgreSQL refused to {what}: {message}")]
    Refused {
        /// What was being done.
        what: &'static str,
        /// The server's message.
        message: String,
    },
    /// An answer did not have the expected shape.
    #[error("the private PostgreSQL's answer for {what} could not be understood: {source}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl AttackError {
    /// For `map_err`.
    pub(crate) fn doing(what: &'static str) -> impl FnOnce(DriverError) -> Self {
        move |source| Self::Statement { what, source }
    }
}

/// Infers what is meant, makes the rows of both tenants on a copy of the base, and tries everything that each actor might do.
pub async fn attack(input: &AttackInput<'_>, options: &AttackOptions, progress: &dyn Progress) -> Result<AttackReport, AttackError> {
    let intent = intent::infer(input.catalog, input.exposure, input.stated, input.clerk);
    let mut report = attack_as_meant(input, intent, options, progress).await?;
    report.gaps.extend(intent::unmatched(input.catalog, input.stated));
    report.gaps.sort();
    Ok(report)
}

/// The same for an intent that is known already.
pub async fn attack_as_meant(
    input: &AttackInput<'_>,
    intent: Intent,
    options: &AttackOptions,
    progress: &dyn Progress,
) -> Result<AttackReport, AttackError> {
    let deadline = Deadline::after(options.time_limit);
    let database = input.server.clone_database(input.base).await?;
    let admin = input.server.admin(&database).await?;
    // Half of the time at most goes into the rows: the rest is for what they are there for.
    let mut scene = scene::build(&admin, input.catalog, &intent, &deadline.half()).await?;
    refresh(&admin, input.catalog, &mut scene, &deadline).await;
    if input.catalog.table("storage", "objects").is_some() {
        // As the storage's own API does it, which checks the same policies.
        scene.setup.push("set storage.allow_delete_query = 'true'".to_owned());
    }
    let report = attack_in_scene(input, &database, admin, intent, &scene, (options, deadline), progress).await;
    drop(database);
    report
}

/// Fills materialized views with the rows of the scene, as whoever refreshes them does.
async fn refresh(admin: &architrave_postgres::Client, catalog: &Catalog, scene: &mut Scene, deadline: &Deadline) {
    for view in catalog.views.iter().filter(|v| v.materialized) {
        if let Some(why) = deadline.reached() {
            scene.gaps.push(Gap::new(format!("rows of {}", view.name), why, None));
            continue;
        }
        let sql = format!("refresh materialized view {}", view.name.sql());
        // Several statements in one message are one transaction: the limit ends with it.
        match admin.batch_execute(&format!("set local statement_timeout = '{REFRESH}s'; {sql}")).await {
            Ok(()) => scene.setup.push(sql),
            Err(error) => scene.gaps.push(Gap::new(format!("rows of {}", view.name), crate::round_trip::refusal(&error), None)),
        }
    }
}

/// Attacks rows that are there already.
async fn attack_in_scene(
    input: &AttackInput<'_>,
    database: &Database,
    admin: architrave_postgres::Client,
    intent: Intent,
    scene: &Scene,
    (options, deadline): (&AttackOptions, Deadline),
    progress: &dyn Progress,
) -> Result<AttackReport, AttackError> {
    let limits = (deadline, options.statement_limit);
    let mut arena = arena::Arena::open(&admin, database, input.catalog, &scene.actors, limits).await?;
    let result = play(input, &mut arena, &intent, scene, options, progress).await;
    arena.close(input.server, admin).await;
    let mut report = result?;
    let number = input.server.server().version_num();
    report.server_version = format!("{}.{}", number / 10_000, number % 10_000);
    report.intent = intent;
    Ok(report)
}

async fn play(
    input: &AttackInput<'_>,
    arena: &mut arena::Arena,
    intent: &Intent,
    scene: &Scene,
    options: &AttackOptions,
    progress: &dyn Progress,
) -> Result<AttackReport, AttackError> {
    let case = case::Case::read(input, arena, intent, scene).await?;
    let mut book = book::Book::default();
    progress.begin("attacking row level security", None);
    matrix::fill(&case, arena, &mut book, progress).await?;
    if options.depth > 1 {
        search::search(&case, arena, &mut book, options.depth).await?;
    }
    let oracles = oracle::find(&case, arena, &mut book).await?;
    let mutations = if options.mutations { mutation::check(&case, arena).await? } else { Vec::new() };
    progress.end();
    let mut gaps: Vec<Gap> = scene.gaps.clone();
    gaps.extend(case.gaps.iter().cloned());
    let cut_short = arena.cut_short();
    if let Some(why) = &cut_short {
        let what = "cells that say so, ways of several steps, and changed policies";
        gaps.push(Gap::new(what, format!("{why}: not everything was tried"), Some("give it more time: --time 5min")));
    }
    gaps.sort();
    gaps.dedup();
    let (cells, attacks, transcripts) = book.finish();
    Ok(AttackReport {
        actors: scene.actors.clone(),
        setup: scene.setup.clone(),
        cells,
        attacks,
        oracles,
        transcripts,
        mutations,
        gaps,
        cut_short,
        ..AttackReport::default()
    })
}
