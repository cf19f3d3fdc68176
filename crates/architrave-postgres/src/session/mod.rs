//! One transaction on a server, in simple queries only: limits, savepoints, pipelining, and the count of round trips.
//!
//! On a live target no statement is ever prepared and nothing is set beyond the transaction, so that a transaction pooler may stand in between.
//! Where a server of ours is asked for parts of its catalogue, thousands of times, the queries are prepared once in a session.
//! Every query is a message of its own behind a savepoint: one that fails takes no other with it.

mod prepare;
mod rows;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use prepare::LockCare;
pub(crate) use prepare::{lines_for, table_query};
pub(crate) use rows::{Answer, Keys, NoKeys, Question, Rows};

use crate::read::{ReadError, ReadOptions};
use architrave_model::Gap;
use architrave_model::name::{quote_ident, quote_literal};
use futures_util::StreamExt;
use prepare::{Words, prepare};
use serde::Deserialize;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryStream};

/// How often a read waited for the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// Flights of messages that were sent together and then waited for.
    pub trips: u32,
    /// Messages in them.
    pub messages: u32,
}

/// Printing a view keeps ACCESS SHARE on what it reads until its query ends; so many views at most per query, to spare the lock table.
const VIEWS_PER_MESSAGE: u32 = 500;

static OPENING: Question = Question::essential("the server's version", include_str!("opening.sql"));
static PREPARED: Question = Question::essential("prepared statements", include_str!("prepared.sql"));
static LOCKS: Question = Question::new("locks of other sessions", include_str!("lock.sql"));

/// The first facts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Opening {
    pub(crate) version_num: u32,
    pub(crate) version_text: String,
    pub(crate) now: f64,
    pub(crate) superuser: bool,
    views: u32,
    pub(crate) statements_schema: Option<String>,
    pub(crate) statements_version: Option<String>,
}

/// A relation that another session holds exclusively, or that cannot be printed without such a one.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Locked {
    pub(crate) oid: u32,
    pub(crate) indirect: bool,
    pub(crate) schema: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
}

/// A prepared statement.
#[derive(Debug, Clone, Deserialize)]
struct PreparedStatement {
    name: String,
}

/// How to treat what cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// A live target: wait for nobody, note what is missing.
    Target,
    /// A server of ours: wait for locks, and fail when anything is missing.
    Private,
}

/// An open transaction that reads.
pub(crate) struct Session<'c> {
    client: &'c Client,
    /// How to read.
    pub(crate) options: &'c ReadOptions,
    care: Care,
    trips: RoundTrips,
    /// The first facts.
    pub(crate) opening: Opening,
    /// Locked relations, as last seen.
    pub(crate) locked: Vec<Locked>,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
    /// Names of the statements that the session knows, where a part is read.
    prepared: HashSet<String>,
}

/// A message on its way: what it is for, and where its rows go.
struct Message {
    sql: String,
    /// Index of the answer; none for commands.
    answer: Option<usize>,
}

