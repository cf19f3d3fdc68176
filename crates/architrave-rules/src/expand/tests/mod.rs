//! Safe versions executed: the same end as the statement itself, on a server.

mod backfills;
mod proved;
mod same_end;

use super::safe_version;
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_model::migration::{Effect, Migrations, Outcome, Rewritten, SafeFile, SafeVersion, Step};
use architrave_model::script::{Location, TransactionMode};
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::{Database, PrivateServer, test_server};
use architrave_sql::actions::{Resolver, actions};
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};

pub(super) async fn connect(database: &Database) -> Client {
    let (client, connection) = database.config().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(super) async fn catalog(client: &mut Client) -> Catalog {
    read_catalog(client, &ReadOptions::default()).await.unwrap()
}

pub(super) fn public(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

/// One statement about `public.t`, as it would stand alone in a file.
pub(super) fn alone(before: Catalog, major: u16, text: &str, rewrites: bool) -> Migrations {
    let actions = actions(text, &Resolver::new(&before));
    let heap = Rewritten { relation: public("t"), index_of: None, existed: true };
    let step = Step {
        script: 0,
        statement: 0,
        location: Location::default(),
        text: text.to_owned(),
        transaction: Some(1),
        mode: TransactionMode::PerFile,
        actions,
        lock_timeout_ms: 0,
        statement_timeout_ms: 0,
        outcome: Outcome::Done,
        effect: Effect { rewrites: if rewrites { vec![heap] } else { Vec::new() }, ..Effect::default() },
        before: Arc::new(before),
        at_hand: Vec::new(),
    };
    Migrations { major, steps: vec![step], ..Migrations::default() }
}

pub(super) async fn apply(client: &Client, files: &[SafeFile]) {
    for file in files {
        let lock = file.lock_timeout_ms.filter(|_| file.transactional);
        let before = match (file.transactional, lock) {
            (true, Some(ms)) => format!("begin; set local lock_timeout = {ms}"),
            (true, None) => "begin".to_owned(),
            _ => String::new(),
        };
        client.batch_execute(&before).await.unwrap();
        for statement in &file.statements {
            if let Err(error) = client.batch_execute(statement).await {
                panic!("{}: {statement}\n{error:?}", file.title);
            }
        }
        if file.transactional {
            client.batch_execute("commit").await.unwrap();
        }
    }
}

/// Rows of a table as text, sorted, columns by name.
pub(super) async fn rows(client: &Client, table: &str) -> Vec<String> {
    let names: String =
        client.query_one("select string_agg(quote_literal(attname) || ', ' || quote_ident(attname) || '::text', ', ' order by attname) from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped", &[&table]).await.unwrap().get(0);
    let rows = client.query(&format!("select json_build_array({names})::text from {table} order by 1"), &[]).await.unwrap();
    rows.into_iter().map(|row| row.get(0)).collect()
}

/// Differences other than the order of columns.
fn different(mut wanted: Catalog, mut got: Catalog) -> Vec<String> {
    for table in wanted.tables.iter_mut().chain(&mut got.tables) {
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
    }
    differences(&wanted, &got, Ignore::default()).iter().map(architrave_model::catalog::compare::Difference::line).collect()
}

/// One statement and its safe version, compared.
pub(super) struct Case<'a> {
    pub(super) setup: &'a str,
    pub(super) statement: &'a str,
    pub(super) rewrites: bool,
    /// Whether the rows must be the same, too.
    pub(super) same_rows: bool,
}

impl Case<'_> {
    /// Executes both; gives the safe version for more to be said about it. None without a server.
    pub(super) async fn check(self) -> Option<SafeVersion> {
        self.check_on(test_server::shared().await?).await
    }

    pub(super) async fn check_on(self, server: &PrivateServer) -> Option<SafeVersion> {
        let plain = server.create_database("plain").await.unwrap();
        let safe = server.create_database("safe").await.unwrap();
        let (mut one, mut other) = (connect(&plain).await, connect(&safe).await);
        one.batch_execute(self.setup).await.unwrap();
        other.batch_execute(self.setup).await.unwrap();
        let before = catalog(&mut other).await;
        one.batch_execute(self.statement).await.unwrap();
        let migrations = alone(before.clone(), server.major(), self.statement, self.rewrites);
        let version = safe_version(&migrations, 0).unwrap_or_else(|| panic!("no safe version of {}", self.statement));
        apply(&other, &version.files).await;
        let (wanted, got) = (catalog(&mut one).await, catalog(&mut other).await);
        let lines = different(wanted, got);
        assert!(lines.is_empty(), "{}: {lines:#?}", self.statement);
        let invalid = "select count(*) from pg_index where not indisvalid";
        assert_eq!(other.query_one(invalid, &[]).await.unwrap().get::<_, i64>(0), 0, "{}", self.statement);
        let open = "select count(*) from pg_constraint where not convalidated";
        assert_eq!(other.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0, "{}", self.statement);
        if self.same_rows {
            assert_eq!(rows(&one, "t").await, rows(&other, "t").await, "{}", self.statement);
        }
        let downs: Vec<SafeFile> = version.files.iter().rev().map(|f| SafeFile { statements: f.down.clone(), ..f.clone() }).collect();
        if version.files.iter().all(|f| !f.down.is_empty()) {
            apply(&other, &downs).await;
            let lines = different(before, catalog(&mut other).await);
            assert!(lines.is_empty(), "the way back of {}: {lines:#?}", self.statement);
        }
        Some(version)
    }
}
