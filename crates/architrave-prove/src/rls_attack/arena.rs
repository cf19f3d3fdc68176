//! Where attacks are played: a copy of the project's database, and one session on it that becomes each actor in turn inside a transaction which is
//! never committed. The session's own role is no superuser, so that a function of the project that resets the role finds nothing there.

use super::{AttackError, outcomes};
use crate::Deadline;
use crate::ground::set_config;
use architrave_model::Catalog;
use architrave_model::access::{Actor, ActorKind, StepOutcome};
use architrave_model::name::quote_ident;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Database;
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

/// Savepoint that every play begins at.
const SAVEPOINT: &str = "architrave_attack";
/// SQLSTATE `query_canceled`.
const CANCELED: &str = "57014";

/// One statement and who runs it; nobody is the one who sets the scene and looks at rows, whom row level security does not bind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move {
    pub(super) actor: Option<ActorKind>,
    pub(super) sql: String,
}

impl Move {
    pub(super) fn by(actor: ActorKind, sql: impl Into<String>) -> Self {
        Self { actor: Some(actor), sql: sql.into() }
    }

    pub(super) fn look(sql: impl Into<String>) -> Self {
        Self { actor: None, sql: sql.into() }
    }
}

/// Rows of an answer, as texts.
pub(super) type Rows = Vec<Vec<Option<String>>>;

/// How one statement went.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) outcome: StepOutcome,
    pub(super) rows: Rows,
}

/// How a play went.
#[derive(Debug, Clone)]
pub(super) enum Played {
    /// All statements went.
    Went(Vec<Answer>),
    /// One was refused; those before it went.
    Refused {
        /// SQLSTATE.
        sqlstate: String,
        /// The server's message.
        message: String,
    },
}

impl Played {
    /// The answer to the statement of that number, when all went.
    pub(super) fn answer(&self, at: usize) -> Option<&Answer> {
        match self {
            Self::Went(answers) => answers.get(at),
            Self::Refused { .. } => None,
        }
    }

    /// Rows of the statement of that number, none when something was refused.
    pub(super) fn rows(&self, at: usize) -> &[Vec<Option<String>>] {
        self.answer(at).map(|a| a.rows.as_slice()).unwrap_or_default()
    }

    /// Rows that the statement of that number returned or changed.
    pub(super) fn count(&self, at: usize) -> u64 {
        match self.answer(at).map(|a| &a.outcome) {
            Some(StepOutcome::Rows { count } | StepOutcome::Changed { count }) => *count,
            _ => 0,
        }
    }
}

/// The session and the people in it.
pub(super) struct Arena {
    client: Client,
    actors: Vec<Actor>,
    role: String,
    opening: String,
    deadline: Deadline,
    /// Somebody was told that there is no time left.
    late: Cell<bool>,
    /// The role may turn foreign keys and triggers off.
    may_leave_keys: bool,
}

impl Arena {
    /// Makes the session's role and opens its transaction. `admin` is a superuser's session on the same database.
    pub(super) async fn open(
        admin: &Client,
        database: &Database,
        catalog: &Catalog,
        actors: &[Actor],
        limits: (Deadline, Duration),
    ) -> Result<Self, AttackError> {
        let (deadline, statement) = limits;
        let mut role: String = database.name().chars().take(50).collect();
        role.push_str("_attacker");
        let mut sql = role_sql(&role, catalog, actors, admin).await?;
        let may_leave_keys = grants_settings(admin).await?;
        if may_leave_keys {
            sql.push_str(&format!("grant set on parameter session_replication_role to {};\n", quote_ident(&role)));
        }
        admin.batch_execute(&sql).await.map_err(AttackError::doing("make the role that plays attacks"))?;
        admin.batch_execute(outcomes::SETUP).await.map_err(AttackError::doing("make its function for outcomes"))?;
        let client = database.connect_as(&role).await?;
        let opening = format!(
            "begin; set local statement_timeout = {}; set local lock_timeout = '1s'; set local jit = off; set constraints all immediate; \
             set local storage.allow_delete_query = 'true'; \
             savepoint {SAVEPOINT}",
            statement.as_millis().max(1)
        );
        client.batch_execute(&opening).await.map_err(AttackError::doing("open a transaction"))?;
        Ok(Self { client, actors: actors.to_vec(), role, opening, deadline, late: Cell::new(false), may_leave_keys })
    }

