//! Whole reads: every supported major, restricted roles, locks, transactions, and what a read must not do.

use super::*;
use crate::server::{NoProgress, PrivateServer, ServerOptions, installations, test_server};
use crate::session::testing::{TestDatabase, lines};
use expect_test::expect;
use std::time::{Duration, Instant};
use tokio_postgres::SimpleQueryMessage;

const KITCHEN_SINK: &str = include_str!("test_data/kitchen_sink.sql");

/// The first column of the first row.
async fn value(client: &Client, sql: &str) -> String {
    let messages = client.simple_query(sql).await.unwrap();
    let row = messages.iter().find_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0) } else { None });
    row.unwrap_or_default().to_owned()
}

/// Waits until the query says `t`.
async fn until(client: &Client, sql: &str) {
    let started = Instant::now();
    while value(client, sql).await != "t" {
        assert!(started.elapsed() < Duration::from_secs(20), "never true: {sql}");
    }
}

fn gap_names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.gaps.iter().map(|gap| gap.what.as_str()).collect()
}

async fn try_read(client: &mut Client) -> Result<Reading, ReadError> {
    read_live(client, &ReadOptions::default(), &NoProgress).await
}

/// One of everything, on one server: no gap, every kind there, equal after a round trip through JSON, few round trips.
async fn reads_the_kitchen_sink(server: &PrivateServer) {
    let mut test = TestDatabase::on(server, KITCHEN_SINK).await;
    let reading = test.read().await;
    let (snapshot, major) = (&reading.snapshot, test.major);
    assert_eq!(gap_names(snapshot), ["statements of the workload"], "PostgreSQL {major}");
    assert!(reading.round_trips.trips <= 25, "{:?}", reading.round_trips);
    assert_eq!(snapshot.server.major(), major);
    let c = &snapshot.catalog;
    let customer = c.table("shop", "customer").unwrap();
    assert_eq!(customer.columns.len(), 11);
    assert_eq!(customer.columns.iter().filter(|column| column.generated.is_some()).count(), 1);
    assert_eq!(customer.indexes.len(), if major >= 15 { 6 } else { 5 });
    assert_eq!((customer.policies.len(), customer.triggers.len(), customer.statistics.len(), customer.constraints.len()), (1, 1, 1, 3));
    assert_eq!(c.tables.len(), if major >= 18 { 13 } else { 12 }, "tables of {major}");
    assert_eq!(c.views.len(), if major >= 15 { 4 } else { 3 });
    assert_eq!(c.functions.len(), if major >= 14 { 6 } else { 5 }, "functions of {major}");
    assert_eq!((c.types.len(), c.sequences.len(), c.event_triggers.len(), c.foreign_servers.len()), (5, 4, 1, 1));
    assert_eq!(c.publications.len(), if major >= 15 { 3 } else { 1 });
    assert_eq!(c.table("shop", "purchase_2024").unwrap().triggers.len(), 1, "the parent's trigger on {major}");
    assert_eq!(c.table("shop", "payment").unwrap().foreign_keys().count(), 1);
    let stats = snapshot.stats.as_ref().unwrap();
    assert!(stats.tables.len() >= 11 && stats.checkpointer.is_some() && stats.archiver.is_some() && stats.activity.is_some());
    assert_eq!(stats.io.is_empty(), major < 16);
    assert!(snapshot.settings.as_ref().unwrap().hba.as_ref().is_some_and(|hba| !hba.is_empty()));
    let json = serde_json::to_string(snapshot).unwrap();
    assert!(!json.contains("do not read"), "options of foreign servers");
    assert_eq!(&serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
    // A catalogue read by itself is the same, and so is a second one.
    assert_eq!(&test.catalog().await, c);
}

#[tokio::test]
async fn the_kitchen_sink_on_every_major_that_is_here() {
    let mut majors: Vec<u16> = installations(&ServerOptions::from_env()).iter().map(|found| found.major).collect();
    majors.sort_unstable();
    majors.dedup();
    for major in majors.into_iter().filter(|major| (12..=18).contains(major)) {
        let Some(server) = test_server::shared_major(major).await else { continue };
        reads_the_kitchen_sink(server).await;
    }
}

#[tokio::test]
async fn the_kitchen_sink_on_the_usual_server() {
    let Some(server) = crate::session::testing::server().await else { return };
    reads_the_kitchen_sink(server).await;
}

#[tokio::test]
async fn a_role_with_almost_no_rights_gets_the_catalogue_and_gaps() {
    let sql = "create table t (id serial primary key, a text check (a <> '')); insert into t (a) values ('x'); analyze t;
        create table mine (a int); alter table mine enable row level security; grant select on mine to public;";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let role = format!("{}_poor", test.database.name());
    test.client.batch_execute(&format!("create role {role} login")).await.unwrap();
    let full = test.catalog().await;
    let mut poor = test.session_as(&role).await;
    let reading = try_read(&mut poor).await.unwrap();
    drop(poor);
    let snapshot = reading.snapshot;
    let mut expected = full;
    for sequence in &mut expected.sequences {
        sequence.last_value = None;
    }
    assert_eq!(snapshot.catalog.tables, expected.tables);
    assert_eq!(snapshot.catalog.sequences, expected.sequences);
    assert!(snapshot.stats.as_ref().unwrap().columns.is_empty());
    assert!(snapshot.settings.as_ref().unwrap().hba.is_none());
    let r = &snapshot.server.role;
    assert_eq!((r.superuser, r.monitor, r.owned_tables, r.writable_tables, r.unreadable_tables), (false, false, 0, 0, 1));
    let mut gaps: Vec<_> = snapshot.gaps.iter().filter(|gap| gap.what != "sessions").cloned().collect();
    for gap in &mut gaps {
        gap.why = gap.why.replace("view pg_hba_file_rules", "pg_hba_file_rules");
    }
    expect![[r#"
        {"remedy":"grant SELECT on the tables, or pg_read_all_data and BYPASSRLS, to this role","what":"column statistics of 2 tables","why":"this role may not read the tables, or row level security holds for it: public.mine, public.t"}
        {"remedy":"grant SELECT on the sequences to this role","what":"last values of 1 sequences","why":"this role may not read them, or another session has locked them"}
        {"remedy":"grant EXECUTE on function pg_hba_file_rules() and SELECT on pg_hba_file_rules to this role, or connect as a superuser","what":"pg_hba rules","why":"permission denied for pg_hba_file_rules"}
        {"remedy":"grant pg_read_all_settings to this role","what":"settings for superusers only","why":"they are hidden from this role"}
        {"remedy":"add pg_stat_statements to shared_preload_libraries and CREATE EXTENSION pg_stat_statements","what":"statements of the workload","why":"the extension pg_stat_statements is not installed"}
    "#]].assert_eq(&lines(&gaps));
    assert!(gap_names(&snapshot).contains(&"sessions") || snapshot.stats.is_some_and(|stats| stats.activity.is_some()));
}

#[tokio::test]
async fn a_query_that_is_refused_takes_no_other_with_it() {
    let Some(test) = TestDatabase::new("create table t (a int); create sequence s;").await else { return };
    let role = format!("{}_kept_out", test.database.name());
    let sql = format!(
        "create role {role} login; revoke select on pg_catalog.pg_policy, pg_catalog.pg_stat_archiver from public;
         revoke execute on function pg_catalog.pg_get_functiondef(oid) from public;"
    );
    test.client.batch_execute(&sql).await.unwrap();
    let mut poor = test.session_as(&role).await;
    let snapshot = try_read(&mut poor).await.unwrap().snapshot;
    for what in ["row level security policies", "WAL archiver", "functions"] {
        assert!(gap_names(&snapshot).contains(&what), "{:?}", snapshot.gaps);
    }
    assert_eq!((snapshot.catalog.tables.len(), snapshot.catalog.sequences.len()), (1, 1));

    // Where one of our own servers refuses anything, or a target what nothing can be said without, the read fails.
    let refused = read_catalog(&mut poor, &ReadOptions::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the server could not answer for row level security policies");
    test.client.batch_execute("revoke select on pg_catalog.pg_index from public").await.unwrap();
    let refused = try_read(&mut poor).await.unwrap_err();
    assert_eq!(refused.to_string(), "the server could not answer for indexes");
    // The session is as good as new: nothing stays open.
    assert_eq!(value(&poor, "select now() = statement_timestamp()").await, "t");
}

const LOCKED: &str = "create table t (id int primary key, a text check (a <> ''), b int generated always as (id * 2) stored);
    create index expression on t (lower(a)) where id > 0; create table other (a int); alter table other enable row level security;
    create policy p on other using (exists (select from t)); create view v as select * from t; create view w as select * from other;
    create statistics s on id, a from t; create sequence seq; select nextval('seq');
    create trigger fires after update on t for each row when (new.id > 1) execute function suppress_redundant_updates_trigger();
    create function standard() returns bigint begin atomic select count(*) from t; end; --@ >=14
    insert into t (id, a) values (1, 'x'); analyze;";

#[tokio::test]
async fn a_locked_table_is_named_and_nobody_waits() {
    let Some(mut test) = TestDatabase::new(LOCKED).await else { return };
    let free = test.catalog().await;
    let holder = test.session().await;
    holder.batch_execute("begin; lock table t in access exclusive mode").await.unwrap();
    let snapshot = test.read().await.snapshot;
    let named: Vec<_> = gap_names(&snapshot).into_iter().filter(|what| what.contains(" of ")).collect();
    assert_eq!(named[..2], ["definition of public.v", "definitions and size of public.t"]);
    // What plain columns of the catalogue say is there all the same.
    let (locked, whole) = (snapshot.catalog.table("public", "t").unwrap(), free.table("public", "t").unwrap());
    assert_eq!(locked.columns.len(), 3);
    assert_eq!((locked.constraints.len(), locked.indexes.len(), locked.triggers.len()), (2, 2, 1));
    assert_eq!(locked.constraints[1], whole.constraints[1]);
    assert_eq!((locked.indexes[0].definition.as_str(), locked.indexes[0].keys.len()), ("", 1));
    assert_eq!(snapshot.catalog.table("public", "other").unwrap().policies[0].using, None);
    let stats = snapshot.stats.unwrap();
    assert_eq!(stats.tables.iter().find(|t| t.name.name == "t").unwrap().table_bytes, None);
    assert!(stats.tables.iter().find(|t| t.name.name == "other").unwrap().table_bytes.is_some());
    assert_eq!(stats.index("public", "t_pkey").unwrap().bytes, None);
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(test.read().await.snapshot.catalog, free);
}

#[tokio::test]
async fn a_queue_for_a_lock_is_not_joined() {
    let Some(mut test) = TestDatabase::new(LOCKED).await else { return };
    let (reader, writer) = (test.session().await, test.session().await);
    reader.batch_execute("begin; select * from t").await.unwrap();
    let waits = tokio::spawn(async move { writer.batch_execute("begin; lock table t in access exclusive mode").await.is_err() });
    until(&test.client, "select exists (select from pg_locks where not granted and mode = 'AccessExclusiveLock')").await;
    let snapshot = test.read().await.snapshot;
    assert!(gap_names(&snapshot).contains(&"definitions and size of public.t"));
    waits.abort();
}

#[tokio::test]
async fn a_lock_that_comes_after_the_look_is_met_with_a_second_look() {
    let Some(test) = TestDatabase::new(LOCKED).await else { return };
    let options = ReadOptions::default();
    let mut session = Session::open(&test.client, &options, Care::Target, &mut []).await.unwrap();
    assert!(session.locked.is_empty());
    let holder = test.session().await;
    holder.batch_execute("begin; lock table t in access exclusive mode").await.unwrap();
    let mut rows = CatalogRows::new();
    session.ask(&mut rows.answers()).await.unwrap();
    assert!(session.gaps.is_empty(), "{:?}", session.gaps);
    assert!(session.locked_gaps().iter().any(|gap| gap.what == "definitions and size of public.t"));
    session.close_with(Ok(())).await.unwrap();
    assert_eq!(rows.assemble(&[]).table("public", "t").unwrap().indexes.len(), 2);
}

#[tokio::test]
async fn no_lock_stronger_than_access_share_is_needed() {
    let Some(mut test) = TestDatabase::new(LOCKED).await else { return };
    let free = test.catalog().await;
    // EXCLUSIVE conflicts with everything but ACCESS SHARE; altering a sequence takes SHARE ROW EXCLUSIVE on it.
    let holder = test.session().await;
    holder.batch_execute("begin; lock table t, other in exclusive mode; alter sequence seq cache 2").await.unwrap();
    let snapshot = test.read().await.snapshot;
    assert_eq!(gap_names(&snapshot), ["statements of the workload"]);
    assert_eq!(snapshot.catalog, free);
    assert_eq!(snapshot.catalog.sequences[0].last_value, Some(1));
}

#[tokio::test]
async fn a_transaction_that_is_open_is_read_from_inside_and_left_alone() {
    let Some(mut test) = TestDatabase::new("create table before (a int);").await else { return };
    test.client.batch_execute("begin; set local search_path = nowhere; create table public.inside (a int, check (a > 0))").await.unwrap();
    let options = ReadOptions { in_transaction: true, ..ReadOptions::default() };
    for _ in 0..2 {
        let catalog = read_catalog(&mut test.client, &options).await.unwrap();
        assert_eq!(catalog.tables.len(), 2);
        assert_eq!(catalog.table("public", "inside").unwrap().constraints[0].definition, "CHECK ((a > 0))");
    }
    assert_eq!(value(&test.client, "show search_path").await, "nowhere");
    assert_eq!(value(&test.client, "show lock_timeout").await, "0");
    test.client.batch_execute("commit").await.unwrap();
    assert_eq!(test.catalog().await.tables.len(), 2);
}

#[tokio::test]
async fn a_read_leaves_no_setting_behind_and_reports_none_of_its_own() {
    let Some(mut test) = TestDatabase::new("").await else { return };
    let sql = format!("alter database {} set app.jwt_secret = 'hunter2'", test.database.name());
    test.client.batch_execute(&sql).await.unwrap();
    test.client = test.session().await;
    let show = "select string_agg(name || '=' || setting, ',' order by name) from pg_settings where name not like 'transaction%'";
    let before = value(&test.client, show).await;
    let snapshot = test.read().await.snapshot;
    assert_eq!(value(&test.client, show).await, before);
    let settings = snapshot.settings.as_ref().unwrap();
    assert_eq!(settings.text("lock_timeout"), Some("0"));
    assert_eq!(settings.text("search_path"), Some("\"$user\", public"));
    assert!(settings.values.iter().all(|setting| setting.source != "session"), "{:?}", settings.values);
    assert!(!serde_json::to_string(&snapshot).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn schemas_can_be_left_out() {
    let sql = "create schema \"it's out\"; create table \"it's out\".t (id int primary key);
        create table kept (id int references \"it's out\".t);";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let options = ReadOptions { exclude_schemas: vec!["it's out".into()], ..ReadOptions::default() };
    let snapshot = read_snapshot(&mut test.client, &options, &NoProgress).await.unwrap();
    assert_eq!(snapshot.catalog.tables.len(), 1);
    // What the foreign key references is known all the same.
    assert_eq!(snapshot.catalog.tables[0].foreign_keys().next().unwrap().1.columns, ["id"]);
    assert_eq!(snapshot.stats.unwrap().tables.len(), 1);
}

#[tokio::test]
async fn a_time_out_ends_the_query_and_the_transaction() {
    let Some(mut test) = TestDatabase::new(KITCHEN_SINK).await else { return };
    let options = ReadOptions { statement_timeout_ms: 1, ..ReadOptions::default() };
    // How far it comes in a millisecond per query is the machine's affair.
    match read_snapshot(&mut test.client, &options, &NoProgress).await {
        Ok(snapshot) => assert!(snapshot.gaps.iter().all(|gap| !gap.why.is_empty())),
        Err(error) => assert!(!error.is_broken(), "{error}"),
    }
    assert_eq!(value(&test.client, "select now() = statement_timestamp()").await, "t");
}

#[tokio::test]
async fn nothing_is_written() {
    if crate::session::testing::server().await.is_none() {
        return;
    }
    // A server of its own: others' tests write.
    let mut options = ServerOptions::from_env().with_major(crate::session::testing::major());
    options.extra_settings.push(("autovacuum".into(), "off".into()));
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    let mut test = TestDatabase::on(&server, KITCHEN_SINK).await;
    // The first reads may set hint bits of new catalogue rows, as any query would.
    test.read().await;
    test.client.batch_execute("checkpoint").await.unwrap();
    test.read().await;
    // Counters arrive when their session ends.
    test.client = test.session().await;
    let watcher = test.session().await;
    let current = "from pg_stat_database where datname = current_database()";
    until(&watcher, &format!("select tup_inserted > 0 and xact_rollback >= 2 {current}")).await;
    let written =
        format!("select pg_current_wal_insert_lsn() || ' ' || tup_inserted + tup_updated + tup_deleted || ' ' || temp_files {current}");
    let before = value(&watcher, &written).await;
    for _ in 0..3 {
        test.read().await;
    }
    test.client = test.session().await;
    until(&watcher, &format!("select xact_rollback >= 5 {current}")).await;
    assert_eq!(value(&watcher, &written).await, before);
    drop((test, watcher));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn many_views_are_printed_in_portions() {
    let sql = "create table t (a int);
        do $$ begin for i in 1..1200 loop execute format('create view v%s as select a from t', i); end loop; end $$;";
    let Some(mut test) = TestDatabase::new(sql).await else { return };
    let reading = test.read().await;
    assert_eq!(reading.snapshot.catalog.views.len(), 1200);
    assert!(reading.snapshot.catalog.views.iter().all(|view| view.definition.contains("FROM public.t")));
    assert!(reading.round_trips.trips <= 25);
}

#[tokio::test]
async fn objects_that_come_and_go_meanwhile_do_no_harm() {
    let Some(mut test) = TestDatabase::new("create table stays (a int);").await else { return };
    let churn = "do $$ begin for i in 1..20 loop
        execute format('create table t%s (id serial primary key, a text check (length(a) > 1)); create view v%s as select * from t%s;
            create function f%s() returns int language sql as ''select 1''; create index on t%s (lower(a))', i, i, i, i, i);
        end loop; end $$;
        do $$ begin for i in 1..20 loop execute format('drop table t%s cascade; drop function f%s', i, i); end loop; end $$;";
    let other = test.session().await;
    let churner = tokio::spawn(async move {
        for statement in churn.split("$$;").filter(|s| !s.trim().is_empty()).cycle() {
            if other.batch_execute(&format!("{statement}$$")).await.is_err() {
                break;
            }
        }
    });
    for _ in 0..15 {
        let snapshot = test.read().await.snapshot;
        assert!(snapshot.catalog.table("public", "stays").is_some());
        assert!(snapshot.gaps.iter().all(|gap| !gap.why.contains("understood")), "{:?}", snapshot.gaps);
    }
    assert!(!churner.is_finished(), "the other session failed");
    churner.abort();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mute = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut startup = [0; 1024];
        let _ = socket.read(&mut startup).await.unwrap();
        // AuthenticationOk, BackendKeyData, ReadyForQuery, and not a word more.
        socket.write_all(b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I").await.unwrap();
        std::future::pending::<()>().await;
    });
    let mut config = tokio_postgres::Config::new();
    let mut client = crate::session::testing::session(config.host("127.0.0.1").port(port).user("nobody")).await;
    let options = ReadOptions { statement_timeout_ms: 10, ..ReadOptions::default() };
    let error = read_snapshot(&mut client, &options, &NoProgress).await.unwrap_err();
    assert!(matches!(error, ReadError::Silent { .. }) && error.is_broken(), "{error}");
    mute.abort();
}
