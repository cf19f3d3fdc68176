//! Runs scripts statement by statement, in transactions as the project's own runner would, and keeps going after a failure.

use super::confine::{Confined, connect};
use super::error::ReplayError;
use super::remedy::{Refusal, StandIns, refusal};
use super::{Prelude, ReplayOptions};
use crate::platform::supabase::EXPLICIT_GRANTS;
use crate::server::{Database, Progress};
use architrave_model::project::ProjectDatabase;
use architrave_model::review::{FailedStatement, Replay};
use architrave_model::script::{Location, Script, Statement, StatementKind, TransactionMode};
use std::collections::BTreeMap;
use tokio_postgres::{Client, Config, NoTls};

/// How often a refused statement is helped and tried again.
const REMEDIES: usize = 6;

/// What a script leaves in its session and the next one does not find.
pub const SESSION_AS_NEW: &str = "reset all; reset session authorization; reset role; unlisten *; discard temp";

pub(super) struct Runner<'a> {
    pub(super) client: Client,
    /// How to get another session when a script ends this one.
    config: Config,
    stand_ins: StandIns,
    options: &'a ReplayOptions,
    pub(super) report: Replay,
    skipped: BTreeMap<String, u32>,
    /// New objects of `public` need a GRANT from here on.
    explicit_grants: bool,
    pub(super) in_transaction: bool,
}

pub(super) async fn run(
    server: &Confined<'_>,
    database: &Database,
    project: &ProjectDatabase,
    options: &ReplayOptions,
    progress: &dyn Progress,
) -> Result<Replay, ReplayError> {
    let stand_ins = StandIns::install(&server.admin(database).await?, options.prelude, &project.scripts).await?;
    let mut runner = Runner::open(database.config(), stand_ins, options).await?;
    let total: usize = project.scripts.iter().map(|s| s.statements.len()).sum();
    progress.begin("replaying migrations", u64::try_from(total).ok());
    let mut number = 0;
    for script in &project.scripts {
        runner.script(script, number, progress).await?;
        number += script.statements.len();
    }
    if runner.in_transaction {
        runner.commit(project.scripts.last()).await;
    }
    progress.end();
    Ok(runner.finish(project))
}

impl<'a> Runner<'a> {
    pub(super) async fn open(config: Config, stand_ins: StandIns, options: &'a ReplayOptions) -> Result<Self, ReplayError> {
        Ok(Self::on(connect(&config).await?, config, stand_ins, options))
    }

    /// On a session that is open already.
    pub(super) fn on(client: Client, config: Config, stand_ins: StandIns, options: &'a ReplayOptions) -> Self {
        let report = Replay { executed: true, ..Replay::default() };
        Self { client, config, stand_ins, options, report, skipped: BTreeMap::new(), explicit_grants: false, in_transaction: false }
    }
}

