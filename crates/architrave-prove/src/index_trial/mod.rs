//! Index advice executed for real: queries before and after, what building and keeping the indexes costs, and which advice does not
//! survive.
//!
//! Works on a scratch database of a private server, filled before (`generated_rows`). Queries run as a role that may only read, in
//! read-only transactions with a time limit. To compare like with like, indexes are hidden and shown again instead of being built twice.
//! Times are this machine's: what counts is the comparison, which is why buffers and plans stand beside them.

mod indexes;
mod judge;
mod measure;
mod queue;
mod survive;
#[cfg(test)]
mod tests;
mod writes;

pub use indexes::Build;
pub use judge::{Change, Contrast, harms, judge};
pub use measure::{Measured, Measurement};
pub use writes::{WriteCost, WriteTrial};

use crate::error::ProveError;
use crate::generated_rows::owner_session;
use architrave_model::QualifiedName;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::Client;
use architrave_postgres::server::{Database, Progress};
use indexes::Placed;
use serde::Serialize;

/// The prover's name.
pub const NAME: &str = "index-trial";
/// The role that runs the queries: it may read everything and nothing else.
const READER: &str = "architrave_reader";

/// An index to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Its name; the schema is the table's.
    pub name: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// `CREATE INDEX …`; CONCURRENTLY is fine.
    pub create: String,
}

/// A query of the workload.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialQuery {
    /// `WorkloadQuery::id`.
    pub id: String,
    /// One statement, with literals.
    pub sql: String,
    /// How much it counts: calls.
    pub weight: f64,
}

/// How the trial runs.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialOptions {
    /// Runs of each query on each side; the fastest counts.
    pub runs: u32,
    /// Time limit of one run, milliseconds.
    pub statement_timeout_ms: u32,
    /// Parallel plans; off so that times compare.
    pub parallel: bool,
    /// Share of its time that a query may lose before it counts as slower.
    pub slower_by: f64,
    /// Rows that the write trial inserts and updates in each table with a new or dropped index; 0 for none.
    pub write_rows: u32,
    /// `search_path` of the queries; empty for the database's own.
    pub search_path: Vec<String>,
    /// Planner settings of the source, name and value.
    pub settings: Vec<(String, String)>,
}

impl Default for TrialOptions {
    fn default() -> Self {
        Self {
            runs: 3,
            statement_timeout_ms: 30_000,
            parallel: false,
            slower_by: 0.15,
            write_rows: 2_000,
            search_path: Vec::new(),
            settings: Vec::new(),
        }
    }
}

/// What to try.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trial {
    /// Indexes to create.
    pub create: Vec<NewIndex>,
    /// Existing indexes to drop.
    pub drop: Vec<QualifiedName>,
    /// The workload.
    pub queries: Vec<TrialQuery>,
    /// How.
    pub options: TrialOptions,
}

/// Advice that did not survive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Withdrawn {
    /// Why, a sentence.
    pub reason: String,
    /// The figures it rests on: queries with and without it.
    pub contrasts: Vec<Contrast>,
}

/// An index that was created.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexTrial {
    /// Name.
    pub name: QualifiedName,
    /// Table.
    pub table: QualifiedName,
    /// What building it took; none when the server refused.
    pub build: Option<Build>,
    /// The server's message when it refused.
    pub refused: Option<String>,
    /// Queries whose plan used it (`TrialQuery::id`), all indexes in place.
    pub used_by: Vec<String>,
    /// Those that it helped.
    pub helped: Vec<String>,
    /// Those that were slower or timed out with it.
    pub slower: Vec<String>,
    /// Queries with and without it where it was tried alone; it may stay because the gains outweigh.
    pub contrasts: Vec<Contrast>,
    /// Set when the advice to create it is withdrawn.
    pub withdrawn: Option<Withdrawn>,
}

impl IndexTrial {
    /// Whether it was built and the advice stands.
    pub fn survived(&self) -> bool {
        self.build.is_some() && self.withdrawn.is_none()
    }
}

/// An index that was taken away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DropTrial {
    /// Name.
    pub name: QualifiedName,
    /// Bytes given back.
    pub bytes: i64,
    /// Why it was not tried at all.
    pub refused: Option<String>,
    /// Queries whose plan used it before.
    pub used_by: Vec<String>,
    /// Set when the advice to drop it is withdrawn.
    pub withdrawn: Option<Withdrawn>,
}

