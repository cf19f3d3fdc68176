//! Twins beside their sources: the same `EXPLAIN`, to the last digit.

mod heights;
mod kinds;
mod limits;
mod tpch;

use super::{Twin, TwinOptions};
use crate::read::{ReadOptions, read_snapshot};
use crate::replay::{ADMIN, Confined};
use crate::server::{Database, NoProgress, PrivateServer, ServerOptions};
use crate::session::lines_for;
use crate::session::testing::{major, session};
use architrave_model::Snapshot;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, SimpleQueryMessage};

/// The server of these tests: a twin takes the superuser's name away, so that it is not the one that others share.
pub(super) async fn server() -> Option<&'static PrivateServer> {
    static SERVER: OnceCell<Option<PrivateServer>> = OnceCell::const_new();
    let start = async || {
        let server = match PrivateServer::start(&ServerOptions::from_env().with_major(major()), &NoProgress).await {
            Ok(server) => server,
            Err(error) if error.is_absent() => return None,
            Err(error) => panic!("the test server: {error}"),
        };
        Confined::new(&server).await.unwrap();
        Some(server)
    };
    SERVER.get_or_init(start).await.as_ref()
}

/// A source with rows.
pub(super) struct Source {
    pub(super) server: &'static PrivateServer,
    pub(super) database: Database,
    pub(super) client: Client,
}

impl Source {
    /// After these statements (with version markers).
    pub(super) async fn new(sql: &str) -> Option<Self> {
        let server = server().await?;
        let database = server.create_database("source").await.unwrap();
        let client = session(database.config().user(ADMIN)).await;
        let sql: Vec<&str> = lines_for(sql, server.major()).collect();
        run(&client, &sql.join("\n")).await;
        client.batch_execute("checkpoint").await.unwrap();
        Some(Self { server, database, client })
    }

    pub(super) async fn snapshot(&mut self) -> Snapshot {
        read_snapshot(&mut self.client, &ReadOptions::default(), &NoProgress).await.unwrap()
    }

    pub(super) async fn snapshot_as(&self, role: &str) -> Snapshot {
        let mut client = session(self.database.config().user(role)).await;
        read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap()
    }

    pub(super) async fn twin(&self, snapshot: &Snapshot) -> Twin {
        self.twin_with(snapshot, &TwinOptions::default()).await
    }

    pub(super) async fn twin_with(&self, snapshot: &Snapshot, options: &TwinOptions) -> Twin {
        Twin::build(self.server, &ddl(snapshot), snapshot, options).await.unwrap()
    }
}

/// Runs a script statement by statement, so that `VACUUM` may be in it.
async fn run(client: &Client, sql: &str) {
    for statement in sql.split(";\n").filter(|s| !s.trim().is_empty()) {
        client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

pub(super) fn ddl(snapshot: &Snapshot) -> Vec<String> {
    architrave_sql::generate::create_statements(&snapshot.catalog, &architrave_sql::generate::GenerateOptions::default()).statements
}

/// The plan as text.
pub(super) async fn explain(client: &Client, query: &str) -> String {
    let rows = client.simple_query(&format!("explain {query}")).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    };
    rows.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Plans each query on both and shows those that differ.
pub(super) async fn differences(source: &Client, twin: &Client, queries: &[&str]) -> Vec<String> {
    let mut differences = Vec::new();
    for query in queries {
        let (there, here) = (explain(source, query).await, explain(twin, query).await);
        if there != here {
            differences.push(format!("{query}\n--- source\n{there}\n--- twin\n{here}\n"));
        }
    }
    differences
}

/// Fails with all that differs.
pub(super) async fn assert_same(source: &Client, twin: &Client, queries: &[&str]) {
    let differences = differences(source, twin, queries).await;
    assert!(differences.is_empty(), "{} of {} plans differ:\n{}", differences.len(), queries.len(), differences.join("\n"));
}
