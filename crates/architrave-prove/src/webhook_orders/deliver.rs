//! Delivers events to a handler and runs its statements.

use super::render;
use super::state::{self, State};
use crate::ground::{PassageError, rows};
use architrave_model::Catalog;
use architrave_model::webhook::{Answer, HandlerStatement, Next, RunsEvents, SampleEvent, Verb};
use architrave_postgres::Client;
use std::collections::BTreeSet;

/// Statements that one event may lead to.
const MOST_STATEMENTS: usize = 40;
/// How often a message is sent that is refused.
const ROUNDS: usize = 3;

/// Why trying ends.
#[derive(Debug)]
pub(super) enum Stop {
    /// It cannot be told what the handler does.
    Unknown(String),
    Broken(PassageError),
}

impl From<PassageError> for Stop {
    fn from(error: PassageError) -> Self {
        Self::Broken(error)
    }
}

/// What has become of a message.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    pub(super) status: u16,
    /// Statements that write, and rows that they have written.
    pub(super) writes: usize,
    pub(super) rows: usize,
    /// SQLSTATE of the last statement that was refused.
    pub(super) sqlstate: Option<String>,
}

/// What an order of delivery has left.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) state: State,
    /// Messages that were refused each time, with the SQLSTATE.
    pub(super) refused: Vec<(SampleEvent, String)>,
    /// A message that was answered with success and has changed nothing, though it wrote.
    pub(super) left_nothing: bool,
    /// A message that was answered with success though a statement of it was refused, with the SQLSTATE.
    pub(super) silent: Option<(SampleEvent, String)>,
}

/// Where handlers are tried.
pub(super) struct Field<'a> {
    client: &'a Client,
    pub(super) catalog: &'a Catalog,
    handler: &'a dyn RunsEvents,
    /// Tables that have been written, and columns whose values differ from run to run.
    pub(super) written: BTreeSet<usize>,
    pub(super) volatile: BTreeSet<(usize, String)>,
    pub(super) orders: u32,
}

impl<'a> Field<'a> {
    pub(super) async fn open(client: &'a Client, catalog: &'a Catalog, handler: &'a dyn RunsEvents) -> Result<Self, PassageError> {
        let begin = "begin; set local statement_timeout = '5s'; set local lock_timeout = '5s'";
        client.batch_execute(begin).await.map_err(PassageError::doing("begin a transaction"))?;
        Ok(Self { client, catalog, handler, written: BTreeSet::new(), volatile: BTreeSet::new(), orders: 0 })
    }

    async fn run(&self, sql: &str) -> Result<(), Stop> {
        Ok(self.client.batch_execute(sql).await.map_err(PassageError::doing("go back to the state before"))?)
    }

    /// The first column of all rows.
    pub(super) async fn texts(&self, sql: &str) -> Result<Vec<String>, Stop> {
        let answer = self.client.simple_query(sql).await.map_err(PassageError::doing("read the rows of a table"))?;
        Ok(rows(&answer).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// Delivers messages in this order, reads what is left, and goes back.
    pub(super) async fn play(&mut self, order: &[SampleEvent]) -> Result<Played, Stop> {
        self.orders += 1;
        self.run("savepoint order_of_delivery").await?;
        let mut waiting: Vec<SampleEvent> = order.to_vec();
        let (mut left_nothing, mut silent) = (false, None);
        let mut refused = Vec::new();
        for _ in 0..ROUNDS {
            refused.clear();
            for event in std::mem::take(&mut waiting) {
                let delivered = self.deliver(&event).await?;
                if (200..300).contains(&delivered.status) {
                    silent = silent.or_else(|| Some((event.clone(), delivered.sqlstate?)));
                    left_nothing |= delivered.writes > 0 && delivered.rows == 0 && event.kind.ends_with(".updated");
                } else {
                    refused.push((event.clone(), delivered.sqlstate.unwrap_or_default()));
                    waiting.push(event);
                }
            }
            if waiting.is_empty() {
                break;
            }
        }
        let state = state::read(self).await?;
        self.run("rollback to savepoint order_of_delivery; release savepoint order_of_delivery").await?;
        Ok(Played { state, refused, left_nothing, silent })
    }

    /// Delivers messages, and tells whether one more leads to a statement that writes; then goes back.
    pub(super) async fn play_then(&mut self, before: &[SampleEvent], last: Option<&SampleEvent>) -> Result<bool, Stop> {
        self.run("savepoint order_of_delivery").await?;
        for event in before {
            self.deliver(event).await?;
        }
        let writes = match last {
            Some(event) => self.deliver(event).await?.writes > 0,
            None => false,
        };
        self.run("rollback to savepoint order_of_delivery; release savepoint order_of_delivery").await?;
        Ok(writes)
    }

    /// Delivers one message, as far as the answer.
    pub(super) async fn deliver(&mut self, event: &SampleEvent) -> Result<Delivered, Stop> {
        let mut answers: Vec<Answer> = Vec::new();
        let mut out = Delivered::default();
        while answers.len() < MOST_STATEMENTS {
            match self.handler.next(event, &answers) {
                Next::Answers(status) => return Ok(Delivered { status, ..out }),
                Next::Unknown(why) => return Err(Stop::Unknown(why)),
                Next::Runs(statement) => {
                    let answer = self.execute(&statement).await?;
                    if statement.verb != Verb::Select {
                        out.writes += 1;
                    }
                    match &answer {
                        Answer::Rows(rows) if statement.verb != Verb::Select => out.rows += rows.len(),
                        Answer::Rows(_) => {}
                        Answer::Failed(code) => out.sqlstate = Some(code.clone()),
                    }
                    answers.push(answer);
                }
            }
        }
        Err(Stop::Unknown("an event leads to too many statements".to_owned()))
    }

    async fn execute(&mut self, statement: &HandlerStatement) -> Result<Answer, Stop> {
        // The end of a session's transaction: each statement stands for itself here.
        if statement.verb == Verb::Call && statement.table == "commit" {
            return Ok(Answer::Rows(Vec::new()));
        }
        let rendered = render::render(self.catalog, statement).map_err(Stop::Unknown)?;
        if let Some(at) = rendered.writes {
            self.written.insert(at);
            self.volatile.extend(rendered.volatile.into_iter().map(|name| (at, name)));
        }
        self.run("savepoint statement_of_handler").await?;
        match self.client.simple_query(&rendered.sql).await {
            Ok(answer) => {
                self.run("release savepoint statement_of_handler").await?;
                Ok(Answer::Rows(rows(&answer).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()))
            }
            Err(error) => {
                let code = error.code().map_or_else(|| "08006".to_owned(), |c| c.code().to_owned());
                self.run("rollback to savepoint statement_of_handler; release savepoint statement_of_handler").await?;
                // The statement is ours as rendered: what PostgreSQL does not understand of it is no fault of the handler.
                if code.starts_with("42") && !matches!(code.as_str(), "42501" | "42P10") {
                    return Err(Stop::Unknown(format!(
                        "PostgreSQL does not accept its statement for {} (SQLSTATE {code})",
                        statement.table
                    )));
                }
                Ok(Answer::Failed(code))
            }
        }
    }
}
