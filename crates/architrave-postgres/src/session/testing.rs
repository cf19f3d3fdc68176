//! Servers, databases and sessions for the tests of this crate's reader.

use crate::read::{ReadOptions, Reading, read_catalog, read_live};
use crate::server::{Database, NoProgress, PrivateServer, test_server};
use crate::session::prepare::lines_for;
use architrave_model::Catalog;
use tokio_postgres::{Client, Config, NoTls};

/// The major version that the tests were asked to run on.
pub(crate) fn major() -> Option<u16> {
    std::env::var("ARCHITRAVE_TEST_MAJOR").ok().and_then(|major| major.parse().ok())
}

/// The server of the major version that `ARCHITRAVE_TEST_MAJOR` asks for, else the usual one.
pub(crate) async fn server() -> Option<&'static PrivateServer> {
    match major() {
        Some(major) => test_server::shared_major(major).await,
        None => test_server::shared().await,
    }
}

/// A database of one test with a session on it.
pub(crate) struct TestDatabase {
    pub(crate) major: u16,
    pub(crate) database: Database,
    pub(crate) client: Client,
}

pub(crate) async fn session(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl TestDatabase {
    /// A new database on the server of the tests, after `sql` (with version markers); none without a server.
    pub(crate) async fn new(sql: &str) -> Option<Self> {
        Some(Self::on(server().await?, sql).await)
    }

    pub(crate) async fn on(server: &PrivateServer, sql: &str) -> Self {
        let database = server.create_database("reader").await.unwrap();
        let client = session(&database.config()).await;
        let sql: Vec<&str> = lines_for(sql, server.major()).collect();
        client.batch_execute(&sql.join("\n")).await.unwrap();
        Self { major: server.major(), database, client }
    }

    /// A new session on the same database.
    pub(crate) async fn session(&self) -> Client {
        session(&self.database.config()).await
    }

    /// A new session as another role.
    pub(crate) async fn session_as(&self, role: &str) -> Client {
        session(self.database.config().user(role)).await
    }

    pub(crate) async fn read(&mut self) -> Reading {
        read_live(&mut self.client, &ReadOptions::default(), &NoProgress).await.unwrap()
    }

    pub(crate) async fn catalog(&mut self) -> Catalog {
        read_catalog(&mut self.client, &ReadOptions::default()).await.unwrap()
    }
}

/// One line of JSON per item, without what is null, false or empty, without privileges (they differ between majors) and numbers of columns.
pub(crate) fn lines<'a, T: serde::Serialize + 'a>(items: impl IntoIterator<Item = &'a T>) -> String {
    let line = |item| strip(serde_json::to_value(item).unwrap()).to_string() + "\n";
    items.into_iter().map(line).collect::<Vec<_>>().concat()
}

fn strip(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    let says_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, value)| name != "grants" && name != "number" && says_something(value));
            Value::Object(kept.map(|(name, value)| (name, strip(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(strip).collect()),
        other => other,
    }
}
