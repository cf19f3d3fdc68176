//! Rewrites that are equal and rewrites that are not, told apart by running them.

use super::{Equivalence, compare};
use architrave_model::Catalog;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, test_server};
use architrave_sql::rewrite::{Comparison, Rewrite, RewriteKind, rewrites};

const SCHEMA: &str = "create type mood as enum ('calm', 'cross');
    create table customers (id bigint primary key, name text, region text, mood mood);
    create table orders (id bigint generated always as identity primary key, customer_id bigint references customers, payer_id bigint not null,
        total numeric(10,2) not null, placed_at timestamptz not null, shipped_at timestamp);
    create table \"Item\" (\"orderId\" bigint references orders, sku text check (sku <> 'c'), qty int);";

async fn with_schema(work: impl AsyncFnOnce(&Confined<'_>, &Database, &Catalog)) {
    if test_server::shared().await.is_none() {
        return;
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let base = confined.create_database("base").await.unwrap();
    let mut client = confined.owner(&base).await.unwrap();
    client.batch_execute(SCHEMA).await.unwrap();
    let catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    drop(client);
    work(&confined, &base, &catalog).await;
    drop(base);
    server.stop().await.unwrap();
}

/// The verdict over the rewrite of that kind.
async fn verdict(server: &Confined<'_>, base: &Database, catalog: &Catalog, kind: RewriteKind, sql: &str) -> Equivalence {
    let offered = rewrites(sql, catalog);
    let rewrite = offered.iter().find(|r| r.kind == kind).unwrap_or_else(|| panic!("no {kind:?} of {sql}"));
    compare(server, base, catalog, sql, rewrite).await.unwrap()
}

#[tokio::test]
async fn equal_ones_are_equal() {
    with_schema(async |server, base, catalog| {
        let cases = [
            (RewriteKind::NotInToNotExists, "select * from customers where id not in (select payer_id from orders where total > 2)"),
            (
                RewriteKind::OrToUnionAll,
                "select o.id, c.name from orders o left join customers c on c.id = o.customer_id where o.total > 3 or c.region = 'b'",
            ),
            (RewriteKind::OffsetToKeyset, "select * from orders order by placed_at desc limit 20 offset 1000"),
            (
                RewriteKind::OffsetToKeyset,
                "select o.id from orders o where o.total > $1 order by o.total, o.placed_at desc limit $2 offset $3",
            ),
            (
                RewriteKind::CorrelatedToJoin,
                "select c.*, (select count(*) from orders o where o.customer_id = c.id and o.total > 3) from customers c",
            ),
            (
                RewriteKind::CorrelatedToJoin,
                "select * from orders o where o.total > (select avg(p.total) from orders p where p.customer_id = o.customer_id) limit 3",
            ),
            (RewriteKind::FunctionToRange, "select id from orders where date(placed_at) = '2024-01-31'"),
            (RewriteKind::FunctionToRange, "select id from orders where date_trunc('month', shipped_at) = '2024-01-01'"),
            (RewriteKind::FunctionToRange, "select id from orders where extract(year from shipped_at) = 2024"),
        ];
        for (kind, sql) in cases {
            let found = verdict(server, base, catalog, kind, sql).await;
            assert!(matches!(found, Equivalence::Same { rows, .. } if rows >= 10), "{sql}: {found:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_null_in_not_in_is_found_and_shown() {
    with_schema(async |server, base, catalog| {
        let sql = "select id from customers where id not in (select customer_id from orders)";
        let Equivalence::Differs(example) = verdict(server, base, catalog, RewriteKind::NotInToNotExists, sql).await else {
            panic!("a nullable column in NOT IN is no NOT EXISTS");
        };
        assert!(example.inserts.len() <= 2, "{:?}", example.inserts);
        assert!(example.inserts.iter().any(|i| i.contains("null")), "{:?}", example.inserts);
        assert_eq!((example.original, example.rewritten), (0, 1));
        assert!(example.sentence().contains("not at all"), "{}", example.sentence());
    })
    .await;
}

#[tokio::test]
async fn wrong_rewrites_are_refuted() {
    with_schema(async |server, base, catalog| {
        let cases = [
            // Rows that satisfy both sides come twice.
            (
                "select id from orders where total > 3 or payer_id > 4",
                "select id from orders where total > 3 union all select id from orders where payer_id > 4",
            ),
            // A join multiplies rows.
            (
                "select c.id from customers c where c.id in (select payer_id from orders)",
                "select c.id from customers c join orders o on o.payer_id = c.id",
            ),
            // A lost outer row.
            (
                "select c.id, (select count(*) from orders o where o.customer_id = c.id) from customers c",
                "select c.id, count(*) from customers c join orders o on o.customer_id = c.id group by 1",
            ),
        ];
        for (original, sql) in cases {
            let rewrite = Rewrite { kind: RewriteKind::OrToUnionAll, sql: sql.into(), comparison: Comparison::SameRows };
            let found = compare(server, base, catalog, original, &rewrite).await.unwrap();
            assert!(matches!(found, Equivalence::Differs(_)), "{sql}: {found:?}");
        }
        // Keys that may be NULL cannot be paged by comparison.
        let sql = "select id from orders order by shipped_at limit 10 offset 10";
        let found = verdict(server, base, catalog, RewriteKind::OffsetToKeyset, sql).await;
        assert!(matches!(found, Equivalence::Differs(_)), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_compared_says_why() {
    with_schema(async |server, base, catalog| {
        let rewrite = |sql: &str| Rewrite { kind: RewriteKind::NotInToNotExists, sql: sql.into(), comparison: Comparison::SameRows };
        let why = async |original: &str, sql: &str| match compare(server, base, catalog, original, &rewrite(sql)).await.unwrap() {
            Equivalence::Unknown { why } => why,
            other => panic!("{other:?}"),
        };
        assert!(why("select 1", "select 1").await.contains("reads no table"));
        assert!(why("select id from orders", "select no_such from orders").await.contains("does not exist"));
        assert!(
            why("select id from orders where total < -1", "select id from orders where total < -2")
                .await
                .contains("nothing could be compared")
        );
    })
    .await;
}