/// A query before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryTrial {
    /// `TrialQuery::id`.
    pub id: String,
    /// Weight.
    pub weight: f64,
    /// Without the advice.
    pub before: Measured,
    /// With the advice that survived.
    pub after: Measured,
    /// What it did to the query.
    pub change: Change,
}

/// What a trial has shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TrialOutcome {
    /// Per new index, in order.
    pub indexes: Vec<IndexTrial>,
    /// Per dropped index, in order.
    pub drops: Vec<DropTrial>,
    /// Per query, in order.
    pub queries: Vec<QueryTrial>,
    /// Writes, per table with a new or dropped index that survived.
    pub writes: Vec<WriteTrial>,
    /// Weight times fastest run over the queries that ran both times, milliseconds, without the advice.
    pub before_ms: f64,
    /// The same with the advice that survived.
    pub after_ms: f64,
    /// What could not be tried, one sentence each.
    pub notes: Vec<String>,
}

/// Tries the advice on a filled scratch database of a private server, whose schema belongs to the role of [`owner_session`]. Afterwards the
/// database has the new indexes that survived; dropped ones are back.
pub async fn try_indexes(database: &Database, trial: &Trial, progress: &dyn Progress) -> Result<TrialOutcome, ProveError> {
    let admin = database.connect().await?;
    prepare(&admin, database).await?;
    let owner = owner_session(database).await?;
    let reader = database.connect_as(READER).await?;
    let mut run = Run { admin, owner, reader, trial, new: Vec::new(), old: Vec::new(), outcome: TrialOutcome::default() };
    progress.begin("running the queries without the new indexes", None);
    let before = run.measure_all(trial.options.runs).await;
    progress.end();
    let before = before?;
    progress.begin("building the indexes", None);
    let built = run.change_indexes(&before).await;
    progress.end();
    built?;
    progress.begin("running the queries with the new indexes", None);
    let survived = run.compare(before).await;
    progress.end();
    survived?;
    progress.begin("measuring writes", None);
    let written = run.writes().await;
    progress.end();
    written?;
    run.finish().await
}

/// A trial under way.
struct Run<'t> {
    /// The superuser's session: catalogue changes of our own.
    admin: Client,
    /// The owner's session: builds indexes and writes rows.
    owner: Client,
    /// Runs the queries.
    reader: Client,
    trial: &'t Trial,
    /// The new indexes, in the order of the trial; empty where the server refused.
    new: Vec<Placed>,
    /// The dropped ones.
    old: Vec<Placed>,
    outcome: TrialOutcome,
}

/// Makes the role for the queries; the same one for all databases of a server.
async fn prepare(admin: &Client, database: &Database) -> Result<(), ProveError> {
    let doing = || ProveError::doing("make a role that may only read");
    let there = format!("select count(*) from pg_catalog.pg_roles where rolname = '{READER}'");
    if crate::generated_rows::one_text(admin, &there).await.map_err(doing())?.as_deref() == Some("0") {
        let config = database.config();
        let password = config.get_password().map(|p| quote_literal(&String::from_utf8_lossy(p)));
        let password = password.map(|p| format!(" password {p}")).unwrap_or_default();
        admin.batch_execute(&format!("create role {READER} login bypassrls{password}")).await.map_err(doing())?;
    }
    let mut grants = format!("grant connect on database {} to {READER};", quote_ident(database.name()));
    let schemas = "select pg_catalog.quote_ident(nspname) from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1";
    for schema in crate::generated_rows::texts(admin, schemas).await.map_err(doing())? {
        grants.push_str(&format!("grant usage on schema {schema} to {READER}; grant select on all tables in schema {schema} to {READER};"));
    }
    admin.batch_execute(&grants).await.map_err(doing())
}