/// Questions that are asked together.
pub(crate) type Answers<'a, 'b> = &'a mut [&'b mut (dyn Answer + 'static)];

/// What went wrong with one message, the connection being sound.
#[derive(Debug)]
enum Trouble {
    /// The server refused.
    Refused(tokio_postgres::Error),
    /// Rows of an unexpected shape: how many, and the first one's error.
    Shape(usize, serde_json::Error),
}

impl<'c> Session<'c> {
    /// Opens the transaction (or a savepoint in the one that is open), asks `first` before any setting of ours is in force,
    /// sets the limits and looks for locks: one round trip.
    pub(crate) async fn open(client: &'c Client, options: &'c ReadOptions, care: Care, first: Answers<'_, '_>) -> Result<Self, ReadError> {
        let (opening, locked, gaps) = (Opening::default(), Vec::new(), Vec::new());
        let mut session = Self { client, options, care, trips: RoundTrips::default(), opening, locked, gaps, prepared: HashSet::new() };
        match session.begin(first).await {
            Ok(()) => Ok(session),
            Err(error) => {
                if !error.is_broken() {
                    session.close().await.ok();
                }
                Err(error)
            }
        }
    }

    async fn begin(&mut self, first: Answers<'_, '_>) -> Result<(), ReadError> {
        let mut opening = Rows::<Opening, NoKeys>::new(&OPENING);
        let mut locks = Rows::<Locked, NoKeys>::new(&LOCKS);
        let mut answers: Vec<&mut (dyn Answer + 'static)> = vec![&mut opening];
        answers.extend(first.iter_mut().map(|answer| &mut **answer));
        let mut prepared = Rows::<PreparedStatement, NoKeys>::new(&PREPARED);
        // On a server of ours locks are waited for.
        match self.care {
            Care::Target => answers.push(&mut locks),
            Care::Private => answers.push(&mut prepared),
        }

        let ask_version = Message { sql: self.query(&OPENING, (0, 1), &LockCare::OpenNothing), answer: Some(0) };
        let mut messages = if self.options.in_transaction {
            vec![command("savepoint architrave_read; savepoint architrave_query"), ask_version]
        } else {
            vec![ask_version, command("begin isolation level repeatable read read only; savepoint architrave_query")]
        };
        let back = "rollback to savepoint architrave_query; ";
        for (at, answer) in answers.iter().enumerate().skip(1) {
            if at + 1 == answers.len() {
                messages.push(Message { sql: self.limits(), answer: None });
            }
            messages.push(Message {
                sql: format!("{back}{}", self.query(answer.question(), (0, 1), &LockCare::OpenNothing)),
                answer: Some(at),
            });
        }
        let troubles = self.fly(messages, &mut answers).await?;
        let questions: Vec<_> = answers.iter().map(|answer| answer.question()).collect();
        self.opening = opening.one().unwrap_or_default();
        self.locked = locks.values();
        self.prepared = prepared.values().into_iter().map(|s| s.name).collect();
        self.check_product()?;
        for (at, trouble) in troubles {
            let question = at.and_then(|at| questions.get(at).copied());
            self.note(question.unwrap_or(&TRANSACTION), trouble)?;
        }
        Ok(())
    }

    /// Asks all questions at once. Where a lock or a concurrent change was in the way, looks for locks again and asks once more;
    /// where a lock still is, asks without opening any relation.
    pub(crate) async fn ask(&mut self, answers: Answers<'_, '_>) -> Result<(), ReadError> {
        let mut waiting: Vec<usize> = (0..answers.len()).collect();
        for attempt in 0..3 {
            let care = match (self.care, attempt) {
                (Care::Private, _) => LockCare::Wait,
                (Care::Target, 0 | 1) => LockCare::Avoid(self.locked.iter().map(|l| l.oid).collect()),
                (Care::Target, _) => LockCare::OpenNothing,
            };
            let mut messages = Vec::new();
            for &at in &waiting {
                let Some(answer) = answers.get_mut(at) else { continue };
                answer.clear();
                let portions = self.portions(answer.question());
                for number in 0..portions {
                    let query = answer.message(&care).unwrap_or_else(|| self.asked(answer.question(), (number, portions), &care));
                    messages.push(Message { sql: format!("rollback to savepoint architrave_query; {query}"), answer: Some(at) });
                }
            }
            let troubles = self.fly(messages, answers).await?;
            waiting.clear();
            for (at, trouble) in troubles {
                let Some((at, question)) = at.and_then(|at| Some((at, answers.get(at)?.question()))) else { continue };
                if attempt < 2 && trouble.may_pass() {
                    if !waiting.contains(&at) {
                        waiting.push(at);
                    }
                } else {
                    self.note(question, trouble)?;
                }
            }
            if waiting.is_empty() {
                break;
            }
            self.look_for_locks().await?;
        }
        Ok(())
    }

    /// Ends the transaction without a trace, and passes on what was asked in it. A broken connection has no transaction to end:
    /// the server ends it.
    pub(crate) async fn close_with<T>(&mut self, asked: Result<T, ReadError>) -> Result<(T, RoundTrips), ReadError> {
        match asked {
            Err(error) if error.is_broken() => Err(error),
            asked => {
                let closed = self.close().await;
                Ok((asked?, closed?))
            }
        }
    }

    async fn close(&mut self) -> Result<RoundTrips, ReadError> {
        let end = if self.options.in_transaction {
            "rollback to savepoint architrave_read; release savepoint architrave_read"
        } else {
            "rollback"
        };
        for (_, trouble) in self.fly(vec![command(end)], &mut []).await? {
            self.note(&TRANSACTION, trouble)?;
        }
        Ok(self.trips)
    }

    /// One gap per relation that was left out because another session holds it.
    pub(crate) fn locked_gaps(&self) -> Vec<Gap> {
        let gap = |locked: &Locked| {
            let (schema, name) = (locked.schema.as_ref()?, locked.name.as_ref()?);
            if schema.starts_with("pg_") {
                return None;
            }
            let (what, why) = match (locked.kind.as_deref(), locked.indirect) {
                (_, true) => ("definition of ", "it reads a relation on which another session holds or awaits ACCESS EXCLUSIVE"),
                (Some("i" | "I"), _) => ("definition and size of index ", "another session holds or awaits ACCESS EXCLUSIVE on it"),
                _ => ("definitions and size of ", "another session holds or awaits ACCESS EXCLUSIVE on it"),
            };
            Some(Gap::new(format!("{what}{schema}.{name}"), why, Some("run again when that session is done")))
        };
        self.locked.iter().filter_map(gap).collect()
    }

    async fn look_for_locks(&mut self) -> Result<(), ReadError> {
        if self.care == Care::Private {
            return Ok(());
        }
        let mut locks = Rows::<Locked, NoKeys>::new(&LOCKS);
        let sql = format!("rollback to savepoint architrave_query; {}", self.query(&LOCKS, (0, 1), &LockCare::OpenNothing));
        for (_, trouble) in self.fly(vec![Message { sql, answer: Some(0) }], &mut [&mut locks]).await? {
            self.note(&LOCKS, trouble)?;
        }
        for locked in locks.values() {
            if !self.locked.iter().any(|known| known.oid == locked.oid) {
                self.locked.push(locked);
            }
        }
        Ok(())
    }

    /// Sends all messages at once, then takes the answers in order: one round trip.
    async fn fly(&mut self, messages: Vec<Message>, answers: Answers<'_, '_>) -> Result<Vec<(Option<usize>, Trouble)>, ReadError> {
        self.trips.trips += 1;
        let mut sent = Vec::with_capacity(messages.len());
        for message in &messages {
            self.trips.messages += 1;
            let stream = self.client.simple_query_raw(&message.sql).await.map_err(|source| broken("the first rows", source))?;
            sent.push((message.answer, Box::pin(stream)));
        }
        let mut troubles = Vec::new();
        for (at, mut stream) in sent {
            let answer = at.and_then(|at| answers.get_mut(at)).map(|answer| &mut **answer);
            if let Some(trouble) = self.drain(&mut stream, answer).await? {
                troubles.push((at, trouble));
            }
        }
        Ok(troubles)
    }

    /// Takes all rows of one message.
    async fn drain(
        &self,
        stream: &mut Pin<Box<SimpleQueryStream>>,
        mut answer: Option<&mut (dyn Answer + 'static)>,
    ) -> Result<Option<Trouble>, ReadError> {
        let what = answer.as_ref().map_or(TRANSACTION.what, |answer| answer.question().what);
        let patience = self.patience();
        let (mut bad, mut first) = (0, None);
        loop {
            let next = tokio::time::timeout(patience, stream.next())
                .await
                .map_err(|_| ReadError::Silent { what: what.to_owned(), seconds: patience.as_secs() })?;
            match next {
                None => return Ok(first.map(|error| Trouble::Shape(bad, error))),
                Some(Err(error)) if is_refusal(&error) => return Ok(Some(Trouble::Refused(error))),
                Some(Err(source)) => return Err(broken(what, source)),
                Some(Ok(SimpleQueryMessage::Row(row))) => {
                    let Some(answer) = answer.as_mut() else { continue };
                    let json = row.try_get(0).map_err(|source| broken(what, source))?.unwrap_or_default();
                    if let Err(error) = answer.row(json) {
                        bad += 1;
                        first.get_or_insert(error);
                    }
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// How long the server may send nothing: its own limit per query, and half as long again for the way.
    fn patience(&self) -> Duration {
        let limit = Duration::from_millis(u64::from(self.options.statement_timeout_ms));
        limit + limit / 2 + Duration::from_secs(1)
    }

    /// Takes note of what went wrong: an error where the answer is needed or the server is our own, else a gap.
    fn note(&mut self, question: &'static Question, trouble: Trouble) -> Result<(), ReadError> {
        let what = question.what.to_owned();
        match trouble {
            Trouble::Refused(source) if question.essential || self.care == Care::Private => Err(ReadError::Query { what, source }),
            Trouble::Shape(_, source) if self.care == Care::Private => Err(ReadError::Row { what, source }),
            Trouble::Refused(error) => {
                let (why, remedy) = self.reason(&error, question);
                self.gaps.push(Gap::new(what, why, remedy.as_deref()));
                Ok(())
            }
            Trouble::Shape(count, error) => {
                self.gaps.push(Gap::new(what, format!("{count} rows of the server's answer were not understood: {error}"), None));
                Ok(())
            }
        }
    }

    fn reason(&self, error: &tokio_postgres::Error, question: &Question) -> (String, Option<String>) {
        let remedy = question.remedy.map(ToOwned::to_owned);
        let message = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
        match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                (message, remedy.or_else(|| Some("connect as a role that is a member of pg_monitor".to_owned())))
            }
            Some(&SqlState::QUERY_CANCELED) => (
                format!("took longer than {} s and was cancelled", self.options.statement_timeout_ms / 1000),
                Some("run again when the server is less busy".to_owned()),
            ),
            Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                ("another session holds a lock on it".to_owned(), Some("run again when that session is done".to_owned()))
            }
            Some(code) => (format!("{message} ({})", code.code()), remedy),
            None => (message, remedy),
        }
    }

    fn check_product(&self) -> Result<(), ReadError> {
        let text = &self.opening.version_text;
        let unsupported = |product: String| Err(ReadError::Unsupported { product });
        for product in ["CockroachDB", "Redshift", "YugabyteDB", "Materialize", "QuestDB"] {
            if text.contains(product) {
                return unsupported(product.to_owned());
            }
        }
        match self.opening.version_num {
            0 => unsupported("a server that does not tell its version".to_owned()),
            // Until 9.6 the second number belonged to the major version.
            old @ 1..100_000 => unsupported(format!("PostgreSQL {}.{}", old / 10_000, old / 100 % 100)),
            old @ 100_000..120_000 => unsupported(format!("PostgreSQL {}", old / 10_000)),
            _ => Ok(()),
        }
    }

    /// What is sent for a question: its query, or where a part is read the statement that was prepared of it.
    fn asked(&mut self, question: &Question, portion: (u32, u32), lock_care: &LockCare) -> String {
        let query = self.query(question, portion, lock_care);
        let Some(only) = &self.options.only else { return query };
        let mut hasher = DefaultHasher::new();
        query.hash(&mut hasher);
        let name = format!("architrave_part_{:016x}", hasher.finish());
        let relations: Vec<String> = only.relations.iter().map(u32::to_string).collect();
        let functions: Vec<String> = only.functions.iter().map(|name| quote_literal(name)).collect();
        let execute = format!("execute {name} ('{{{}}}', array[{}]::name[])", relations.join(","), functions.join(","));
        if self.prepared.contains(&name) {
            return execute;
        }
        let both = format!("prepare {name} (oid[], name[]) as {query}; {execute}");
        self.prepared.insert(name);
        both
    }

    /// The query of one message; every row of its answer is one JSON object.
    fn query(&self, question: &Question, portion: (u32, u32), lock_care: &LockCare) -> String {
        let schema = self.opening.statements_schema.as_deref().unwrap_or("public");
        let words = Words {
            version: self.version_for(question),
            exclude_schemas: self.options.exclude_schemas.clone(),
            is_part: self.options.only.is_some(),
            lock_care: lock_care.clone(),
            portion,
            statements: format!("{}.pg_stat_statements", quote_ident(schema)),
        };
        format!("select row_to_json(q)::text from (\n{}) q", prepare(question.sql, &words))
    }

    /// What the markers of a file compare with: the server's major, or the extension's minor version.
    fn version_for(&self, question: &Question) -> u16 {
        if question.sql.contains(":statements") {
            let minor =
                self.opening.statements_version.as_deref().and_then(|v| v.split_once('.')).and_then(|(_, minor)| minor.parse().ok());
            return minor.unwrap_or(0);
        }
        u16::try_from(self.opening.version_num / 10_000).unwrap_or(0)
    }

    fn portions(&self, question: &Question) -> u32 {
        if question.sql.contains(":portion(") { self.opening.views / VIEWS_PER_MESSAGE + 1 } else { 1 }
    }

    /// The limits, local to the transaction. An empty path makes PostgreSQL print qualified names; `pg_temp` last keeps
    /// temporary objects from standing in for catalogues.
    fn limits(&self) -> String {
        let lock_timeout = match self.care {
            Care::Target => self.options.lock_timeout_ms.clamp(1, 250),
            Care::Private => self.options.lock_timeout_ms,
        };
        format!(
            "rollback to savepoint architrave_query; release savepoint architrave_query; \
             set local statement_timeout = {}; set local lock_timeout = {lock_timeout}; \
             set local idle_in_transaction_session_timeout = 60000; set local search_path = pg_catalog, pg_temp; \
             set local jit = off; set local max_parallel_workers_per_gather = 0; set local standard_conforming_strings = on; \
             set local quote_all_identifiers = off; set local datestyle = 'ISO, MDY'; set local intervalstyle = postgres; \
             set local timezone = 'UTC'; set local extra_float_digits = 1; {}savepoint architrave_query",
            self.options.statement_timeout_ms,
            // One plan serves all parts: they are few relations each.
            if self.options.only.is_some() { "set local plan_cache_mode = force_generic_plan; " } else { "" }
        )
    }
}

static TRANSACTION: Question = Question::essential("the transaction", "");

impl Trouble {
    /// Whether asking again may help: a lock that was waited for too long, or an object that somebody dropped meanwhile.
    fn may_pass(&self) -> bool {
        match self {
            Self::Refused(error) => error.code().is_some_and(|code| {
                [
                    SqlState::LOCK_NOT_AVAILABLE,
                    SqlState::T_R_DEADLOCK_DETECTED,
                    SqlState::INTERNAL_ERROR,
                    SqlState::UNDEFINED_TABLE,
                    SqlState::UNDEFINED_OBJECT,
                ]
                .contains(code)
            }),
            Self::Shape(..) => false,
        }
    }
}

fn command(sql: &str) -> Message {
    Message { sql: sql.to_owned(), answer: None }
}

fn broken(what: &str, source: tokio_postgres::Error) -> ReadError {
    ReadError::Connection { what: what.to_owned(), source }
}

/// The server said no, and the connection lives on (class 57P, the operator's shutdowns, ends it).
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| !db.code().code().starts_with("57P"))
}
