//! What a twin cannot know is said; what grows, grows.

use super::{Source, assert_same, ddl, explain, server};
use crate::twin::{Growth, Twin, TwinError, TwinOptions};
use architrave_model::stats::{ColumnStats, IndexStats, TableStats};
use architrave_model::{QualifiedName, Snapshot, Stats};
use std::collections::BTreeMap;

const SHOP: &str = "create table country (id int primary key, name text);
create table customer (id int generated always as identity primary key, country int references country, name text, at timestamptz, state text);
create table orders (id bigserial primary key, customer int references customer, amount int);
create index by_name on customer (lower(name));
insert into country select i, 'c' || i from generate_series(1, 50) i;
insert into customer (country, name, at, state) select 1 + i % 50, 'n' || i % 200, '2024-01-01'::timestamptz + i * interval '1 hour',
    case when i % 10 = 0 then 'new' else 'old' end from generate_series(1, 5000) i;
insert into orders (customer, amount) select 1 + i % 400, i % 100 from generate_series(1, 20000) i;
create statistics by_state on country, state from customer;
create table never (a int);
insert into never select generate_series(1, 100);
analyze country;
analyze customer;
analyze orders;
";

fn gap<'a>(twin: &'a Twin, what: &str) -> &'a str {
    let gap = twin.gaps().iter().find(|gap| gap.what == what);
    gap.map_or_else(|| panic!("{what} is not among {:#?}", twin.gaps()), |gap| gap.why.as_str())
}

