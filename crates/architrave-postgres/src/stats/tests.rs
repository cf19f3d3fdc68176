//! Statistics, from what was done to the model.

use crate::read::{ReadOptions, read_snapshot};
use crate::server::{NoProgress, PrivateServer, ServerOptions};
use crate::session::testing::{self, TestDatabase};
use architrave_model::{QualifiedName, Stats};

async fn stats(test: &mut TestDatabase) -> Stats {
    test.read().await.snapshot.stats.unwrap()
}

fn public(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

/// The counters of a session arrive when it ends: makes it end, and waits until the table's inserts are counted.
async fn settle(test: &mut TestDatabase, inserted: i64) -> Stats {
    test.client = test.session().await;
    for _ in 0..10_000 {
        let stats = stats(test).await;
        if stats.table(&public("t")).is_some_and(|t| t.inserted == inserted) {
            return stats;
        }
        // Before 15 one transaction sees one state of the counters, and so does a session that asks again at once.
        test.client = test.session().await;
    }
    panic!("the counters never arrived");
}

#[tokio::test]
async fn tables_and_indexes() {
    let sql = "create table t (id int primary key, a text, b int) with (autovacuum_enabled = off); create index used on t (b);
        insert into t select i, repeat('x', 10), i % 10 from generate_series(1, 1000) i; update t set a = 'y' where id <= 5;
        delete from t where id > 990; analyze t; set enable_seqscan = off; set enable_bitmapscan = off; select * from t where id = 1;
        create table never (a text); create table parent (a int) partition by list (a);
        create table child partition of parent for values in (1); create index on parent (a);
        create materialized view m as select 1 as x;";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let stats = settle(&mut test, 1000).await;
    let t = stats.table(&public("t")).unwrap();
    assert_eq!((t.inserted, t.updated, t.deleted, t.rows, t.live_rows), (1000, 5, 10, 990.0, 990));
    assert!(t.last_analyze.is_some_and(|at| (at - stats.captured_at).abs() < 600.0) && t.last_vacuum.is_none());
    assert!(t.pages > 0 && t.table_bytes >= Some(t.pages * 8192), "{t:?}");
    assert!(t.toast_bytes.is_some() && t.index_scans >= 1 && t.index_rows_fetched >= 1 && t.xid_age.is_some_and(|age| age < 1_000_000));
    let pkey = stats.index("public", "t_pkey").unwrap();
    assert_eq!((pkey.table.as_str(), pkey.scans >= 1, pkey.last_scan.is_some()), ("t", true, test.major >= 16));
    let used = stats.index("public", "used").unwrap();
    assert_eq!((used.scans, used.last_scan), (0, None));
    assert_eq!(t.index_bytes, Some(pkey.bytes.unwrap() + used.bytes.unwrap()));
    assert!(stats.table(&public("never")).unwrap().rows < 0.0);
    assert_eq!(stats.table(&public("never")).unwrap().index_bytes, Some(0));
    let parent = stats.table(&public("parent")).unwrap();
    assert_eq!((parent.table_bytes, parent.index_bytes, parent.xid_age), (None, None, None));
    assert_eq!(stats.index("public", "parent_a_idx").unwrap().bytes, None);
    assert!(stats.table(&public("m")).is_some_and(|m| m.table_bytes.is_some()));
}

#[tokio::test]
async fn columns() {
    let sql = "create table t (id int, kind text, tags text[], at timestamptz);
        insert into t select i, case when i % 4 > 0 then 'it''s \"common\"' end, array['a', 'b'], now() from generate_series(1, 1000) i;
        create index expression on t (lower(kind)); analyze t;";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let stats = stats(&mut test).await;
    let column = |name: &str| stats.column(&public("t"), name).unwrap();
    assert_eq!((column("id").distinct, column("id").null_fraction, column("id").correlation), (-1.0, 0.0, Some(1.0)));
    assert!(column("id").histogram_bounds.as_deref().is_some_and(|bounds| bounds.starts_with("{1,")));
    let kind = column("kind");
    assert_eq!((kind.null_fraction, kind.distinct), (0.25, 1.0));
    assert_eq!(kind.most_common_values.as_deref(), Some(r#"{"it's \"common\""}"#));
    assert_eq!(kind.most_common_frequencies.as_deref(), Some([0.75].as_slice()));
    assert_eq!(column("tags").most_common_elements.as_deref(), Some("{a,b}"));
    assert_eq!(column("tags").most_common_element_frequencies.as_ref().map(Vec::len), Some(5));
    assert!(stats.column(&public("expression"), "lower").is_some());
}

#[tokio::test]
async fn the_cluster() {
    let Some(mut test) = TestDatabase::new("").await else { return };
    let other = test.session().await;
    other.batch_execute("begin; select 1").await.unwrap();
    let name = test.database.name().to_owned();
    test.client.batch_execute(&format!("select pg_create_physical_replication_slot('{name}', true)")).await.unwrap();
    let snapshot = test.read().await.snapshot;
    test.client.batch_execute(&format!("select pg_drop_replication_slot('{name}')")).await.unwrap();
    let stats = snapshot.stats.unwrap();
    let own = stats.databases.iter().find(|database| database.name == name).unwrap();
    assert_eq!((own.owner.as_str(), own.encoding.as_str(), own.allows_connections, own.connection_limit), ("postgres", "UTF8", true, -1));
    assert!(own.bytes > Some(1_000_000) && own.bytes == stats.database.as_ref().unwrap().bytes);
    assert!(stats.databases.iter().any(|database| database.is_template && database.bytes.is_none()));
    let activity = stats.activity.unwrap();
    assert!(activity.clients >= 1 && activity.idle_in_transaction >= 1 && activity.oldest_idle_in_transaction_seconds >= Some(0.0));
    let slot = stats.slots.iter().find(|slot| slot.name == name).unwrap();
    assert_eq!((slot.kind.as_str(), slot.active, slot.wal_status.is_some()), ("physical", false, test.major >= 13));
    assert!(slot.retained_bytes.is_some());
    assert!(stats.database.unwrap().backends >= 1);
    assert_eq!(stats.checkpointer.unwrap().buffers_backend.is_some(), test.major < 17);
    let server = snapshot.server;
    assert_eq!((server.database.as_str(), server.database_owner.as_str(), server.in_recovery), (name.as_str(), "postgres", false));
    assert!(server.started_at.is_some_and(|at| at > 1.0e9) && server.role.superuser && server.role.monitor);
}

#[tokio::test]
async fn statements() {
    if testing::server().await.is_none() {
        return;
    }
    let mut options = ServerOptions::from_env().with_major(testing::major());
    options.extra_settings.push(("shared_preload_libraries".into(), "pg_stat_statements".into()));
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    let sql = "create schema \"Mon\"; create extension pg_stat_statements schema \"Mon\"; create table t (a int, b text);
        create role poor login; create role writer login password 'hunter2'; select \"Mon\".pg_stat_statements_reset();";
    let mut test = TestDatabase::on(&server, sql).await;
    for _ in 0..3 {
        test.client.batch_execute("select count(*) from t where a = 17 and b = 'a value'").await.unwrap();
    }
    test.client.batch_execute("alter role writer password 'hunter2'").await.unwrap();
    let snapshot = test.read().await.snapshot;
    assert!(snapshot.gaps.is_empty(), "{:?}", snapshot.gaps);
    let json = serde_json::to_string(&snapshot).unwrap();
    assert!(!json.contains("hunter2") && !json.contains("a value"));
    let statements = snapshot.stats.unwrap().statements;
    let counted = statements.iter().find(|s| s.query.starts_with("select count(*)")).unwrap();
    assert_eq!((counted.query.as_str(), counted.calls, counted.rows), ("select count(*) from t where a = $1 and b = $2", 3, 3));
    assert_eq!(counted.role, "postgres");
    assert!(counted.total_ms > 0.0 && counted.mean_ms > 0.0 && counted.query_id != 0 && counted.wal_bytes.is_some() == (test.major >= 13));
    assert!(statements.is_sorted_by(|a, b| a.total_ms >= b.total_ms));
    // Another role's texts are hidden.
    let mut poor = test.session_as("poor").await;
    let options = ReadOptions::default();
    let snapshot = read_snapshot(&mut poor, &options, &NoProgress).await.unwrap();
    // It may not even use the schema.
    assert!(snapshot.gaps.iter().any(|gap| gap.what == "pg_stat_statements"), "{:?}", snapshot.gaps);
    test.client.batch_execute("grant usage on schema \"Mon\" to poor").await.unwrap();
    let snapshot = read_snapshot(&mut poor, &options, &NoProgress).await.unwrap();
    assert!(snapshot.gaps.iter().any(|gap| gap.what.ends_with("statements of pg_stat_statements")), "{:?}", snapshot.gaps);
    assert!(snapshot.stats.unwrap().statements.iter().all(|s| s.role == "poor"));
    drop((test, poor));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_extension_that_is_not_loaded_is_a_gap() {
    if testing::server().await.is_none() {
        return;
    }
    let mut options = ServerOptions::from_env().with_major(testing::major());
    options.extra_settings.push(("shared_preload_libraries".into(), String::new()));
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    let mut test = TestDatabase::on(&server, "create extension pg_stat_statements;").await;
    let snapshot = test.read().await.snapshot;
    let gap = snapshot.gaps.iter().find(|gap| gap.what == "pg_stat_statements");
    let gap = gap.unwrap_or_else(|| panic!("{:?}", snapshot.gaps));
    assert!(gap.why.contains("shared_preload_libraries") && gap.remedy.is_some(), "{gap:?}");
}
