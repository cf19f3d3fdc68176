//! What the pages on drops, partitions, domains, enums and queues claim of PostgreSQL, executed on every server.

use crate::server::{Made, servers};
use tokio_postgres::Client;

const TABLES: &str = "create domain plain as integer;
    create type state as enum ('open');
    create table users (id bigint primary key, state state not null default 'open');
    insert into users select g from generate_series(1, 50) g;
    create table visits (id bigint primary key, user_id bigint references users, n plain);
    insert into visits select g, g, g from generate_series(1, 50) g;
    create table events (id bigint not null, at date not null) partition by range (at);
    create table events_1 partition of events for values from ('2024-01-01') to ('2025-01-01');
    create table events_rest partition of events default;
    insert into events select g, date '2020-01-01' + g from generate_series(1, 50) g";

/// Strongest lock on each table and whether it was read, of a statement that is rolled back: `users AccessExclusiveLock`, `visits ShareLock read`.
async fn did(client: &Client, statement: &str) -> Vec<String> {
    client.batch_execute(&format!("begin; {statement}")).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    let query = "select distinct on (c.relname) c.relname || ' ' || l.mode || case when pg_stat_get_xact_tuples_returned(c.oid) > 0 then ' read' else '' end
        from pg_locks l join pg_class c on c.oid = l.relation
        where l.pid = pg_backend_pid() and c.relkind in ('r', 'p') and c.relnamespace <> 'pg_catalog'::regnamespace and c.relname !~ '_2$'
        order by c.relname, array_position('{AccessExclusiveLock,ShareRowExclusiveLock,ShareLock,ShareUpdateExclusiveLock}'::text[], l.mode)";
    let rows = client.query(query, &[]).await.unwrap();
    client.batch_execute("rollback").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn code(client: &Client, sql: &str) -> Option<String> {
    client.batch_execute(sql).await.err().map(|e| e.code().map_or_else(|| e.to_string(), |c| c.code().to_owned()))
}

#[tokio::test]
async fn both_ends_of_a_dropped_key_the_default_partition_and_tables_of_a_domain() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let client = &made.client;
        let both = ["users AccessExclusiveLock", "visits AccessExclusiveLock"];
        for statement in ["alter table visits drop constraint visits_user_id_fkey", "alter table visits drop column user_id"] {
            assert_eq!(did(client, statement).await, both, "{statement} on {}", server.major());
        }
        // The dropped table itself is out of the catalogue already.
        assert_eq!(did(client, "drop table visits").await, both[..1]);
        assert_eq!(did(client, "create table more_2 (id bigint references users)").await, ["users ShareRowExclusiveLock"]);
        let new = "create table events_2 partition of events for values from ('2025-01-01') to ('2026-01-01')";
        assert_eq!(did(client, new).await, ["events AccessExclusiveLock", "events_rest AccessExclusiveLock read"]);
        let attach = "create table events_2 (id bigint not null, at date not null); alter table events attach partition events_2 for values from ('2025-01-01') to ('2026-01-01')";
        assert_eq!(did(client, attach).await, ["events ShareUpdateExclusiveLock", "events_rest AccessExclusiveLock read"]);
        let add = "alter domain plain add constraint above check (value > 0)";
        assert_eq!(did(client, add).await, ["visits ShareLock read"]);
        assert!(did(client, &format!("{add} not valid")).await.is_empty());
        client.batch_execute(&format!("{add} not valid")).await.unwrap();
        assert_eq!(did(client, "alter domain plain validate constraint above").await, ["visits ShareLock read"]);
        assert_eq!(did(client, "alter domain plain set not null").await, ["visits ShareLock read"]);
    }
}

#[tokio::test]
async fn everybody_waits_behind_a_lock_request_that_waits() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let database: String = made.client.query_one("select current_database()::text", &[]).await.unwrap().get(0);
        let (reader, other) = (server.connect(&database).await.unwrap(), server.connect(&database).await.unwrap());
        let read = "begin; set local lock_timeout = '50ms'; select count(*) from users; commit";
        reader.batch_execute("begin; select count(*) from users").await.unwrap();
        assert_eq!(code(&other, read).await, None, "readers do not wait for readers");
        let altering = {
            let client = server.connect(&database).await.unwrap();
            tokio::spawn(async move { client.batch_execute("alter table users add column note text").await })
        };
        let waits = "select count(*) from pg_locks where not granted and relation = 'users'::regclass";
        while made.client.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(code(&other, read).await.as_deref(), Some("55P03"), "on {}", server.major());
        other.batch_execute("rollback").await.unwrap();
        reader.batch_execute("commit").await.unwrap();
        altering.await.unwrap().unwrap();
        assert_eq!(code(&other, read).await, None);
    }
}

#[tokio::test]
async fn what_is_refused() {
    for server in servers().await {
        let made = Made::by(server, TABLES).await;
        let client = &made.client;
        let used = "begin; alter type state add value 'paused'; alter table users alter column state set default 'paused'";
        assert_eq!(code(client, used).await.as_deref(), Some("55P04"));
        client.batch_execute("rollback").await.unwrap();
        let own = "begin; create type kind as enum ('a'); alter type kind add value 'b'; select 'b'::kind";
        assert_eq!(code(client, own).await.as_deref(), (server.major() < 17).then_some("55P04"), "on {}", server.major());
        client.batch_execute("rollback").await.unwrap();
        if server.major() >= 14 {
            let detach = "alter table events detach partition events_1 concurrently";
            assert_eq!(code(client, detach).await.as_deref(), Some("55000"));
            client.batch_execute("drop table events_rest").await.unwrap();
            assert_eq!(code(client, detach).await, None);
        }
        client.batch_execute("create publication p for table visits; alter table visits replica identity nothing").await.unwrap();
        assert_eq!(code(client, "update visits set n = 1 where id = 1").await.as_deref(), Some("55000"));
        assert_eq!(code(client, "truncate users").await.as_deref(), Some("0A000"));
        client.batch_execute("truncate users cascade").await.unwrap();
        let left: i64 = client.query_one("select count(*) from visits", &[]).await.unwrap().get(0);
        assert_eq!(left, 0);
    }
}
