//! Scripts played one at a time on a database of ours, for who looks at the database between them: the same remedies, limits and transactions as in a
//! replay, without a note of which statement made what.

use super::ReplayOptions;
use super::confine::{Confined, connect};
use super::error::ReplayError;
use super::remedy::StandIns;
use super::runner::Runner;
use crate::server::{Database, NoProgress};
use architrave_model::review::FailedStatement;
use architrave_model::script::{Script, Statement, StatementKind};
use tokio_postgres::{Client, SimpleQueryMessage};

/// Schema of the functions that a stage brings along; readers of a staged database leave it out.
pub const STAGE_SCHEMA: &str = "architrave_replay";

/// Savepoint of [`Stage::mark`].
const MARK: &str = "architrave_mark";

/// A session as the ordinary role `postgres` that plays scripts.
pub struct Stage<'a> {
    runner: Runner<'a>,
}

/// A transaction of a [`Stage`] came to its end or could not go on.
pub type Played = Result<(), FailedStatement>;

impl<'a> Stage<'a> {
    /// Opens a session on a database of a confined server. `scripts` are all that will be played: a schema that one of them makes is not made for
    /// the others.
    pub async fn open(
        server: &Confined<'_>,
        database: &Database,
        scripts: &[Script],
        options: &'a ReplayOptions,
    ) -> Result<Self, ReplayError> {
        let client = connect(&database.config()).await?;
        let stand_ins = if is_ready(&client).await? {
            StandIns::there(&client, scripts).await?
        } else {
            let admin = server.admin(database).await?;
            admin.batch_execute(include_str!("tracker.sql")).await.map_err(ReplayError::own("set up the database for the scripts"))?;
            StandIns::install(&admin, options.prelude, scripts).await?
        };
        Ok(Self { runner: Runner::on(client, database.config(), stand_ins, options) })
    }

    /// The session. What is run here must leave the transaction as it was.
    pub fn client(&self) -> &Client {
        &self.runner.client
    }

    /// The same, for readers of the catalogue.
    pub fn client_mut(&mut self) -> &mut Client {
        &mut self.runner.client
    }

    /// Plays a whole script as its runner would, going on after a failure as a replay does; what failed comes back. The outer error is a lost server.
    pub async fn play(&mut self, script: &Script) -> Result<Vec<FailedStatement>, ReplayError> {
        self.runner.script(script, 0, &NoProgress).await?;
        Ok(std::mem::take(&mut self.runner.report.failed))
    }

    /// Opens the transaction that the runner wraps a script in; [`Self::step`] and [`Self::leave`] follow.
    pub async fn enter(&mut self, script: &Script) {
        self.runner.enter(script).await;
    }

    /// Plays one statement as the runner would; after a failure the transaction is as it was before.
    pub async fn step(&mut self, script: &Script, statement: &Statement) -> Result<Played, ReplayError> {
        self.runner.statement(script, statement, 0).await?;
        Ok(self.first_failure())
    }

    /// Ends the script, and its transaction unless the next one shares it.
    pub async fn leave(&mut self, script: &Script) -> Played {
        self.runner.leave(script).await;
        self.first_failure()
    }

    /// Whether a transaction is open between two statements.
    pub fn is_open(&self) -> bool {
        self.runner.in_transaction
    }

    fn first_failure(&mut self) -> Played {
        std::mem::take(&mut self.runner.report.failed).into_iter().next().map_or(Ok(()), Err)
    }

    /// Commits what a script that shares its transaction with the next ones has left open.
    pub async fn settle(&mut self) {
        if self.runner.in_transaction {
            self.runner.commit(None).await;
        }
    }

    /// Opens a transaction for [`Self::play_within`].
    pub async fn begin(&mut self) {
        self.runner.begin().await;
    }

    /// Plays statements in the open transaction and stops at the first that fails. All of them must be able to run in one: see [`fits_transaction`].
    pub async fn play_within(&mut self, script: &Script, statements: &[Statement]) -> Result<Played, ReplayError> {
        for statement in statements {
            self.runner.statement(script, statement, 0).await?;
            if let Err(failed) = self.first_failure() {
                return Ok(Err(failed));
            }
        }
        Ok(Ok(()))
    }

    /// Marks a place in the open transaction; nothing else may be marked.
    pub async fn mark(&mut self) -> Result<(), ReplayError> {
        let both = format!("savepoint {MARK}; savepoint architrave");
        self.runner.client.batch_execute(&both).await.map_err(ReplayError::own("mark a place in a transaction"))
    }

    /// Goes back to the marked place; a transaction that a statement has ended behind our back is an error.
    pub async fn return_to_mark(&mut self) -> Result<(), ReplayError> {
        let back = format!("rollback to savepoint {MARK}; release savepoint {MARK}");
        self.runner.client.batch_execute(&back).await.map_err(ReplayError::own("go back to a place in a transaction"))
    }

    /// Commits the open transaction; an error is a deferred constraint's.
    pub async fn commit(&mut self, script: &Script) -> Played {
        self.runner.commit(Some(script)).await;
        self.runner.reset().await;
        self.first_failure()
    }

    /// Gives the open transaction up.
    pub async fn roll_back(&mut self) {
        self.runner.in_transaction = false;
        // With the connection gone, the next statement says so.
        let _undone = self.runner.client.batch_execute("rollback").await;
        self.runner.reset().await;
    }
}

/// Sends messages of simple queries without waiting for the answers in between, and collects them in order.
pub async fn ask_all(client: &Client, messages: &[String]) -> Vec<Result<Vec<SimpleQueryMessage>, tokio_postgres::Error>> {
    futures_util::future::join_all(messages.iter().map(|message| client.simple_query(message))).await
}

/// Whether all statements can run inside a transaction that somebody else opened.
pub fn fits_transaction(statements: &[Statement]) -> bool {
    let fits = |kind: &StatementKind| {
        !matches!(kind, StatementKind::NonTransactional | StatementKind::Begin | StatementKind::Commit | StatementKind::Rollback)
    };
    statements.iter().all(|s| fits(&s.kind))
}

/// Whether the database has what scripts need, from an earlier session or the database that it was copied from.
pub(super) async fn is_ready(client: &Client) -> Result<bool, ReplayError> {
    Ok(first_value(client, "select pg_catalog.to_regclass('architrave_replay.stub') is not null").await?.as_deref() == Some("t"))
}

async fn first_value(client: &Client, sql: &str) -> Result<Option<String>, ReplayError> {
    let answer = client.simple_query(sql).await.map_err(ReplayError::own("set up the database for the scripts"))?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
