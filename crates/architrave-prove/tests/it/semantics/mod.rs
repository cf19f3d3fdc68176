//! What PostgreSQL does with policies in nineteen cases that are often told wrong, and what the attack says of each: executed on the oldest, the default
//! and the newest server.

mod cases;
mod verdicts;

use architrave_model::script::Script;
use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground};
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, test_server};
use architrave_postgres::{Client, SimpleQueryMessage};
use cases::{BEFORE, CASES};

/// One case: tables and policies, and what statements come to, one after the other in one transaction.
struct Case {
    title: &'static str,
    /// First major that can do it.
    since: u16,
    schema: &'static str,
    /// Tables besides the notes, and the column that says whose a row is.
    owners: &'static [(&'static str, &'static str)],
    /// Who (a user's id; nothing for a superuser who looks), what, and how it ends: `2 rows`, `42501`.
    steps: &'static [(&'static str, &'static str, &'static str)],
    /// What the attack says, cells as `select notes outsider leak`, with `: reason` where the reason is part of the claim. A leak, and a cell that is not
    /// decided, that does not stand here fails the test.
    verdicts: &'static [&'static str],
    /// Side channels that it finds.
    tells: &'static [&'static str],
}

/// Number of rows of the last statement, or the SQLSTATE.
async fn outcome(client: &Client, who: &str, sql: &str) -> String {
    let role = if who.is_empty() { "reset role" } else { "set local role reader" };
    client.batch_execute(&format!("savepoint step; set local app.user_id = '{who}'; {role}")).await.unwrap();
    match client.simple_query(sql).await {
        Ok(messages) => {
            client.batch_execute("reset role; release savepoint step").await.unwrap();
            let count = |m: &SimpleQueryMessage| if let SimpleQueryMessage::CommandComplete(n) = m { Some(*n) } else { None };
            match messages.iter().rev().find_map(count).unwrap_or_default() {
                1 => "1 row".to_owned(),
                n => format!("{n} rows"),
            }
        }
        Err(error) => {
            client.batch_execute("rollback to savepoint step").await.unwrap();
            error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned())
        }
    }
}

/// A database with the case's tables and policies, with or without the rows.
async fn laid(confined: &Confined<'_>, case: &Case, with_rows: bool) -> Database {
    let mut statements = architrave_sql::split(&format!("{BEFORE}{}", case.schema));
    statements.retain(|s| with_rows || !s.text.trim_start().starts_with("insert "));
    let script = Script { path: "case.sql".into(), version: "1".into(), statements, ..Script::default() };
    let options = ReplayOptions { track: false, ..ReplayOptions::default() };
    let (database, failed) = lay_ground(confined, &[script], &options).await.unwrap();
    assert!(failed.is_empty(), "{}: {failed:?}", case.title);
    database
}

#[tokio::test]
async fn nineteen_cases_come_out_as_told() {
    for major in test_server::majors().await {
        let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(major)), &NoProgress).await.unwrap();
        let confined = Confined::new(&server).await.unwrap();
        for case in CASES.iter().filter(|case| case.since <= major) {
            let database = laid(&confined, case, true).await;
            let client = confined.admin(&database).await.unwrap();
            client.batch_execute("begin").await.unwrap();
            for (who, sql, told) in case.steps {
                assert_eq!(outcome(&client, who, sql).await, *told, "PostgreSQL {major}: {}: {sql}", case.title);
            }
            client.batch_execute("rollback").await.unwrap();
        }
        server.stop().await.unwrap();
    }
}

#[tokio::test]
async fn the_attack_says_of_nineteen_cases_what_is_told() {
    let mut wrong = Vec::new();
    for major in test_server::majors().await {
        let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(major)), &NoProgress).await.unwrap();
        let confined = Confined::new(&server).await.unwrap();
        for case in CASES.iter().filter(|case| case.since <= major) {
            let database = laid(&confined, case, false).await;
            let lines = verdicts::compare(&confined, &database, case).await;
            wrong.extend(lines.iter().map(|line| format!("PostgreSQL {major}: {}: {line}", case.title)));
        }
        server.stop().await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
