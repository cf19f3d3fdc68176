//! A shop's workload as ORMs write it, planned on a server that holds the shop.

mod defects;
mod suite;

use super::{PlannedWorkload, plan_workload};
use architrave_model::Snapshot;
use architrave_model::workload::{QuerySource, Workload, WorkloadQuery};
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::{Database, NoProgress, PrivateServer, test_server};
use expect_test::expect_file;
use std::fmt::Write as _;

const SHOP: &str = include_str!("shop.sql");
const ORM: &str = include_str!("orm.txt");

/// A query of a text as `pg_stat_statements` has it.
fn query(text: &str) -> WorkloadQuery {
    WorkloadQuery {
        id: architrave_sql::parameters::identity(text),
        text: text.to_owned(),
        source: QuerySource::Given,
        calls: 10.0,
        mean_ms: None,
        rows_per_call: None,
        search_path: None,
        variants: Vec::new(),
        logged_plan: None,
    }
}

fn workload<'a>(texts: impl Iterator<Item = &'a str>) -> Workload {
    Workload { queries: texts.map(query).collect(), refused: Vec::new() }
}

/// A database made by a script, and its snapshot.
async fn source(server: &PrivateServer, script: &str) -> (Database, Snapshot) {
    let database = server.create_database("workload").await.unwrap();
    let mut client = database.connect().await.unwrap();
    client.batch_execute(script).await.unwrap();
    let snapshot = read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap();
    (database, snapshot)
}

async fn plan(script: &str, workload: Workload) -> Option<PlannedWorkload> {
    plan_on(test_server::shared().await?, script, workload).await
}

async fn plan_on(server: &PrivateServer, script: &str, workload: Workload) -> Option<PlannedWorkload> {
    let (database, snapshot) = source(server, script).await;
    let client = database.connect().await.unwrap();
    Some(plan_workload(&client, workload, snapshot.stats.as_ref(), &snapshot.catalog).await.unwrap())
}

fn print(planned: &PlannedWorkload) -> String {
    let mut text = String::new();
    for query in &planned.queries {
        writeln!(text, "{}", query.query.text).unwrap();
        for (variant, plan) in query.query.variants.iter().zip(&query.plans) {
            writeln!(text, "  {} {:.2}: {}", variant.choice, variant.share, variant.sql).unwrap();
            assert_eq!(variant.choice, plan.choice);
        }
        query.notes.iter().for_each(|note| writeln!(text, "  note: {note}").unwrap());
        query.search_path.iter().for_each(|path| writeln!(text, "  search path: {path}").unwrap());
    }
    for refused in &planned.refused {
        writeln!(text, "refused: {}\n  {}", refused.text, refused.reason).unwrap();
    }
    text
}

/// 41 of 42; the other one begins a transaction.
fn check(planned: &PlannedWorkload) {
    assert_eq!(planned.queries.len(), 41, "{:#?}", planned.refused);
    for query in &planned.queries {
        let shares: f64 = query.query.variants.iter().map(|v| v.share).sum();
        assert!((shares - 1.0).abs() < 1e-9 && query.query.variants.len() == query.plans.len(), "{query:?}");
        assert!(query.query.text.to_lowercase().starts_with("insert") || !query.shape.scans.is_empty(), "{query:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_of_many_frameworks_is_planned() {
    assert_eq!(ORM.lines().count(), 42);
    let Some(server) = test_server::shared_major(15).await else { return };
    let planned = plan_on(server, SHOP, workload(ORM.lines())).await.unwrap();
    expect_file!["orm_planned.txt"].assert_eq(&print(&planned));
    check(&planned);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_and_the_newest_server_plan_it_too() {
    for major in [12, 18] {
        let Some(server) = test_server::shared_major(major).await else { return };
        check(&plan_on(server, SHOP, workload(ORM.lines())).await.unwrap());
    }
}