impl Runner<'_> {
    pub(super) async fn script(&mut self, script: &Script, first: usize, progress: &dyn Progress) -> Result<(), ReplayError> {
        self.enter(script).await;
        for (offset, statement) in script.statements.iter().enumerate() {
            self.statement(script, statement, first + offset).await?;
            progress.advance(1);
        }
        self.leave(script).await;
        Ok(())
    }

    /// Opens the transaction that the runner wraps a script in.
    pub(super) async fn enter(&mut self, script: &Script) {
        if let Prelude::Supabase { grants } = self.options.prelude
            && !self.explicit_grants
            && grants.turns_at(&script.version)
        {
            self.explicit_grants = self.client.batch_execute(EXPLICIT_GRANTS).await.is_ok();
        }
        if script.transaction != TransactionMode::PerStatement && !self.in_transaction {
            self.begin().await;
        }
    }

    /// Ends it, unless the next script shares it.
    pub(super) async fn leave(&mut self, script: &Script) {
        if self.in_transaction && script.transaction != TransactionMode::AllFiles {
            self.commit(Some(script)).await;
        }
        self.reset().await;
    }

    pub(super) async fn begin(&mut self) {
        if self.client.is_closed()
            && let Ok(client) = connect(&self.config).await
        {
            // What ended the session has failed, and its failure was told.
            self.client = client;
        }
        self.in_transaction = self.client.batch_execute("begin; savepoint architrave").await.is_ok();
    }

    pub(super) async fn commit(&mut self, script: Option<&Script>) {
        self.in_transaction = false;
        if let Err(error) = self.client.batch_execute("commit").await
            && let Some(script) = script
            && let Some(last) = script.statements.last()
        {
            self.fail(script, last, &refusal(&error));
        }
    }

    /// The next script starts with a session as the runner gives it: settings and temporary tables of the last one are gone.
    pub(super) async fn reset(&mut self) {
        if !self.in_transaction {
            // A script can have left the session in any state; what cannot be reset is met by the next statement.
            let _reset = self.client.batch_execute(SESSION_AS_NEW).await;
        }
    }

    pub(super) async fn statement(&mut self, script: &Script, statement: &Statement, number: usize) -> Result<(), ReplayError> {
        match &statement.kind {
            StatementKind::Begin => {
                if !self.in_transaction {
                    self.begin().await;
                }
                self.report.applied += 1;
            }
            StatementKind::Commit => {
                let again = script.transaction != TransactionMode::PerStatement;
                if self.in_transaction {
                    self.commit(Some(script)).await;
                }
                if again {
                    self.begin().await;
                }
                self.report.applied += 1;
            }
            StatementKind::Rollback => {
                if self.in_transaction {
                    let _undone = self.client.batch_execute("rollback").await;
                    self.begin().await;
                }
                self.report.applied += 1;
            }
            StatementKind::PsqlCommand => self.skip("psql commands"),
            StatementKind::Template { .. } => self.skip("templates whose values the project does not tell"),
            StatementKind::CopyData { .. } => self.skip("COPY data (a review needs no rows)"),
            // In a text that a driver sends: the server would wait for data that nobody has, and the session would be lost.
            StatementKind::Data if copies_from_the_client(&statement.text) => self.skip("COPY data (a review needs no rows)"),
            StatementKind::CreateExtension { name, schema } => {
                let text = self.stand_ins.create_extension(name, schema.as_deref());
                self.execute(script, statement, &text, number).await?;
            }
            StatementKind::NonTransactional => {
                let wrapped = self.in_transaction;
                if wrapped {
                    self.commit(Some(script)).await;
                }
                self.execute(script, statement, &statement.text, number).await?;
                if wrapped {
                    self.begin().await;
                }
            }
            StatementKind::ClusterWide | StatementKind::Data | StatementKind::Definition => {
                self.execute(script, statement, &statement.text, number).await?;
            }
        }
        Ok(())
    }

    fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_insert(0) += 1;
    }

    async fn execute(&mut self, script: &Script, statement: &Statement, text: &str, number: usize) -> Result<(), ReplayError> {
        let Err(first) = self.attempt(script, statement, text, number).await? else {
            self.report.applied += 1;
            return Ok(());
        };
        // A block may name several roles, of which it misses one after the other.
        let (mut refusal, mut text) = (first, text.to_owned());
        for _ in 0..REMEDIES {
            let Some((help, retry)) = self.stand_ins.remedy(&refusal, &text) else { break };
            if let Some(note) = self.stand_ins.note(&refusal, &text) {
                self.skip(&note);
            }
            if let Some(help) = help {
                // The remedy is ours; when it fails the retry fails with the statement's own error.
                let _helped = self.client.batch_execute(&help).await;
                if self.in_transaction {
                    let _kept = self.client.batch_execute("release savepoint architrave; savepoint architrave").await;
                }
            }
            let Err(next) = self.attempt(script, statement, &retry, number).await? else {
                self.report.applied += 1;
                return Ok(());
            };
            let is_same = next == refusal;
            (refusal, text) = (next, retry);
            if is_same {
                break;
            }
        }
        self.refused(script, statement, &refusal);
        Ok(())
    }

    /// One try; on failure the transaction is back at the savepoint. The outer error is a lost server.
    async fn attempt(
        &mut self,
        script: &Script,
        statement: &Statement,
        text: &str,
        number: usize,
    ) -> Result<Result<(), Refusal>, ReplayError> {
        let mark = if self.in_transaction {
            format!("release savepoint architrave; savepoint architrave; select set_config('architrave.statement', '{number}', false)")
        } else {
            format!("select set_config('architrave.statement', '{number}', false)")
        };
        let answer = self.send(&mark, text).await;
        let Err(error) = answer else { return Ok(Ok(())) };
        if self.client.is_closed() {
            let lost = ReplayError::Lost { place: format!("{}:{}", script.path, statement.line) };
            // A statement may end its own session; the server that answers again is as good as before.
            self.client = connect(&self.config).await.map_err(|_| lost)?;
            if self.in_transaction {
                self.begin().await;
            }
            return Ok(Err(refusal(&error)));
        }
        if self.in_transaction && self.client.batch_execute("rollback to savepoint architrave").await.is_err() {
            // The statement itself ended the transaction (a COMMIT inside a procedure or a multi-statement text).
            let _ended = self.client.batch_execute("rollback").await;
            self.begin().await;
        }
        let mut refusal = refusal(&error);
        if refusal.sqlstate == "57014" {
            refusal.message = format!("still running after {} s and cancelled", self.options.statement_limit.as_secs());
        }
        Ok(Err(refusal))
    }

    /// The mark and the statement in one round trip, within the time limit.
    async fn send(&self, mark: &str, text: &str) -> Result<(), tokio_postgres::Error> {
        let cancel = self.client.cancel_token();
        let mut both = Box::pin(async {
            let (marked, answer) = futures_util::future::join(self.client.batch_execute(mark), self.client.batch_execute(text)).await;
            marked.and(answer)
        });
        if let Ok(answer) = tokio::time::timeout(self.options.statement_limit, &mut both).await {
            return answer;
        }
        let _asked = cancel.cancel_query(NoTls).await;
        both.await
    }

    fn refused(&mut self, script: &Script, statement: &Statement, refusal: &Refusal) {
        let managed = matches!(self.options.prelude, Prelude::None | Prelude::Sqlx);
        // Rows, and foreign keys over rows, that lean on rows which are not here.
        let leans_on_rows = refusal.sqlstate.starts_with("23") && statement.kind == StatementKind::Data || refusal.sqlstate == "23503";
        // The mark before each statement is a query, and the replay has nobody to be isolated from.
        let isolation = refusal.sqlstate == "25001" && statement.text.trim_start().to_ascii_lowercase().starts_with("set transaction");
        // A role that earlier statements name and that was made for them: the script that makes it comes later.
        let ours = |role: &str| self.skipped.keys().any(|k| k.starts_with(&format!("role {role} is expected to exist")));
        let made_by_us =
            refusal.sqlstate == "42710" && refusal.message.strip_prefix("role \"").and_then(|m| m.split('"').next()).is_some_and(ours);
        if made_by_us {
            self.skip("makes a role that earlier statements expected and that was made for them");
        } else if isolation {
            self.skip("SET TRANSACTION, which has no effect on a replay");
        } else if leans_on_rows && self.skipped.keys().any(|k| k.starts_with("COPY") || k.starts_with("psql")) {
            self.skip("needs rows of a COPY that was not loaded");
        } else if refusal.sqlstate == "42501" && managed {
            self.skip("needs a superuser, which scripts never get here");
        } else {
            self.fail(script, statement, refusal);
        }
    }

    fn fail(&mut self, script: &Script, statement: &Statement, refusal: &Refusal) {
        self.report.failed.push(FailedStatement {
            location: Location { path: script.path.clone(), line: statement.line, column: statement.column },
            sqlstate: refusal.sqlstate.clone(),
            message: refusal.message.clone(),
            statement: statement.text.clone(),
        });
    }

    fn finish(mut self, project: &ProjectDatabase) -> Replay {
        self.report.scripts = u32::try_from(project.scripts.len()).unwrap_or(u32::MAX);
        self.report.stubbed_extensions = self.stand_ins.into_stubbed();
        self.report.skipped = self.skipped.into_iter().collect();
        self.report
    }
}

/// `COPY … FROM STDIN`.
fn copies_from_the_client(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_lowercase);
    words.next().as_deref() == Some("copy") && words.any(|word| word.trim_end_matches(';') == "stdin")
}