    /// Takes the session's role away again.
    pub(super) async fn close(self, server: &Confined<'_>, admin: Client) {
        let _ended = self.client.batch_execute("rollback").await;
        drop(self.client);
        let role = quote_ident(&self.role);
        // The database goes with its copy; a role that cannot be dropped now is harmless: nobody knows of it, and the server ends with us.
        let _disowned = admin.batch_execute(&format!("drop owned by {role}")).await;
        drop(admin);
        if let Ok(cluster) = server.admin_of_cluster().await {
            let _dropped = cluster.batch_execute(&format!("drop role if exists {role}")).await;
        }
    }

    /// Why no more can be tried; none while there is time.
    pub(super) fn out_of_time(&self) -> Option<String> {
        let why = self.deadline.reached();
        self.late.set(self.late.get() || why.is_some());
        why
    }

    /// Why something was left out for want of time, when it was.
    pub(super) fn cut_short(&self) -> Option<String> {
        self.deadline.reached().filter(|_| self.late.get())
    }

    /// Leaves foreign keys and triggers out of the looks that follow, where the server lets a role that is no superuser do so.
    pub(super) fn keys_off(&self) -> Move {
        self.keys("replica")
    }

    /// Takes `keys_off` back.
    pub(super) fn keys_on(&self) -> Move {
        self.keys("origin")
    }

    fn keys(&self, value: &str) -> Move {
        if self.may_leave_keys { Move::look(format!("set local session_replication_role = {value}")) } else { Move::look("select") }
    }

    /// When the attack ends.
    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The actor of that kind.
    pub(super) fn actor(&self, kind: ActorKind) -> Option<&Actor> {
        self.actors.iter().find(|a| a.kind == kind)
    }

    /// Plays statements in their order and takes everything back. When the time is over, nothing is sent: it is refused as a statement that was cancelled,
    /// from which nothing is concluded.
    pub(super) async fn play(&mut self, moves: &[Move]) -> Result<Played, AttackError> {
        match self.out_of_time() {
            Some(message) => Ok(Played::Refused { sqlstate: CANCELED.to_owned(), message }),
            None => self.send(moves).await,
        }
    }

    async fn send(&mut self, moves: &[Move]) -> Result<Played, AttackError> {
        let mut message = format!("rollback to savepoint {SAVEPOINT}");
        let mut expected = 1;
        let mut own = Vec::new();
        let mut now: Option<ActorKind> = None;
        for step in moves {
            if step.actor != now {
                let (sql, count) = self.become_sql(now, step.actor);
                message.push_str(&sql);
                expected += count;
                now = step.actor;
            }
            own.push(expected);
            expected += 1;
            message.push_str(";\n");
            message.push_str(&step.sql);
        }
        match self.client.simple_query(&message).await {
            Ok(messages) => Ok(Played::Went(answers(&messages, &own))),
            Err(error) => self.refused(error).await,
        }
    }

    /// One question of ours that must be answered, as the session's own role.
    pub(super) async fn must(&mut self, what: &'static str, sql: &str) -> Result<Rows, AttackError> {
        // As the catalogue was read: names outside of pg_catalog are qualified, whatever search path the database has.
        match self.send(&[Move::look("set local search_path = pg_catalog"), Move::look(sql)]).await? {
            Played::Went(mut answers) => Ok(answers.pop().map(|a| a.rows).unwrap_or_default()),
            Played::Refused { message, .. } => Err(AttackError::Refused { what, message }),
        }
    }

