//! The planner over twins: what it answers, and advice for a small shop from end to end.

mod sizes;

use super::{Planned, Planner};
use architrave_advise::index::{AdvisedQuery, IndexInput, Limits, Replicas, advise_indexes};
use architrave_model::Snapshot;
use architrave_model::catalog::{Index, IndexKey, NullsOrder};
use architrave_model::index_advice::IndexAdvice;
use architrave_model::name::QualifiedName;
use architrave_model::what_if::{IndexSize, Request, TrialIndex, WhatIf};
use architrave_model::workload::{QueryShape, QuerySource, WorkloadQuery};
use architrave_postgres::SimpleQueryMessage;
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::replay::ADMIN;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions};
use architrave_postgres::twin::{Twin, TwinOptions};
use architrave_sql::generate::{GenerateOptions, create_statements};
use tokio_postgres::NoTls;

const SHOP: &str = include_str!("tests/shop.sql");

/// A server of our own: a twin takes the superuser's name away.
async fn server() -> Option<PrivateServer> {
    match PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await {
        Ok(server) => Some(server),
        Err(error) if error.is_absent() => None,
        Err(error) => panic!("the test server: {error}"),
    }
}

/// The snapshot of a database that these statements made.
async fn snapshot(server: &PrivateServer, sql: &str) -> Snapshot {
    architrave_postgres::replay::Confined::new(server).await.unwrap();
    let database = server.create_database("source").await.unwrap();
    let (mut client, connection) = database.config().user(ADMIN).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in sql.split(";\n").filter(|s| !s.trim().is_empty()) {
        client.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }
    read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap()
}

async fn twins(server: &PrivateServer, snapshot: &Snapshot, count: usize) -> Vec<Twin> {
    let ddl = create_statements(&snapshot.catalog, &GenerateOptions::default()).statements;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(Twin::build(server, &ddl, snapshot, &TwinOptions::default()).await.unwrap());
    }
    all
}

/// What a statement asks, from the plan without any index.
async fn shape(twin: &Twin, snapshot: &Snapshot, sql: &str) -> QueryShape {
    let client = twin.connect().await.unwrap();
    let bare = "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off; set enable_mergejoin = off;
                set max_parallel_workers_per_gather = 0";
    client.batch_execute(bare).await.unwrap();
    let answer = client.simple_query(&format!("explain (verbose, format json) {sql}")).await.unwrap();
    let row = answer.iter().find_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0) } else { None }).unwrap();
    let plans: Vec<architrave_model::plan::Plan> = serde_json::from_str(row).unwrap();
    architrave_sql::plan_shape::shape(&plans[0], &snapshot.catalog)
}

fn planned(id: &str, sql: &str) -> Planned {
    Planned { id: id.into(), variants: vec![(sql.into(), 1.0)], search_path: None }
}

