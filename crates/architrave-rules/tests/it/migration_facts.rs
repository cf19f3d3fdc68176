//! What the pages on migrations claim of PostgreSQL, executed on every server: locks, reads, rewrites, and the traps.

use crate::server::{Made, servers};
use tokio_postgres::Client;

const TABLES: &str = "create domain positive as integer check (value > 0);
    create table r (id bigint primary key);
    insert into r select g from generate_series(1, 100) g;
    create table t (id bigint, a integer, b integer, v varchar(20) check (v <> ''), ts timestamp, r bigint);
    insert into t select g, g, g, 'x', now(), g from generate_series(1, 100) g;
    create unique index t_id on t (id);
    alter table t add constraint b_proof check (b is not null)";

async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(client: &Client, query: &str) -> T {
    client.query_one(query, &[]).await.unwrap_or_else(|e| panic!("{query}: {e}")).get(0)
}

/// What a statement did in its transaction: `AE`, `AE read`, `SRE read`, `AE rewritten`; rolled back.
async fn did(client: &Client, before: &str, statement: &str) -> String {
    let file = "select pg_relation_filenode('t')::bigint";
    client.batch_execute(before).await.unwrap_or_else(|e| panic!("{before}: {e}"));
    client.batch_execute("begin").await.unwrap();
    // The counters hold earlier transactions too, until they are flushed.
    let reads = "select pg_stat_get_xact_tuples_returned('t'::regclass)";
    let (old, read_before): (i64, i64) = (one(client, file).await, one(client, reads).await);
    client.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    let new: i64 = one(client, file).await;
    let read: i64 = one(client, reads).await;
    let lock: String = one(
        client,
        "select mode from pg_locks where relation = 't'::regclass and pid = pg_backend_pid()
         order by array_position('{AccessExclusiveLock,ShareRowExclusiveLock,ShareLock,ShareUpdateExclusiveLock}'::text[], mode) limit 1",
    )
    .await;
    client.batch_execute("rollback").await.unwrap();
    let work = if old != new {
        " rewritten"
    } else if read > read_before {
        " read"
    } else {
        ""
    };
    let short = lock.trim_end_matches("Lock").chars().filter(char::is_ascii_uppercase).collect::<String>();
    format!("{short}{work}")
}

