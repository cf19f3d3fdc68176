//! A schema like TPC-H's with skewed rows, and queries like its own.

use super::{Source, assert_same, explain};
use crate::twin::Candidate;
use architrave_model::{QualifiedName, Snapshot};

const SCHEMA: &str = include_str!("tpch.sql");

const QUERIES: &[&str] = &[
    "select l_returnflag, sum(l_quantity) from lineitem where l_shipdate <= date '1998-09-02' group by 1 order by 1",
    "select l_orderkey, sum(l_extendedprice) from customer, orders, lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey
     and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15' group by 1 order by 2 desc limit 10",
    "select o_orderpriority, count(*) from orders where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-10-01'
     and exists (select from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate) group by 1",
    "select n_name, sum(l_extendedprice) from customer, orders, lineitem, supplier, nation, region where c_custkey = o_custkey
     and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = n_nationkey
     and n_regionkey = r_regionkey and r_name = 'ASIA' group by 1",
    "select sum(l_extendedprice * l_discount) from lineitem where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
     and l_discount between 0.05 and 0.07 and l_quantity < 24",
    "select * from orders where o_orderkey = 42",
    "select * from lineitem where l_orderkey between 100 and 120 order by l_orderkey",
    "select * from orders o join lineitem l on l.l_orderkey = o.o_orderkey where o.o_custkey = 7",
    "select c_custkey from customer where c_name like 'Customer#00000001%'",
    "select * from orders where o_comment ~ 'special'",
    "select count(*) from orders where o_orderpriority in ('1-URGENT', '2-HIGH')",
    "select c_custkey, count(o_orderkey) from customer left join orders on c_custkey = o_custkey group by 1",
    "select o_orderkey from orders order by o_orderkey desc limit 5",
    "select * from part, partsupp where p_partkey = ps_partkey and p_size = 15 and p_type like '%BRASS'",
];

/// One source, read as a superuser, from a file, as a role that may only read (it sees `pg_stats` and no meta pages: the heights of trees
/// are computed), and with settings of its own.
#[tokio::test]
async fn plans_are_identical() {
    let Some(mut source) = Source::new(SCHEMA).await else { return };
    let snapshot = source.snapshot().await;
    let text = serde_json::to_string(&snapshot).unwrap();
    let from_file: Snapshot = serde_json::from_str(&text).unwrap();
    let (twin, second) = tokio::join!(source.twin(&snapshot), source.twin(&from_file));
    for twin in [twin, second] {
        assert!(twin.gaps().is_empty(), "{:?}", twin.gaps());
        assert_same(&source.client, &twin.connect().await.unwrap(), QUERIES).await;
    }

    let role = format!("reader_{}", source.database.name());
    source.client.batch_execute(&format!("create role {role} login; grant select on all tables in schema public to {role}")).await.unwrap();
    let as_reader = source.snapshot_as(&role).await;
    assert!(as_reader.stats.as_ref().unwrap().indexes.iter().all(|index| index.tree_level.is_none()));
    let twin = source.twin(&as_reader).await;
    assert_same(&source.client, &twin.connect().await.unwrap(), QUERIES).await;

    let settings = "set random_page_cost = 1.1; set work_mem = '64kB'; set enable_hashjoin = off; set effective_cache_size = '16MB';
        set cpu_tuple_cost = 0.03; set search_path = public, \"$user\"";
    source.client.batch_execute(settings).await.unwrap();
    let mut snapshot = source.snapshot().await;
    let twin = source.twin(&snapshot).await;
    assert_same(&source.client, &twin.connect().await.unwrap(), QUERIES).await;

    snapshot.server.version_num = 110_000;
    let twin = source.twin(&snapshot).await;
    assert!(twin.gaps()[0].why.starts_with("the twin runs PostgreSQL "), "{:?}", twin.gaps());
}

/// A candidate must be planned as the same index is on the source, where it is built for real.
#[tokio::test]
async fn a_candidate_is_planned_as_if_it_were_built() {
    let Some(mut source) = Source::new(SCHEMA).await else { return };
    let snapshot = source.snapshot().await;
    let twin = source.twin(&snapshot).await;
    let client = twin.connect().await.unwrap();
    let query = "select * from lineitem where l_receiptdate = date '1994-05-05'";
    let before = explain(&client, query).await;
    let definition = "create index by_receipt on public.lineitem (l_receiptdate)";
    source.client.batch_execute(&format!("{definition}; checkpoint")).await.unwrap();
    let built = source.snapshot().await;
    let stats = built.stats.as_ref().unwrap().index("public", "by_receipt").unwrap();
    let candidate = Candidate {
        table: QualifiedName::new("public", "lineitem"),
        definition: definition.to_owned(),
        pages: stats.bytes.unwrap() / 8192,
        rows: stats.rows,
        height: None,
    };
    let index = twin.add_index(&candidate).await.unwrap();
    assert_eq!(index.name, QualifiedName::new("public", "by_receipt"));
    assert_same(&source.client, &client, &[query]).await;
    assert_same(&source.client, &client, QUERIES).await;
    client.batch_execute("begin").await.unwrap();
    twin.show(&client, &[], &[index.oid]).await.unwrap();
    assert_eq!(explain(&client, query).await, before);
    assert_ne!(explain(&twin.connect().await.unwrap(), query).await, before);
    client.batch_execute("rollback").await.unwrap();
    assert_same(&source.client, &client, &[query]).await;
    let wrong = Candidate { definition: "create index on public.lineitem (nothing)".to_owned(), ..candidate };
    let error = twin.add_index_with(&client, &wrong).await.unwrap_err().to_string();
    assert_eq!(error, "the twin's server refused to create the index: column \"nothing\" does not exist");
    assert_same(&source.client, &client, &[query]).await;
}

/// One that is refused takes no other with it, answers come in the order of the questions, and other tables stay as they are.
#[tokio::test]
async fn many_candidates_are_added_at_once() {
    let Some(mut source) = Source::new(SCHEMA).await else { return };
    let snapshot = source.snapshot().await;
    let twin = source.twin(&snapshot).await;
    let client = twin.connect().await.unwrap();
    let on = |table: &str, definition: &str| Candidate {
        table: QualifiedName::new("public", table),
        definition: definition.to_owned(),
        pages: 20,
        rows: 1_000.0,
        height: None,
    };
    let added = twin
        .add_indexes(
            &client,
            &[
                on("lineitem", "create index one on public.lineitem (l_receiptdate)"),
                on("orders", "create index two on public.orders (o_comment)"),
                on("lineitem", "create index on public.lineitem (nothing)"),
                on("lineitem", "create index three on public.lineitem (l_quantity, l_discount)"),
                on("nowhere", "create index four on public.nowhere (a)"),
            ],
        )
        .await
        .unwrap();
    let names: Vec<Option<&str>> = added.iter().map(|index| index.as_ref().ok().map(|index| index.name.name.as_str())).collect();
    assert_eq!(names, [Some("one"), Some("two"), None, Some("three"), None]);
    let oids: Vec<u32> = added.iter().flatten().map(|index| index.oid).collect();
    twin.show(&client, &[], &oids).await.unwrap();
    assert_same(&source.client, &client, QUERIES).await;
}
