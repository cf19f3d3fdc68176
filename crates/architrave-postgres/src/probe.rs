//! Counts rows on a live target, and reads the table of its migration tool: the questions there that are no catalogue queries of ours, and only for
//! people who asked for them (`--probe`, `--applied`).
//!
//! A transaction for each question, read-only, with limits, rolled back; the counts come back and nothing else. What the server says about a question
//! is not passed on: its messages hold values of rows.

use crate::read::ReadError;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Limits of each question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeLimits {
    /// `statement_timeout`, milliseconds.
    pub statement_timeout_ms: u32,
    /// `lock_timeout`, milliseconds; never more than 250.
    pub lock_timeout_ms: u32,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self { statement_timeout_ms: 30_000, lock_timeout_ms: 250 }
    }
}

/// What one question has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// So many rows.
    Rows(i64),
    /// The server refused; SQLSTATE.
    Refused(String),
}

/// Asks queries whose only answer is a number. Each must be one SELECT that reads and nothing else: who calls this has made it, or has checked what
/// was taken over from a script. Errors only when the connection is lost.
pub async fn count_rows(client: &Client, probes: &[&str], limits: ProbeLimits) -> Result<Vec<Counted>, ReadError> {
    let mut counted = Vec::with_capacity(probes.len());
    for probe in probes {
        counted.push(count(client, probe, limits).await?);
    }
    Ok(counted)
}

/// The rows of a migration tool's own table, all columns as text; the error is the SQLSTATE of a refusal. For `--applied` only: such a table holds
/// versions and checksums, none of the user's rows.
pub async fn history_rows(client: &Client, query: &str) -> Result<Result<Vec<Vec<Option<String>>>, String>, ReadError> {
    let limits = ProbeLimits::default();
    let messages = match ask(client, query, limits, "what was applied").await? {
        Ok(messages) => messages,
        Err(sqlstate) => return Ok(Err(sqlstate)),
    };
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
        _ => None,
    });
    Ok(Ok(rows.collect()))
}

async fn count(client: &Client, probe: &str, limits: ProbeLimits) -> Result<Counted, ReadError> {
    Ok(match ask(client, probe, limits, "the rows in the way of a migration").await? {
        Ok(messages) => number(&messages).map_or_else(|| Counted::Refused("0L000".to_owned()), Counted::Rows),
        Err(sqlstate) => Counted::Refused(sqlstate),
    })
}

/// One question in a transaction of its own; the inner error is the SQLSTATE of a refusal.
async fn ask(client: &Client, query: &str, limits: ProbeLimits, what: &str) -> Result<Result<Vec<SimpleQueryMessage>, String>, ReadError> {
    let broken = |source| ReadError::Connection { what: what.to_owned(), source };
    // A policy that hides rows makes the count wrong: better none.
    let begin = format!(
        "begin isolation level read committed read only; set local statement_timeout = {}; set local lock_timeout = {}; \
         set local idle_in_transaction_session_timeout = 60000; set local row_security = off; set local jit = off; \
         set local max_parallel_workers_per_gather = 0; set local standard_conforming_strings = on",
        limits.statement_timeout_ms,
        limits.lock_timeout_ms.clamp(1, 250)
    );
    client.batch_execute(&begin).await.map_err(broken)?;
    let answer = client.simple_query(query).await;
    client.batch_execute("rollback").await.map_err(broken)?;
    match answer {
        Ok(messages) => Ok(Ok(messages)),
        Err(error) => match error.code() {
            Some(code) => Ok(Err(code.code().to_owned())),
            None => Err(broken(error)),
        },
    }
}

fn number(messages: &[SimpleQueryMessage]) -> Option<i64> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse().ok()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::test_server;

    #[tokio::test]
    async fn rows_are_counted_and_nothing_is_written() {
        let Some(server) = test_server::shared().await else { return };
        let database = server.create_database("probe").await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute("create table t (a int); insert into t values (1), (null), (null)").await.unwrap();
        let probes = [
            "select count(*) from t where a is null",
            "delete from t",
            "select count(*) from missing",
            "select count(*) from t, pg_sleep(60)",
            "select count(*) from t",
        ];
        let limits = ProbeLimits { statement_timeout_ms: 200, ..ProbeLimits::default() };
        let counted = count_rows(&client, &probes, limits).await.unwrap();
        let refused = |code: &str| Counted::Refused(code.to_owned());
        let history = history_rows(&client, "select 'v1', null::text, 'applied'").await.unwrap().unwrap();
        assert_eq!(history, [[Some("v1".to_owned()), None, Some("applied".to_owned())]]);
        assert_eq!(history_rows(&client, "select * from missing").await.unwrap(), Err("42P01".to_owned()));
        assert_eq!(counted, [Counted::Rows(2), refused("25006"), refused("42P01"), refused("57014"), Counted::Rows(3)]);
    }
}