#[tokio::test]
async fn locks_reads_and_rewrites_are_as_the_pages_say() {
    let mut wrong = Vec::new();
    for server in servers().await {
        let cases: &[(u16, &str, &str, &str)] = &[
            (12, "", "alter table t add check (a > 0)", "AE read"),
            (12, "", "alter table t add check (a > 0) not valid", "AE"),
            (12, "", "alter table t add constraint k check (a > 0) not valid, validate constraint k", "AE read"),
            (12, "", "alter table t add column n integer check (n > 0)", "AE read"),
            (12, "", "alter table t add column n integer references r", "AE"),
            (12, "", "alter table t add foreign key (r) references r", "SRE read"),
            (12, "", "alter table t add foreign key (r) references r not valid", "SRE"),
            (12, "", "alter table t alter a set not null", "AE read"),
            (12, "", "alter table t alter b set not null", "AE"),
            (12, "", "alter table t alter b set not null, drop constraint b_proof", "AE read"),
            (12, "", "alter table t add primary key using index t_id", "AE read"),
            (12, "", "alter table t add unique (a)", "AE read"),
            (12, "", "create index on t (a)", "S read"),
            (12, "", "alter table t add column n timestamptz not null default now()", "AE"),
            (12, "", "alter table t add column n float default random()", "AE rewritten"),
            (12, "", "alter table t add column n serial", "AE rewritten"),
            (12, "", "alter table t add column n integer generated always as identity", "AE rewritten"),
            (12, "", "alter table t add column n bigint generated always as (id * 2) stored", "AE rewritten"),
            (18, "", "alter table t add column n bigint generated always as (id * 2) virtual", "AE"),
            (12, "", "alter table t add column n positive", "AE rewritten"),
            (12, "", "alter table t alter a type bigint", "AE rewritten"),
            (12, "", "alter table t alter v type text", "AE read"),
            (12, "set timezone = 'UTC'", "alter table t alter ts type timestamptz", "AE"),
            (12, "set timezone = 'UTC'", "alter table t alter ts type timestamptz using ts at time zone 'UTC'", "AE rewritten"),
            (12, "set timezone = 'Europe/Oslo'", "alter table t alter ts type timestamptz", "AE rewritten"),
            (18, "", "alter table t add constraint n not null a not valid", "AE"),
            (18, "", "alter table t add constraint n not null a not valid; alter table t alter a set not null", "AE read"),
        ];
        let made = Made::by(server, TABLES).await;
        for (least, before, statement, expected) in cases.iter().filter(|(least, ..)| *least <= server.major()) {
            let found = did(&made.client, before, statement).await;
            if found != *expected {
                wrong.push(format!("PostgreSQL {} ({least} and later): {statement}: {found}, expected {expected}", server.major()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_cancelled_concurrent_build_is_taken_for_success_by_the_next_try() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let database: String = one(&made.client, "select current_database()::text").await;
        let writer = server.connect(&database).await.unwrap();
        for limit in ["statement_timeout", "lock_timeout"] {
            writer.batch_execute("begin; update t set a = a + 1 where id = 1").await.unwrap();
            let build = "create index concurrently if not exists t_a on t (a)";
            made.client.batch_execute(&format!("set {limit} = '50ms'")).await.unwrap();
            let refused = made.client.batch_execute(build).await.unwrap_err();
            assert!(["57014", "55P03"].contains(&refused.code().unwrap().code()), "{limit}: {refused}");
            writer.batch_execute("rollback").await.unwrap();
            made.client.batch_execute(build).await.unwrap();
            let valid: bool = one(&made.client, "select indisvalid from pg_index where indexrelid = 't_a'::regclass").await;
            assert!(!valid, "PostgreSQL {}: {limit}", server.major());
            made.client.batch_execute(&format!("reset {limit}")).await.unwrap();
            made.client.batch_execute("drop index concurrently if exists t_a").await.unwrap();
            made.client.batch_execute(build).await.unwrap();
            let valid: bool = one(&made.client, "select indisvalid from pg_index where indexrelid = 't_a'::regclass").await;
            assert!(valid);
            made.client.batch_execute("drop index t_a").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_check_that_is_not_valid_refuses_updates_of_old_rows_and_a_foreign_key_does_not() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let refused = |sql: &'static str| async { made.client.batch_execute(sql).await.err().map(|e| e.code().unwrap().code().to_owned()) };
        assert_eq!(refused("alter table t add constraint k check (a > 50) not valid").await, None);
        assert_eq!(refused("update t set v = 'y' where id = 1").await.as_deref(), Some("23514"));
        assert_eq!(refused("update t set v = 'y' where id = 51").await, None);
        let key = "update t set r = 4711 where id = 51; alter table t add foreign key (r) references r not valid";
        assert_eq!(refused(key).await, None);
        assert_eq!(refused("update t set v = 'z' where id = 51").await, None);
    }
}

#[tokio::test]
async fn a_prepared_statement_fails_after_its_result_has_changed() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let prepared = made.client.prepare("select a from t where id = 1").await.unwrap();
        let all = made.client.prepare("select * from r where id = 1").await.unwrap();
        made.client.batch_execute("alter table t alter a type bigint; alter table r add column n text").await.unwrap();
        for statement in [&prepared, &all] {
            let refused = made.client.query(statement, &[]).await.unwrap_err();
            assert_eq!(refused.as_db_error().unwrap().message(), "cached plan must not change result type");
        }
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_type_change() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        for (what, sql) in [
            ("view or rule", "create view w as select a from t"),
            ("generated column", "alter table t add column g integer generated always as (a + 1) stored"),
            ("policy", "create policy p on t using (a > 0)"),
            (
                "trigger",
                "create function f() returns trigger language plpgsql as 'begin return new; end';
                create trigger g before update of a on t for each row execute function f()",
            ),
        ] {
            made.client.batch_execute(&format!("begin; {sql}")).await.unwrap();
            let refused = made.client.batch_execute("alter table t alter a type bigint").await.unwrap_err();
            let message = refused.as_db_error().unwrap().message().to_owned();
            assert!(message.starts_with("cannot alter type of a column used"), "{what}: {message}");
            made.client.batch_execute("rollback").await.unwrap();
        }
    }
}
