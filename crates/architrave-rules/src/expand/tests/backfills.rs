//! Back-fills under fire: interrupted, resumed, beside inserts, with keys of several columns.

use super::super::backfill::{Backfill, Limits};
use super::{catalog, connect, public};
use architrave_model::Catalog;
use architrave_postgres::server::test_server;
use tokio_postgres::{Client, NoTls};

fn limits(batch_rows: u32) -> Limits {
    Limits { batch_rows, ..Limits::default() }
}

fn of<'a>(catalog: &'a Catalog, set: &str, only: Option<&str>, limits: Limits) -> Backfill<'a> {
    Backfill {
        table: catalog.table("public", "t").unwrap(),
        alias: "t".into(),
        set: set.into(),
        only: only.map(str::to_owned),
        place: public("t_b_backfill"),
        limits,
    }
}

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_interrupted_back_fill_goes_on_where_it_stopped() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("fill").await.unwrap();
    let mut client = connect(&database).await;
    client
        .batch_execute("create table t (id bigint primary key, n int not null default 0); insert into t (id) select n * 3 from generate_series(1, 10000) n")
        .await
        .unwrap();
    let before = catalog(&mut client).await;
    // Not to be repeated: each row must be counted once, whatever happens in between.
    let fill = of(&before, "n = t.n + 1", None, limits(250)).statement().unwrap();
    // Row 15,000 breaks the back-fill until the guard is gone.
    client.batch_execute("alter table t add constraint guard check (id <> 15000 or n = 0)").await.unwrap();
    let error = client.batch_execute(&fill).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "23514");
    let filled = number(&client, "select count(*) from t where n = 1").await;
    assert!((4_000..5_000).contains(&filled), "{filled}");
    client.batch_execute("alter table t drop constraint guard").await.unwrap();
    client.batch_execute(&fill).await.unwrap();
    assert_eq!(number(&client, "select count(*) from t where n = 1").await, 10_000);
    // Started once more it does nothing.
    client.batch_execute(&fill).await.unwrap();
    assert_eq!(number(&client, "select sum(n) from t").await, 10_000);
    assert_eq!(number(&client, "select rows_changed from t_b_backfill where done").await, 10_000);
}

#[tokio::test]
async fn it_ends_while_others_insert_and_update() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("fill").await.unwrap();
    let mut client = connect(&database).await;
    let setup = "create table t (region text, id int, a text, b text default 'new', primary key (region, id));
        alter table t alter b drop default;
        insert into t select 'r' || n % 7, n, 'x' || n, null from generate_series(1, 10000) n;
        alter table t alter b set default 'new';";
    client.batch_execute(setup).await.unwrap();
    let before = catalog(&mut client).await;
    let fill = of(&before, "b = upper(t.a)", Some("t.b is null"), limits(100)).statement().unwrap();
    let other = connect(&database).await;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::spawn(async move {
        let mut written = 0;
        while stopped.try_recv().is_err() {
            written += 1;
            let sql = format!(
                "insert into t (region, id, a) values ('r{}', {}, 'late'); update t set a = a where id = {}",
                written % 9,
                20_000 + written,
                written * 13 % 10_000
            );
            other.batch_execute(&sql).await.unwrap();
        }
        written
    });
    client.batch_execute(&fill).await.unwrap();
    stop.send(()).unwrap();
    let written: i64 = writer.await.unwrap();
    assert!(written > 0);
    assert_eq!(number(&client, "select count(*) from t where b is null").await, 0);
    assert_eq!(number(&client, "select count(*) from t where b = upper(a) and id <= 10000").await, 10_000);
    assert_eq!(number(&client, "select count(*) from t where b = 'new'").await, written);
}

#[tokio::test]
async fn rows_that_others_lock_are_waited_for_and_an_empty_table_is_done() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("fill").await.unwrap();
    let mut client = connect(&database).await;
    client.batch_execute("create table t (id uuid primary key, b int)").await.unwrap();
    let before = catalog(&mut client).await;
    let fill = of(&before, "b = 1", Some("t.b is null"), limits(10));
    client.batch_execute(&fill.statement().unwrap()).await.unwrap();
    client.batch_execute(&fill.clean_up()).await.unwrap();
    client.batch_execute("insert into t select md5(n::text)::uuid from generate_series(1, 25) n").await.unwrap();
    let other = connect(&database).await;
    other.batch_execute("begin; select from t for update").await.unwrap();
    let statement = fill.statement().unwrap();
    let filling = tokio::spawn(async move { (client.batch_execute(&statement).await, client) });
    // Until the back-fill waits for a lock.
    while number(&other, "select count(*) from pg_locks where not granted").await == 0 {}
    other.batch_execute("commit").await.unwrap();
    let (answer, client) = filling.await.unwrap();
    answer.unwrap();
    assert_eq!(number(&client, "select count(*) from t where b = 1").await, 25);
}

#[tokio::test]
async fn an_old_transaction_stops_it_and_cancelling_loses_nothing() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("fill").await.unwrap();
    let mut client = connect(&database).await;
    client.batch_execute("create table t (id int primary key, b int); insert into t select generate_series(1, 1000)").await.unwrap();
    let before = catalog(&mut client).await;
    let old = connect(&database).await;
    old.batch_execute("begin; select 1").await.unwrap();
    let impatient = Limits { transaction_seconds: 0, patience_seconds: 0, ..limits(100) };
    let stopped = of(&before, "b = 1", Some("t.b is null"), impatient).statement().unwrap();
    let error = client.batch_execute(&stopped).await.unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("it waited too long for an old transaction"), "{error:?}");
    assert_eq!(number(&client, "select count(*) from t where b = 1").await, 100);
    // Waiting for good, until somebody cancels it.
    let patient = Limits { transaction_seconds: 0, ..limits(100) };
    let waiting = of(&before, "b = 1", Some("t.b is null"), patient).statement().unwrap();
    let cancel = client.cancel_token();
    let filling = tokio::spawn(async move { (client.batch_execute(&waiting).await, client) });
    while number(&old, "select count(*) from t where b = 1").await < 200 {}
    cancel.cancel_query(NoTls).await.unwrap();
    let (answer, client) = filling.await.unwrap();
    assert_eq!(answer.unwrap_err().code().unwrap().code(), "57014");
    old.batch_execute("commit").await.unwrap();
    client.batch_execute(&of(&before, "b = 1", Some("t.b is null"), limits(300)).statement().unwrap()).await.unwrap();
    assert_eq!(number(&client, "select count(*) from t where b = 1").await, 1_000);
}
