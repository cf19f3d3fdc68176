//! The statements whose plans are read, and a server that plans them.

use architrave_postgres::server::{Database, test_server};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// What `-- name` and the lines below it give: the settings and other statements that come first, and the one to explain.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) before: Vec<String>,
    pub(super) statement: String,
}

/// All cases, in their order.
pub(super) fn cases() -> Vec<Case> {
    let blocks = include_str!("../test_data/statements.sql").split("\n-- ").map(|block| block.trim_start_matches("-- "));
    blocks
        .map(|block| {
            let (name, text) = block.split_once('\n').unwrap();
            let mut statements = statements(text);
            let statement = statements.pop().unwrap();
            Case { name, before: statements, statement }
        })
        .collect()
}

/// The statements between semicolons outside quotes.
fn statements(text: &str) -> Vec<String> {
    let (mut all, mut current, mut quote) = (Vec::new(), String::new(), None);
    for character in text.chars() {
        match (quote, character) {
            (None, ';') => all.push(std::mem::take(&mut current).trim().to_owned()),
            (open, character) => {
                quote = match open {
                    None => Some(character).filter(|c| matches!(c, '\'' | '"')),
                    Some(open) => Some(open).filter(|open| *open != character),
                };
                current.push(character);
            }
        }
    }
    all
}

/// A database with the tables of `setup.sql`; none where there is no PostgreSQL.
pub(super) struct Shop {
    pub(super) client: Client,
    pub(super) major: u16,
    _database: Database,
}

pub(super) async fn shop() -> Option<Shop> {
    let server = test_server::shared().await?;
    let database = server.create_database("plans").await.unwrap();
    let (client, connection) = database.config().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in statements(include_str!("../test_data/setup.sql")) {
        client.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    Some(Shop { client, major: server.major(), _database: database })
}

impl Shop {
    /// What EXPLAIN answers, line by line; none when this version does not know the statement.
    pub(super) async fn explain(&self, case: &Case, options: &str) -> Option<String> {
        self.client.batch_execute("BEGIN").await.unwrap();
        let mut answer = None;
        for statement in case.before.iter().cloned().chain([format!("EXPLAIN ({options}) {}", case.statement)]) {
            match self.client.simple_query(&statement).await {
                Ok(messages) => answer = Some(lines(&messages)),
                Err(error) if self.major < 15 => {
                    let code = error.code().map(tokio_postgres::error::SqlState::code).unwrap_or_default();
                    assert!(matches!(code, "42601" | "42704" | "42883"), "{}: {error:?}", case.name);
                    answer = None;
                    break;
                }
                Err(error) => panic!("{}: {statement}: {error:?}", case.name),
            }
        }
        self.client.batch_execute("ROLLBACK; DEALLOCATE ALL; DISCARD TEMP").await.unwrap();
        answer
    }
}

fn lines(messages: &[SimpleQueryMessage]) -> String {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap().to_owned()),
        _ => None,
    };
    messages.iter().filter_map(row).collect::<Vec<_>>().join("\n")
}