impl Run<'_> {
    async fn measure_all(&self, runs: u32) -> Result<Vec<Measured>, ProveError> {
        let mut all = Vec::with_capacity(self.trial.queries.len());
        for at in 0..self.trial.queries.len() {
            all.push(self.measure(at, runs).await?);
        }
        Ok(all)
    }

    async fn measure(&self, query: usize, runs: u32) -> Result<Measured, ProveError> {
        let query = &self.trial.queries[query];
        let measured = measure::measure(&self.reader, &query.sql, runs, &self.trial.options).await;
        measured.map_err(ProveError::doing(format!("run the query {}", query.id)))
    }

    /// Hides what is to be dropped, builds what is to be created.
    async fn change_indexes(&mut self, before: &[Measured]) -> Result<(), ProveError> {
        for name in &self.trial.drop {
            let refused = indexes::needed(&self.admin, name).await?;
            let placed = if refused.is_none() { Placed::find(&self.admin, name).await? } else { Placed::default() };
            let used_by = self.users(before, &placed);
            let bytes = placed.bytes(&self.admin).await?;
            placed.show(&self.admin, false).await?;
            self.old.push(placed);
            self.outcome.drops.push(DropTrial { name: name.clone(), bytes, refused, used_by, withdrawn: None });
        }
        for index in &self.trial.create {
            let (build, placed, refused) = match indexes::build(&self.owner, index).await? {
                Ok((build, placed)) => (Some(build), placed, None),
                Err(message) => (None, Placed::default(), Some(message)),
            };
            self.new.push(placed);
            self.outcome.indexes.push(IndexTrial {
                name: index.name.clone(),
                table: index.table.clone(),
                build,
                refused,
                used_by: Vec::new(),
                helped: Vec::new(),
                slower: Vec::new(),
                contrasts: Vec::new(),
                withdrawn: None,
            });
            self.analyze_expressions(index).await?;
        }
        Ok(())
    }

    /// Expressions have statistics only after their index was there when its table was analyzed. Other indexes need nothing, and new
    /// samples would change plans that no index changes.
    async fn analyze_expressions(&mut self, index: &NewIndex) -> Result<(), ProveError> {
        let literal = quote_literal(&index.name.sql());
        let asked = format!("select indexprs is not null from pg_catalog.pg_index where indexrelid = pg_catalog.to_regclass({literal})");
        let answer = crate::generated_rows::one_text(&self.admin, &asked).await;
        if answer.map_err(ProveError::doing(format!("look up the index {}", index.name)))?.as_deref() == Some("t")
            && let Err(error) = self.owner.batch_execute(&format!("analyze {}", index.table.sql())).await
        {
            self.outcome.notes.push(format!("{} could not be analyzed: {}", index.table, crate::round_trip::refusal(&error)));
        }
        Ok(())
    }

    /// The queries whose plan shows an index.
    fn users(&self, measured: &[Measured], placed: &Placed) -> Vec<String> {
        let queries = self.trial.queries.iter().zip(measured);
        queries.filter(|(_, m)| placed.names.iter().any(|name| m.uses(name))).map(|(q, _)| q.id.clone()).collect()
    }

    /// Shows the dropped indexes again and takes the withdrawn ones away.
    async fn finish(mut self) -> Result<TrialOutcome, ProveError> {
        for placed in &self.old {
            placed.show(&self.admin, true).await?;
        }
        for index in self.outcome.indexes.iter().filter(|i| i.withdrawn.is_some() && i.refused.is_none()) {
            let statement = format!("drop index if exists {}", index.name.sql());
            self.admin.batch_execute(&statement).await.map_err(ProveError::doing(format!("drop {}", index.name)))?;
        }
        for query in &self.outcome.queries {
            match (&query.before, &query.after) {
                (Measured::Refused(message), _) | (_, Measured::Refused(message)) => {
                    self.outcome.notes.push(format!("the query {} could not be run: {message}", query.id));
                }
                (Measured::TimedOut, Measured::TimedOut) => {
                    self.outcome.notes.push(format!("the query {} ran into the time limit with and without the indexes", query.id));
                }
                (before, after) => {
                    let limit = self.trial.options.statement_timeout_ms;
                    self.outcome.before_ms += query.weight * judge::reckoned(before, limit).unwrap_or(0.0);
                    self.outcome.after_ms += query.weight * judge::reckoned(after, limit).unwrap_or(0.0);
                }
            }
        }
        Ok(self.outcome)
    }
}