fn trial(table: &str, column: &str, rows: f64) -> TrialIndex {
    let key = IndexKey {
        column: Some(column.into()),
        expression: None,
        operator_class: None,
        collation: None,
        descending: false,
        nulls: NullsOrder::Last,
    };
    let name = format!("by_{}", column.to_lowercase());
    let create = format!("create index {name} on public.\"{table}\" (\"{column}\")");
    let index: Index = serde_json::from_value(serde_json::json!({
        "name": name, "method": "btree", "keys": [key], "unique": false, "primary": false, "valid": true, "definition": create,
    }))
    .unwrap();
    let size = IndexSize { pages: (rows / 300.0).ceil(), rows, height: 1 };
    TrialIndex { table: QualifiedName::new("public", table), index, create, size, existing: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_follow_what_is_visible_on_every_worker() {
    let Some(server) = server().await else { return };
    let snapshot = snapshot(&server, SHOP).await;
    let twins = twins(&server, &snapshot, 2).await;
    let queries = vec![
        planned("by customer", "select * from \"Order\" where \"customerId\" = 7"),
        planned("by key", "select * from \"Order\" where id = 7"),
    ];
    let outcome = tokio::task::spawn_blocking(move || {
        let mut planner = Planner::new(twins, queries).unwrap();
        let mut broken = trial("Order", "nowhere", 1.0);
        broken.create = "create index by_nowhere on public.\"Order\" ((random()))".into();
        let refused = planner.add(&[trial("Order", "customerId", 20_000.0), broken, trial("Order", "total", 20_000.0)]).unwrap();
        assert_eq!(refused[0], None);
        assert_eq!(refused[1].as_deref(), Some("functions in index expression must be marked IMMUTABLE"));
        let request = |query: usize, visible: &[u32]| Request { query, visible: visible.to_vec() };
        // More requests than workers, so that each worker has some.
        let mut requests = Vec::new();
        for _ in 0..8 {
            requests.extend([request(0, &[]), request(0, &[0, 2]), request(1, &[2]), request(0, &[2])]);
        }
        planner.cost(&requests).unwrap()
    })
    .await
    .unwrap();
    for four in outcome.chunks(4) {
        assert!(four[1].cost < four[0].cost / 1.5, "{four:?}");
        assert_eq!(four[1].used, [0]);
        assert_eq!(four[2].used_others, [QualifiedName::new("public", "Order_pkey")]);
        assert!((four[3].cost - four[0].cost).abs() < 1e-9, "an index that does not serve changes nothing: {four:?}");
    }
}

const PARTS: &str = "create table part (id bigint, region int, at date) partition by range (at);
create table part_23 partition of part for values from ('2023-01-01') to ('2024-01-01');
create table part_24 partition of part for values from ('2024-01-01') to ('2025-01-01');
insert into part select i, i % 900, '2023-01-01'::date + i % 700 from generate_series(1, 20000) i;
create index existing on part (id);
vacuum analyze;
";

#[tokio::test(flavor = "multi_thread")]
async fn indexes_of_partitions_count_as_their_parents_and_existing_ones_can_be_hidden() {
    let Some(server) = server().await else { return };
    let snapshot = snapshot(&server, PARTS).await;
    let twins = twins(&server, &snapshot, 1).await;
    let queries = vec![planned("by region", "select * from part where region = 7"), planned("by id", "select * from part where id = 7")];
    let answers = tokio::task::spawn_blocking(move || {
        let mut planner = Planner::new(twins, queries).unwrap();
        let mut existing = trial("part", "id", 20_000.0);
        (existing.index.name, existing.existing) = ("existing".into(), true);
        assert_eq!(planner.add(&[existing, trial("part", "region", 20_000.0)]).unwrap(), [None, None]);
        let request = |query: usize, visible: &[u32]| Request { query, visible: visible.to_vec() };
        let requests = [request(0, &[0, 1]), request(0, &[0]), request(1, &[0, 1]), request(1, &[1])];
        planner.cost(&requests).unwrap()
    })
    .await
    .unwrap();
    assert_eq!((answers[0].used.as_slice(), answers[2].used.as_slice()), (&[1][..], &[0][..]), "{answers:?}");
    assert!(answers[1].cost > 3.0 * answers[0].cost && answers[3].cost > 3.0 * answers[2].cost, "{answers:?}");
    assert!(answers[1].used.is_empty() && answers[3].used.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_cannot_be_planned_is_named() {
    let Some(server) = server().await else { return };
    let snapshot = snapshot(&server, "create table t (a int);\n").await;
    let twins = twins(&server, &snapshot, 1).await;
    let error = tokio::task::spawn_blocking(move || {
        let mut planner = Planner::new(twins, vec![planned("broken", "select * from missing")]).unwrap();
        planner.cost(&[Request { query: 0, visible: Vec::new() }]).unwrap_err()
    })
    .await
    .unwrap();
    assert_eq!(error.to_string(), "query broken cannot be planned: relation \"missing\" does not exist");
}

const QUERIES: &[(&str, &str)] = &[
    ("latest of a customer", "select id, total from \"Order\" where \"customerId\" = 7 order by created_at desc limit 10"),
    ("open", "select * from \"Order\" where status = 'open'"),
    ("case matters", "select * from customer where name = 'Customer Number 7'"),
    ("by mail", "select * from customer where lower(email) = 'user77@example.com'"),
    ("by json key", "select * from event where payload ->> 'kind' = 'k17'"),
    ("by json part", "select * from event where payload @> '{\"kind\": \"k17\"}'"),
    ("by tag", "select * from event where tags @> array['t333']"),
    ("in the middle", "select * from customer where email like '%er77@%'"),
    ("common table expression", "with recent as (select * from event where at > '2030-01-01') select count(*) from recent"),
    ("joined", "select c.email, sum(o.total) from customer c join \"Order\" o on o.\"customerId\" = c.id where c.id = 12 group by 1"),
];

async fn shop_advice(server: &PrivateServer, snapshot: &Snapshot) -> IndexAdvice {
    let twins = twins(server, snapshot, 2).await;
    let mut queries = Vec::new();
    for (id, sql) in QUERIES {
        let query = WorkloadQuery {
            id: (*id).into(),
            text: (*sql).into(),
            source: QuerySource::Given,
            calls: 100.0,
            mean_ms: None,
            rows_per_call: None,
            search_path: None,
            variants: Vec::new(),
            logged_plan: None,
        };
        queries.push((query, [shape(&twins[0], snapshot, sql).await]));
    }
    let snapshot = snapshot.clone();
    tokio::task::spawn_blocking(move || {
        let mut planner = Planner::new(twins, QUERIES.iter().map(|(id, sql)| planned(id, sql)).collect()).unwrap();
        let advised: Vec<AdvisedQuery<'_>> =
            queries.iter().map(|(query, shapes)| AdvisedQuery { query, shapes, writes: Vec::new() }).collect();
        let input = IndexInput {
            catalog: &snapshot.catalog,
            stats: snapshot.stats.as_ref(),
            major: snapshot.server.major(),
            queries: &advised,
            budget: None,
            replicas: Replicas::None,
        };
        advise_indexes(&input, &mut planner, Limits { expired: &|| false, candidates: Limits::CANDIDATES }).unwrap()
    })
    .await
    .unwrap()
}

/// What rivals get wrong: letters of literals, camelCase names, names of common table expressions, jsonb, `LIKE '%x%'`, `lower()`,
/// arrays.
#[tokio::test(flavor = "multi_thread")]
async fn advice_for_a_shop() {
    let Some(server) = server().await else { return };
    let snapshot = snapshot(&server, SHOP).await;
    let advice = shop_advice(&server, &snapshot).await;
    let helps: Vec<String> = advice.steps.iter().map(|s| format!("{:?} {:?}", s.up, s.helps)).collect();
    let up: Vec<&str> = advice.steps.iter().flat_map(|s| &s.up).map(String::as_str).collect();
    for wanted in ["on public.\"Order\" (\"customerId\", created_at)", "on public.customer ((lower(email)))", "using gin (tags)"] {
        assert!(up.iter().any(|s| s.contains(wanted)), "{wanted} is not in {helps:#?}");
    }
    assert!(up.iter().any(|s| s.contains("payload")), "{up:#?}");
    assert!(advice.withheld.iter().any(|w| w.reason.contains("pg_trgm")), "{:?}", advice.withheld);
    assert!(advice.summary.cost_left() < 0.6, "{:?}", advice.summary);
    // Every statement is one that the source accepts.
    let database = server.create_database("check").await.unwrap();
    let (client, connection) = database.config().user(ADMIN).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let ddl = create_statements(&snapshot.catalog, &GenerateOptions::default()).statements;
    for statement in ddl.iter().map(String::as_str).chain(up) {
        client.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }
    assert_eq!(advice, shop_advice(&server, &snapshot).await, "the same input gives the same advice");
}