fn rows(plan: &str) -> i64 {
    plan.split("rows=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_is_not_known_is_said() {
    let Some(mut source) = Source::new(SHOP).await else { return };
    let role = format!("blind_{}", source.database.name());
    source.client.batch_execute(&format!("create role {role} login; grant select on country, customer to {role}")).await.unwrap();

    let twin = source.twin(&source.snapshot_as(&role).await).await;
    assert!(gap(&twin, "column statistics of 1 table").starts_with("none were shown: public.orders."), "{:#?}", twin.gaps());
    assert!(gap(&twin, "statistics of 1 table").starts_with("never gathered: public.never."));
    // 12 and 13 show all but the list of values to anybody who may read the table.
    assert!(twin.gaps().iter().any(|gap| gap.why.ends_with(": public.by_state") || gap.what == "extended statistics public.by_state"));
    assert_eq!(gap(&twin, "statistics of the expressions of 1 index"), "none were shown, as to anybody but the owner: public.by_name");

    let mut snapshot = source.snapshot().await;
    let twin = source.twin(&snapshot).await;
    assert_eq!(twin.gaps().len(), 1, "{:#?}", twin.gaps());
    snapshot.mask();
    let twin = source.twin(&snapshot).await;
    assert!(gap(&twin, "column statistics").starts_with("the snapshot is masked"));
    let client = twin.connect().await.unwrap();
    assert_eq!(rows(&explain(&client, "select * from country where id = 7").await), 1);

    snapshot.stats = None;
    snapshot.settings = None;
    let twin = source.twin(&snapshot).await;
    assert!(gap(&twin, "statistics").starts_with("the snapshot has none"));
    assert!(gap(&twin, "planner settings").starts_with("the snapshot has none"));
}

#[tokio::test]
async fn what_cannot_be_made_is_left_out() {
    let Some(mut source) = Source::new(SHOP).await else { return };
    let snapshot = source.snapshot().await;
    let mut ddl = ddl(&snapshot);
    // 12 lets nobody add to its own collations.
    let collation = if source.server.major() > 12 { "collate \"xx_YY\"" } else { "" };
    let customer = format!("create table public.customer (place nowhere.geometry, old text {collation}, ");
    for statement in &mut ddl {
        let orders = statement.replace("create table public.orders (", "create table public.orders (shape nothing, ");
        *statement = orders.replace("create table public.customer (", &customer);
    }
    ddl.push("create table public.extra (a int) -- a comment".to_owned());
    ddl.push("create index on public.customer using nothing (name)".to_owned());
    ddl.push("create view public.seen as select * from public.orders".to_owned());
    let twin = Twin::build(source.server, &ddl, &snapshot, &TwinOptions::default()).await.unwrap();
    assert_eq!(gap(&twin, "create table public.orders"), "type \"nothing\" does not exist");
    assert_eq!(gap(&twin, "create index on public.customer using nothing"), "access method \"nothing\" does not exist");
    assert_eq!(gap(&twin, "1 table"), "left out, because a statement that makes them failed or was not given: public.orders");
    let dependents = twin.gaps().iter().find(|gap| gap.what.starts_with("what depends on relations that were left out (")).unwrap();
    assert!(dependents.why.ends_with("create view public.seen as select * from public.orders"), "{dependents:?}");
    assert!(gap(&twin, "type nowhere.geometry").starts_with("this server does not have it: text stands in"));
    let client = twin.connect().await.unwrap();
    assert_same(&source.client, &client, &["select id from customer where lower(name) = 'n7'"]).await;
    explain(&client, "select * from extra").await;
    if source.server.major() > 12 {
        assert!(gap(&twin, "collation xx_YY").starts_with("this machine does not have it"));
    }
}

/// Rows after the last ANALYZE: PostgreSQL finds the largest id in the index, the twin in the sequence.
#[tokio::test]
async fn the_newest_keys_are_known() {
    let sql = "create table log (id bigserial primary key, at timestamptz, note text);
create index on log (at);
insert into log (at, note) select '2024-01-01'::timestamptz + i * interval '1 minute', 'n' from generate_series(1, 20000) i;
analyze log;
insert into log (at, note) select '2024-01-01'::timestamptz + i * interval '1 minute', 'n' from generate_series(20001, 23000) i;
";
    let Some(mut source) = Source::new(sql).await else { return };
    let mut snapshot = source.snapshot().await;
    let queries =
        ["select * from log where id > 22000", "select * from log where id between 19900 and 21000", "select * from log where id < 50"];
    let twin = source.twin(&snapshot).await;
    assert_same(&source.client, &twin.connect().await.unwrap(), &queries).await;
    // The counters of the source's session arrive some time later.
    let table = &mut snapshot.stats.as_mut().unwrap().tables[0];
    (table.modified_since_analyze, table.inserted) = (3000, 23000);
    let twin = source.twin(&snapshot).await;
    assert!(gap(&twin, "conditions on the newest rows").ends_with(": public.log.at"));
}

#[tokio::test]
async fn data_grows_and_fixed_lists_stay() {
    let Some(mut source) = Source::new(SHOP).await else { return };
    let snapshot = source.snapshot().await;
    let growth = Growth { factor: 10.0, tables: BTreeMap::from([("nothing".to_owned(), 2.0)]) };
    let twin = source.twin_with(&snapshot, &TwinOptions { growth }).await;
    let factor = |name: &str| twin.growth().iter().find(|t| t.name.name == name).unwrap();
    assert_eq!((factor("orders").factor, factor("customer").factor, factor("country").factor), (10.0, 10.0, 1.0));
    assert_eq!(factor("country").why.as_deref(), Some("looks like a fixed list: 50 rows"));
    assert_eq!(gap(&twin, "growth of nothing"), "there is no table of that name");
    assert!(gap(&twin, "growth of extended statistics").ends_with(": public.by_state"));
    assert!(gap(&twin, "growth of columns with times").ends_with("public.customer.at"));
    let client = twin.connect().await.unwrap();
    let plan = async |query: &str| rows(&explain(&client, query).await);
    assert_eq!(plan("select * from orders").await, 200_000);
    assert_eq!(plan("select * from country").await, 50);
    // 400 customers have orders, then 4,000; those that are listed keep their share, the others are as many as before at most.
    assert!((30..=50).contains(&plan("select * from orders where customer = 399").await));
    // A state stays a tenth; an id beyond the old end is found; the old tenth is a hundredth now.
    assert_eq!(plan("select * from customer where state = 'new'").await, 5000);
    assert_eq!(plan("select * from customer where id = 49000").await, 1);
    assert!((plan("select * from customer where id <= 500").await - 500).abs() < 60);
    assert!((plan("select * from customer c join orders o on o.customer = c.id").await - 200_000).abs() < 1000);

    let growth = Growth { factor: 10.0, tables: BTreeMap::from([("country".to_owned(), 4.0), ("public.orders".to_owned(), 1.0)]) };
    let twin = source.twin_with(&snapshot, &TwinOptions { growth }).await;
    let client = twin.connect().await.unwrap();
    assert_eq!(rows(&explain(&client, "select * from country").await), 200);
    assert_eq!(rows(&explain(&client, "select * from orders").await), 20_000);
}

/// A table of 5 TB takes no space, and its plan is that of a large table.
#[tokio::test]
async fn large_tables_are_sparse() {
    let Some(server) = server().await else { return };
    let public = |name: &str| QualifiedName::new("public", name);
    let bytes = 5_i64 << 40;
    let table = TableStats { name: public("huge"), rows: 4e10, pages: bytes / 8192, main_bytes: Some(bytes), ..TableStats::default() };
    let index = IndexStats {
        name: public("huge_pkey"),
        table: "huge".to_owned(),
        rows: 4e10,
        pages: 1 << 27,
        bytes: Some(1 << 40),
        ..IndexStats::default()
    };
    let id = ColumnStats { table: public("huge"), column: "id".to_owned(), average_width: 8, distinct: -1.0, ..ColumnStats::default() };
    let stats = Stats { tables: vec![table], indexes: vec![index], columns: vec![id], ..Stats::default() };
    let snapshot = Snapshot { stats: Some(stats), ..Snapshot::default() };
    let ddl = ["create table public.huge (id bigint primary key, filler text)".to_owned()];
    let twin = Twin::build(server, &ddl, &snapshot, &TwinOptions::default()).await.unwrap();
    let client = twin.connect().await.unwrap();
    assert_eq!(rows(&explain(&client, "select * from huge").await), 40_000_000_000);
    let plan = explain(&client, "select * from huge where id = 7").await;
    assert!(plan.starts_with("Index Scan using huge_pkey on huge  (cost=0.71"), "{plan}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_one_sentence() {
    let Some(mut source) = Source::new(SHOP).await else { return };
    let snapshot = source.snapshot().await;
    let options = crate::server::ServerOptions::from_env().with_major(crate::session::testing::major());
    let server = crate::server::PrivateServer::start(&options, &crate::server::NoProgress).await.unwrap();
    let twin = Twin::build(&server, &ddl(&snapshot), &snapshot, &TwinOptions::default()).await.unwrap();
    let client = twin.connect().await.unwrap();
    let index = twin.find(&client, &QualifiedName::new("public", "orders_pkey")).await.unwrap();
    let missing = twin.find(&client, &QualifiedName::new("public", "nothing")).await.unwrap_err();
    assert_eq!(missing.to_string(), "the twin has no relation public.nothing");
    server.stop().await.unwrap();
    let error = twin.show(&client, &[], &[index]).await.unwrap_err();
    assert!(matches!(error, TwinError::Lost { .. }), "{error}");
    assert!(matches!(twin.connect().await.unwrap_err(), TwinError::Server(_)));
}
