//! A shop to plan for: a private source server with skewed tables, statements that were counted, and snapshots of it.

use crate::cli::{Outcome, run};
use architrave_postgres::connect::{Connection, Environment, Limits, connect, parse};
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, test_server};
use std::path::PathBuf;
use tokio::sync::OnceCell;

/// A value that stands in rows only, and so often that statistics hold it.
pub(crate) const CANARY: &str = "canary-in-a-row";

static SCHEMA: &str = "
    create table customers (id bigint generated always as identity primary key, email text not null unique, country text not null,
        note text, referrer_id bigint);
    create table orders (id bigint generated always as identity primary key, customer_id bigint not null references customers (id),
        status text not null, total numeric(10,2) not null, placed_at timestamptz not null);
    create table order_items (order_id bigint not null references orders (id), line int not null, sku text not null,
        quantity int not null, primary key (order_id, line));
    create index orders_status_idx on orders (status);
    create view open_orders as select id, customer_id, total from orders where status = 'open';
    create table \"camelCase\" (\"Id\" bigint primary key, \"theValue\" text);
    create table never_analyzed (id bigint primary key, what text);
    alter table never_analyzed set (autovacuum_enabled = false);
    insert into customers (email, country, note, referrer_id)
        select 'c' || i || '@example.com', (array['de', 'de', 'de', 'at', 'ch'])[1 + i % 5], 'canary-in-a-row', nullif(i % 4, 0)
        from generate_series(1, 2000) i;
    insert into orders (customer_id, status, total, placed_at)
        select 1 + (i * 7919) % 2000, case when i % 50 = 0 then 'open' else 'canary-in-a-row' end, i % 500,
            timestamptz '2025-01-01' + i * interval '1 minute'
        from generate_series(1, 20000) i;
    insert into order_items select i, n, 'sku-' || (i * n) % 1000, n from generate_series(1, 20000) i, generate_series(1, 2) n;
    insert into \"camelCase\" select i, 'v' || i from generate_series(1, 5000) i;
    analyze customers, orders, order_items, \"camelCase\";
    insert into never_analyzed select i, 'x' from generate_series(1, 3000) i;";

/// Statements of the application, `$n` in place of their values.
pub(crate) static STATEMENTS: [&str; 3] = [
    "select id, total, placed_at from orders where customer_id = 7 order by placed_at desc limit 10",
    "select sku, sum(quantity) from order_items where order_id = 7 group by sku",
    "select \"theValue\" from \"camelCase\" where \"theValue\" = 'v7'",
];

/// The source. Tests only read it.
pub(crate) struct Shop {
    /// What `architrave` is given.
    pub(crate) url: String,
    /// The database.
    pub(crate) database: Database,
    /// Whether the server counts statements.
    pub(crate) counts: bool,
    /// A snapshot of it.
    pub(crate) snapshot: PathBuf,
    /// The directory of files, kept for as long as the process lives.
    pub(crate) files: tempfile::TempDir,
}

/// The shop of this test binary; none where no PostgreSQL can be had.
pub(crate) async fn shop() -> Option<&'static Shop> {
    static SHOP: OnceCell<Option<Shop>> = OnceCell::const_new();
    SHOP.get_or_init(open).await.as_ref()
}

async fn open() -> Option<Shop> {
    let (server, counts) = server().await?;
    let database = server.create_database("shop").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(SCHEMA).await.unwrap();
    if counts {
        client.batch_execute("create extension pg_stat_statements").await.unwrap();
    }
    // What filled the tables is not what the application writes.
    let forget = if counts { "select pg_stat_reset(), pg_stat_statements_reset()" } else { "select pg_stat_reset()" };
    client.batch_execute(forget).await.unwrap();
    for _ in 0..20 {
        for statement in STATEMENTS {
            client.batch_execute(statement).await.unwrap();
        }
    }
    let files = tempfile::tempdir().unwrap();
    let snapshot = files.path().join("shop.snapshot.json");
    let url = database.connection_string();
    let taken = run(&["snapshot", &url, "-o", snapshot.to_str().unwrap()]);
    assert_eq!(taken.status, 0, "{}", taken.stderr);
    Some(Shop { url, database, counts, snapshot, files })
}

/// A server that counts statements where it can, else the shared one.
async fn server() -> Option<(&'static PrivateServer, bool)> {
    static COUNTING: OnceCell<Option<PrivateServer>> = OnceCell::const_new();
    let start = || async {
        let extra_settings = vec![("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned())];
        PrivateServer::start(&ServerOptions { extra_settings, ..ServerOptions::from_env() }, &NoProgress).await.ok()
    };
    match COUNTING.get_or_init(start).await.as_ref() {
        Some(server) => Some((server, true)),
        None => test_server::shared().await.map(|server| (server, false)),
    }
}

impl Shop {
    /// A file beside the snapshot.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.files.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub(crate) fn snapshot(&self) -> String {
        self.snapshot.display().to_string()
    }

    /// The snapshot changed and written under another name.
    pub(crate) fn changed(&self, name: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut snapshot: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&self.snapshot).unwrap()).unwrap();
        change(&mut snapshot);
        self.file(name, &snapshot.to_string())
    }

    /// The connection string as another role.
    pub(crate) fn as_role(&self, role: &str) -> String {
        self.url.replace("user=postgres", &format!("user={role}"))
    }
}

/// A connection to what a command has printed.
pub(crate) async fn open_connection(text: &str) -> Connection {
    let target = parse(text, &Environment::default()).unwrap();
    connect(&target, &Limits::default()).await.unwrap()
}

/// What `EXPLAIN` says there.
pub(crate) async fn explained(connection: &Connection, sql: &str) -> String {
    let rows = connection.client.simple_query(&format!("explain {sql}")).await.unwrap();
    let lines = rows.iter().filter_map(|message| match message {
        architrave_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Outcome {
    /// The job was done and the document is JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("JSON")
    }

    /// The job was done; what it printed.
    #[track_caller]
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.status, 0, "{}", self.stderr);
        &self.stdout
    }
}
