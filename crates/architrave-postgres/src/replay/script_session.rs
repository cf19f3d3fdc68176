//! A session on which scripts are run one statement at a time by somebody who looks on: an ordinary role, a time limit, the stand-ins of a replay.

use super::ReplayOptions;
use super::confine::{Confined, connect};
use super::error::ReplayError;
use super::remedy::{Refusal, StandIns, refusal};
use super::stage::is_ready;
use crate::server::Database;
use architrave_model::script::{Script, Statement, StatementKind};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Config, NoTls};

/// How long a statement that was cancelled may take to give up before its session is ended.
const GRACE: Duration = Duration::from_secs(3);

/// How one statement went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It succeeded, in so much time.
    Done(Duration),
    /// PostgreSQL refused it.
    Refused(Refusal),
    /// It did not end within the limit and was cancelled.
    TimedOut,
    /// It took its session with it, with the server's last words; [`ScriptSession::reopen`] makes a new one.
    Lost(Refusal),
}

/// Two sessions on one database: one for the scripts, one of our own superuser that looks on.
#[derive(Debug)]
pub struct ScriptSession {
    client: Client,
    admin: Client,
    config: Config,
    process: i32,
    stand_ins: StandIns,
    limit: Duration,
    /// The schema of the stand-ins was there before, and stays.
    found: bool,
}

impl ScriptSession {
    /// Opens the sessions and sets up stand-ins; `scripts` are those that will be run. The prelude itself must be there already.
    pub async fn open(
        server: &Confined<'_>,
        database: &Database,
        options: &ReplayOptions,
        scripts: &[Script],
    ) -> Result<Self, ReplayError> {
        let admin = server.admin(database).await?;
        let own = ReplayError::own("prepare for the scripts");
        let found = is_ready(&admin).await?;
        let stand_ins = if found {
            // A copy of a database on which scripts were played.
            StandIns::there(&admin, scripts).await?
        } else {
            let sql = format!("drop schema if exists architrave_replay cascade; {}", include_str!("tracker.sql"));
            admin.batch_execute(&sql).await.map_err(own)?;
            StandIns::install(&admin, options.prelude, scripts).await?
        };
        if !options.prelude.is_supabase() {
            // No platform has made a role here: all are the scripts' own.
            let own = ReplayError::own("prepare for the scripts");
            admin.batch_execute("truncate architrave_replay.platform_role").await.map_err(own)?;
        }
        let config = database.config();
        let (client, process) = open(&config).await?;
        Ok(Self { client, admin, config, process, stand_ins, limit: options.statement_limit, found })
    }

    /// The session of the scripts.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The session of our own superuser. Never run a script's text on it.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// The same, for what needs it alone.
    pub fn admin_mut(&mut self) -> &mut Client {
        &mut self.admin
    }

    /// `pg_backend_pid()` of the scripts' session.
    pub fn process(&self) -> i32 {
        self.process
    }

    /// The text to run for a statement: its own, or that of a stand-in.
    pub fn text_of(&mut self, statement: &Statement) -> String {
        match &statement.kind {
            StatementKind::CreateExtension { name, schema } => self.stand_ins.create_extension(name, schema.as_deref()),
            _ => statement.text.clone(),
        }
    }

    /// What to run first and what to try again, for refusals that come from the private server being bare.
    pub fn remedy(&self, refusal: &Refusal, text: &str) -> Option<(Option<String>, String)> {
        self.stand_ins.remedy(refusal, text)
    }

    /// Runs `before` (a savepoint, as a rule) and the statement in one round trip, within the time limit. `before` may be empty.
    pub async fn attempt(&self, before: &str, text: &str) -> Attempt {
        let started = Instant::now();
        let cancel = self.client.cancel_token();
        let mut both = Box::pin(async {
            if before.is_empty() {
                return self.client.batch_execute(text).await;
            }
            let (marked, answer) = futures_util::future::join(self.client.batch_execute(before), self.client.batch_execute(text)).await;
            marked.and(answer)
        });
        let mut late = false;
        let answer = if let Ok(answer) = tokio::time::timeout(self.limit, &mut both).await {
            answer
        } else {
            late = true;
            let _asked = cancel.cancel_query(NoTls).await;
            if let Ok(answer) = tokio::time::timeout(GRACE, &mut both).await {
                answer
            } else {
                // It catches the cancellation and goes on.
                let end = format!("select pg_terminate_backend({})", self.process);
                let _ended = self.admin.batch_execute(&end).await;
                both.await
            }
        };
        match answer {
            Ok(()) => Attempt::Done(started.elapsed()),
            Err(_) if late => Attempt::TimedOut,
            Err(error) if self.client.is_closed() => Attempt::Lost(refusal(&error)),
            Err(error) => Attempt::Refused(refusal(&error)),
        }
    }

    /// Whether the scripts' session is gone.
    pub fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    /// A new session for the scripts; what was not committed is gone.
    pub async fn reopen(&mut self) -> Result<(), ReplayError> {
        let (client, process) = open(&self.config).await?;
        self.client = client;
        self.process = process;
        Ok(())
    }

    /// Removes what was set up here, and tells which extensions only stood in.
    pub async fn close(self) -> Result<Vec<String>, ReplayError> {
        if !self.found {
            let own = ReplayError::own("clean up after the scripts");
            self.admin.batch_execute("drop schema if exists architrave_replay cascade").await.map_err(own)?;
        }
        Ok(self.stand_ins.into_stubbed())
    }
}

async fn open(config: &Config) -> Result<(Client, i32), ReplayError> {
    let client = connect(config).await?;
    let row = client.query_one("select pg_backend_pid()", &[]).await.map_err(ReplayError::own("open a session"))?;
    let process = row.try_get(0).map_err(ReplayError::own("open a session"))?;
    Ok((client, process))
}