    /// One question as the session's own role, whom row level security does not bind.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Rows, AttackError> {
        Ok(self.play(&[Move::look(sql)]).await?.rows(0).to_vec())
    }

    /// The statement that was refused, by playing ever more of them; the last when all before it go.
    pub(super) async fn play_to_refusal(&mut self, moves: &[Move]) -> Result<(Vec<Answer>, Option<(String, String)>), AttackError> {
        match self.play(moves).await? {
            Played::Went(answers) => Ok((answers, None)),
            Played::Refused { mut sqlstate, mut message } => {
                for length in (0..moves.len()).rev() {
                    match self.play(moves.get(..length).unwrap_or_default()).await? {
                        Played::Went(answers) => return Ok((answers, Some((sqlstate, message)))),
                        Played::Refused { sqlstate: earlier, message: said } => (sqlstate, message) = (earlier, said),
                    }
                }
                Ok((Vec::new(), Some((sqlstate, message))))
            }
        }
    }

    async fn refused(&mut self, error: DriverError) -> Result<Played, AttackError> {
        let Some(db) = error.as_db_error() else {
            return Err(AttackError::Statement { what: "play an attack", source: error });
        };
        let (sqlstate, message) = (db.code().code().to_owned(), db.message().to_owned());
        if matches!(sqlstate.as_str(), "25P01" | "3B001") {
            // A function of the project has ended the transaction.
            self.client.batch_execute(&format!("rollback; {}", self.opening)).await.map_err(AttackError::doing("open a transaction"))?;
        }
        Ok(Played::Refused { sqlstate, message })
    }

    /// The statements that make the session somebody else, each after a semicolon, and their number.
    fn become_sql(&self, from: Option<ActorKind>, to: Option<ActorKind>) -> (String, usize) {
        let mut sql = String::new();
        let mut count = 0;
        let mut names: BTreeSet<&str> = BTreeSet::new();
        if let Some(actor) = from.and_then(|k| self.actor(k)) {
            names.extend(actor.settings.iter().map(|(name, _)| name.as_str()));
        }
        let next = to.and_then(|k| self.actor(k));
        match next {
            Some(actor) => sql.push_str(&format!(";\nset local role {}", quote_ident(&actor.role))),
            None => sql.push_str(";\nreset role"),
        }
        count += 1;
        let settings = next.map(|a| a.settings.as_slice()).unwrap_or_default();
        names.extend(settings.iter().map(|(name, _)| name.as_str()));
        if !names.is_empty() {
            sql.push_str(";\nselect ");
            sql.push_str(&settings_sql(names.into_iter().map(|n| (n, value_of(settings, n)))));
            count += 1;
        }
        (sql, count)
    }
}

fn value_of<'a>(settings: &'a [(String, String)], name: &str) -> &'a str {
    settings.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// `set_config(…, true)` for each.
pub(super) fn settings_sql<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let calls: Vec<String> = settings.map(|(name, value)| set_config(name, value)).collect();
    calls.join(", ")
}

/// Whether the server can let a role that is no superuser change a setting of superusers: from PostgreSQL 15 on.
async fn grants_settings(admin: &Client) -> Result<bool, AttackError> {
    let answer = admin
        .simple_query("select current_setting('server_version_num')::int >= 150000")
        .await
        .map_err(AttackError::doing("ask for the server's version"))?;
    Ok(crate::ground::rows(&answer).into_iter().flatten().flatten().any(|text| text == "t"))
}

/// A role that may become every actor and every owner that is no superuser, sees all rows and may read every table.
async fn role_sql(role: &str, catalog: &Catalog, actors: &[Actor], admin: &Client) -> Result<String, AttackError> {
    let there = admin
        .simple_query("select rolname from pg_catalog.pg_roles where not rolsuper")
        .await
        .map_err(AttackError::doing("list the server's roles"))?;
    let there: BTreeSet<String> = crate::ground::rows(&there).into_iter().flatten().flatten().collect();
    let quoted = quote_ident(role);
    let mut sql = format!("create role {quoted} login bypassrls inherit;\n");
    let mut wanted: BTreeSet<&str> = actors.iter().map(|a| a.role.as_str()).collect();
    wanted.extend(catalog.tables.iter().map(|t| t.owner.as_str()));
    wanted.extend(catalog.views.iter().map(|v| v.owner.as_str()));
    for name in wanted {
        if there.contains(name) {
            sql.push_str(&format!("grant {} to {quoted};\n", quote_ident(name)));
        }
    }
    for schema in &catalog.schemas {
        let schema = quote_ident(&schema.name);
        sql.push_str(&format!(
            "grant usage on schema {schema} to {quoted};\n\
             grant select, insert, update, delete on all tables in schema {schema} to {quoted};\n\
             grant usage on all sequences in schema {schema} to {quoted};\n"
        ));
    }
    Ok(sql)
}

/// The answers to the statements at these places of a message.
fn answers(messages: &[SimpleQueryMessage], own: &[usize]) -> Vec<Answer> {
    let mut all = Vec::new();
    let mut rows: Rows = Vec::new();
    let mut returns = false;
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => returns = true,
            SimpleQueryMessage::Row(row) => rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            SimpleQueryMessage::CommandComplete(count) => {
                let count = *count;
                let outcome = if returns { StepOutcome::Rows { count } } else { StepOutcome::Changed { count } };
                all.push(Answer { outcome, rows: std::mem::take(&mut rows) });
                returns = false;
            }
            _ => {}
        }
    }
    own.iter().filter_map(|at| all.get(*at).cloned()).collect()
}
