//! Traces of small scripts on the real private server.

use super::{Throughput, TraceOptions, Traced, calibrate, clean_up, cluster_state, estimate, trace, trace_on};
use architrave_model::QualifiedName;
use architrave_model::migration::{Effect, LockMode, Outcome, SizeSource, Step, TableSize};
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use std::collections::BTreeMap;
use std::time::Duration;

fn script(path: &str, text: &str, transaction: TransactionMode) -> Script {
    let statements = architrave_sql::split(text);
    Script {
        path: path.into(),
        version: path.into(),
        transaction,
        statements,
        has_down: false,
        down: Vec::new(),
        down_path: None,
        down_transaction: None,
    }
}

async fn run(earlier: &str, pending: &[(&str, TransactionMode)], options: &TraceOptions) -> Option<Traced> {
    test_server::shared().await?;
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let state = cluster_state(&confined).await.unwrap();
    let pending: Vec<Script> = pending.iter().enumerate().map(|(at, (text, mode))| script(&format!("{at}.sql"), text, *mode)).collect();
    let earlier = [script("earlier.sql", earlier, TransactionMode::PerStatement)];
    let (traced, database) = trace(&confined, &earlier, &pending, options, &NoProgress).await.unwrap();
    assert!(traced.earlier.failed.is_empty(), "{:?}", traced.earlier.failed);
    clean_up(&confined, &state, Some(database)).await.unwrap();
    let after = cluster_state(&confined).await.unwrap();
    assert_eq!(after.roles, state.roles);
    server.stop().await.unwrap();
    Some(traced)
}

fn word(mode: LockMode) -> &'static str {
    ["AS", "RS", "RX", "SUE", "S", "SRE", "E", "AE"][LockMode::ALL.iter().position(|m| *m == mode).unwrap()]
}

/// Tables only, existing ones only: `a=AE r=SRE; rewrite a; scan a r; blocks a:rw r:w`.
fn line(effect: &Effect) -> String {
    let mut parts = Vec::new();
    let locks = effect.locks.iter().filter(|l| l.existed && l.table.is_none());
    parts.push(locks.map(|l| format!("{}={}", l.relation.name, word(l.mode))).collect::<Vec<_>>().join(" "));
    let mut list = |title: &str, names: Vec<String>| {
        if !names.is_empty() {
            parts.push(format!("{title} {}", names.join(" ")));
        }
    };
    list("rewrite", effect.rewrites.iter().filter(|r| r.existed).map(|r| r.relation.name.clone()).collect());
    list("build", effect.built.iter().map(|(index, _)| index.name.clone()).collect());
    list("scan", effect.scans.iter().filter(|s| s.existed).map(|s| s.relation.name.clone()).collect());
    let who = |b: &architrave_model::migration::Blocked| {
        format!("{}:{}{}", b.relation.name, if b.reads { "r" } else { "" }, if b.writes { "w" } else { "" })
    };
    list("blocks", effect.blocks.iter().map(who).collect());
    if effect.waits_for_older {
        parts.push("waits".to_owned());
    }
    parts.join("; ")
}

fn outcome(step: &Step) -> String {
    match &step.outcome {
        Outcome::Done => line(&step.effect),
        Outcome::Failed { sqlstate, message } => format!("{sqlstate} {message}"),
        Outcome::TimedOut { seconds } => format!("timed out after {seconds} s"),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
        Outcome::NotExecuted => "not executed".to_owned(),
    }
}

fn lines(traced: &Traced) -> Vec<String> {
    traced.migrations.steps.iter().map(outcome).collect()
}

const EARLIER: &str = "create table r (id bigint primary key);
    create table a (id bigint primary key, r bigint, n varchar(20), b int not null, ts timestamptz);
    create index a_b on a (b);
    create view v as select id from a;";

async fn one(statement: &str, mode: TransactionMode) -> Option<String> {
    run(EARLIER, &[(statement, mode)], &TraceOptions::default()).await.map(|t| lines(&t).join(" | "))
}

#[tokio::test]
async fn a_brief_lock_a_rewrite_and_a_scan_are_told_apart() {
    let text = "alter table a add column c int;
        alter table a alter column b type bigint;
        alter table a add constraint k foreign key (r) references r;
        create index on a (n);
        create index on a (r);";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &TraceOptions::default()).await else { return };
    assert_eq!(
        lines(&traced),
        [
            "a=AE; blocks a:rw",
            "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw",
            "a=SRE r=SRE; scan a r; blocks a:w r:w",
            "a=S; build a_n_idx; scan a; blocks a:w",
            "a=S; build a_r_idx; scan a; blocks a:w",
        ]
    );
    let steps = &traced.migrations.steps;
    assert!(steps.iter().all(|s| s.transaction.is_none() && s.effect.wal_bytes.is_some_and(|b| b > 0)));
    assert!(steps.iter().all(|s| s.actions.len() == 1 && s.actions[0].table().is_some_and(|t| t.name == "a")));
    assert!(steps[0].at_hand.is_empty() && steps[0].before.table("public", "a").is_some_and(|t| t.columns.len() == 5));
    assert_eq!(steps[1].table(&steps[0].before.table("public", "a").unwrap().name).unwrap().columns.len(), 6);
}

#[tokio::test]
async fn a_table_that_takes_the_name_of_a_dropped_one_is_the_only_one_of_that_name() {
    let text =
        "alter table a add column gone integer; create table a_new (x integer); alter table a_new add column y integer; drop table a;
        alter table a_new rename to a; alter table a add column z integer; alter table a drop column z";
    let earlier = "create table a (x integer)";
    let Some(traced) = run(earlier, &[(text, TransactionMode::PerFile)], &TraceOptions::default()).await else { return };
    for step in traced.migrations.steps.iter().skip(5) {
        let columns: Vec<bool> = step.at_hand.iter().filter(|t| t.name.name == "a").map(|t| t.column("gone").is_some()).collect();
        assert_eq!(columns, [false], "{}", step.text);
    }
}

#[tokio::test]
async fn empty_tables_show_the_same_as_full_ones() {
    let options = TraceOptions { seed_rows: false, ..TraceOptions::default() };
    let text = "alter table a alter column b type bigint; alter table a add constraint k foreign key (r) references r; alter table a add check (b > 0);
        alter table a alter n set not null; alter table a add c bigint references r; create index on a (n)";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &options).await else { return };
    assert_eq!(
        lines(&traced),
        [
            "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw",
            "a=SRE r=SRE; scan a r; blocks a:w r:w",
            "a=AE; scan a; blocks a:rw",
            "a=AE; scan a; blocks a:rw",
            "a=AE r=SRE; blocks a:rw r:w",
            "a=S; build a_n_idx; scan a; blocks a:w",
        ]
    );
}

#[tokio::test]
async fn locks_last_until_the_commit_and_a_failure_lets_go_of_its_own() {
    let text = "alter table a add constraint k check (b > 0) not valid;
        alter table missing add c int;
        alter table a validate constraint k;
        create table n (id int references r);
        lock table v";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerFile)], &TraceOptions::default()).await else { return };
    assert_eq!(
        lines(&traced),
        [
            "a=AE; blocks a:rw",
            "42P01 relation \"missing\" does not exist",
            "a=AE; scan a; blocks a:rw",
            "a=AE r=SRE; blocks a:rw r:w",
            "a=AE r=SRE v=AE; blocks a:rw r:w v:rw",
        ]
    );
    let steps = &traced.migrations.steps;
    assert!(steps.iter().all(|s| s.transaction == Some(1)));
    assert!(steps[2].effect.locks.iter().filter(|l| l.table.is_none()).all(|l| l.held_before));
    assert!(steps[2].effect.is_heavy() && !steps[0].effect.is_heavy());
}

#[tokio::test]
async fn concurrently_is_watched_while_it_waits() {
    let create = one("create index concurrently i on a (n)", TransactionMode::PerStatement).await;
    let Some(create) = create else { return };
    assert_eq!(create, "a=SUE; build i; scan a; waits");
    assert_eq!(one("drop index concurrently a_b", TransactionMode::PerStatement).await.unwrap(), "a=SUE; waits");
    assert_eq!(one("reindex index concurrently a_b", TransactionMode::PerStatement).await.unwrap(), "a=SUE; rewrite a_b; scan a; waits");
    assert_eq!(one("vacuum full a", TransactionMode::PerStatement).await.unwrap(), "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw");
    assert_eq!(one("vacuum a", TransactionMode::PerStatement).await.unwrap(), "a=SUE");
    assert_eq!(
        one("create index concurrently i on a (n); select 1 from i", TransactionMode::PerFile).await.unwrap(),
        "25001 CREATE INDEX CONCURRENTLY cannot run inside a transaction block | 42809 cannot open relation \"i\""
    );
}

#[tokio::test]
async fn a_statement_that_stumbles_over_our_row_is_tried_without_it() {
    let text = "alter table a add column c int not null; alter table a alter column n type int using n::int";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerFile)], &TraceOptions::default()).await else { return };
    assert_eq!(
        lines(&traced),
        ["a=AE; blocks a:rw", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"].map(|l| l.replace("a=AE; blocks", "a=AE; scan a; blocks"))
    );
    let hints: Vec<&str> = traced.rows_in_the_way.iter().map(|r| r.sqlstate.as_str()).collect();
    assert_eq!(hints, ["23502"]);
    let rows = "create table filled (id int); insert into filled values (1)";
    let Some(traced) = run(rows, &[("alter table filled add c int not null", TransactionMode::PerFile)], &TraceOptions::default()).await
    else {
        return;
    };
    assert_eq!(lines(&traced), ["23502 column \"c\" of relation \"filled\" contains null values"]);
}

#[tokio::test]
async fn loops_end_and_what_reaches_beyond_the_database_is_cleaned_up() {
    let options = TraceOptions { statement_limit: Duration::from_millis(300), ..TraceOptions::default() };
    let text = "set lock_timeout = '2s'; set statement_timeout = '1min';
        do $$ begin loop end loop; end $$;
        create role app; create database other;
        alter system set work_mem = '1GB';
        drop database postgres;
        select pg_terminate_backend(pg_backend_pid());
        alter table a add column c int;
        \\d a
        select broken from;";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &options).await else { return };
    let shown = lines(&traced);
    assert_eq!(shown[2], "timed out after 0 s");
    assert!(shown[5].starts_with("skipped: needs a superuser"), "{shown:?}");
    assert!(shown[7].starts_with("57P01"), "{shown:?}");
    assert_eq!(shown[8], "a=AE; blocks a:rw");
    assert!(shown[9].starts_with("skipped: a command of psql"), "{shown:?}");
    assert!(shown[10].starts_with("42601"), "{shown:?}");
    let looping = &traced.migrations.steps[2];
    assert_eq!((looping.lock_timeout_ms, looping.statement_timeout_ms), (2_000, 60_000));
}

#[tokio::test]
async fn of_many_inserts_that_are_alike_every_one_runs_and_a_few_are_looked_at() {
    let mut text: String = (0..40).map(|n| format!("insert into a (id, b) values ({n}, 1);\n")).collect();
    text.push_str("insert into a (id, b) values (7, 1);\n");
    text.extend((40..60).map(|n| format!("insert into a (id, b) values ({n}, 1);\n")));
    text.push_str("alter table a add unique (id);\n");
    for mode in [TransactionMode::PerFile, TransactionMode::PerStatement] {
        let options = TraceOptions { seed_rows: false, ..TraceOptions::default() };
        let Some(traced) = run(EARLIER, &[(&text, mode)], &options).await else { return };
        let shown = lines(&traced);
        assert_eq!(shown.len(), 62);
        assert_eq!(shown[40], "23505 duplicate key value violates unique constraint \"a_pkey\"");
        assert!(shown[..40].iter().chain(&shown[41..61]).all(|line| line == "a=RX"), "{shown:?}");
        assert!(shown[61].starts_with("a=AE"), "{shown:?}");
        let steps = &traced.migrations.steps;
        assert!(steps[..40].iter().all(|s| s.location.line > 0 && s.effect.milliseconds.is_some_and(|ms| ms > 0.0)));
        let wal = steps[60].effect.wal_bytes.unwrap();
        assert!((1..20_000).contains(&wal), "the last one answers for itself: {wal}");
        assert_eq!(steps[20].location.line, 21);
    }
}

#[tokio::test]
async fn dynamic_statements_and_functions_are_seen_for_what_they_do() {
    let text = "do $$ begin execute 'alter table a alter b type bigint'; end $$;
        create function f() returns void language plpgsql as $$ begin alter table r add column x int default 1; end $$;
        select f();
        create procedure p() language plpgsql as $$ begin alter table a add q int; commit; alter table r add z int; end $$;
        call p();";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &TraceOptions::default()).await else { return };
    assert_eq!(lines(&traced)[..3], ["a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw", "", "r=AE; blocks r:rw"]);
    assert_eq!(traced.migrations.steps[4].outcome, Outcome::Done);
}

#[tokio::test]
async fn new_enum_values_are_usable_as_the_major_allows() {
    let text = "create type c as enum ('x'); alter type c add value 'y'; create table k (v c); insert into k values ('y')";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerFile)], &TraceOptions::default()).await else { return };
    let last = &traced.migrations.steps[3].outcome;
    assert_eq!(*last == Outcome::Done, traced.migrations.major >= 17, "{last:?}");
}

#[tokio::test]
async fn transactions_of_the_script_are_obeyed_and_counted() {
    let text = "create table n (id int); begin; alter table a add x int; rollback; begin; alter table r add y int; savepoint s;
        alter table r add z int; rollback to s; commit; alter table a add x int";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &TraceOptions::default()).await else { return };
    let numbers: Vec<Option<u32>> = traced.migrations.steps.iter().map(|s| s.transaction).collect();
    assert_eq!(numbers, [None, Some(1), Some(1), Some(1), Some(2), Some(2), Some(2), Some(2), Some(2), Some(2), None]);
    assert!(traced.migrations.steps.iter().all(|s| s.outcome == Outcome::Done), "{:?}", lines(&traced));
}

#[tokio::test]
async fn a_files_own_commit_ends_the_runners_transaction_for_good() {
    let text = "alter table a add x int; commit; create index concurrently i on a (x); begin; alter table a add y int";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::PerFile)], &TraceOptions::default()).await else { return };
    assert!(traced.migrations.steps.iter().all(|s| s.outcome == Outcome::Done), "{:?}", lines(&traced));
    let text = "alter table a add x int; commit; create index concurrently i on a (x)";
    let Some(traced) = run(EARLIER, &[(text, TransactionMode::Implicit)], &TraceOptions::default()).await else { return };
    assert!(matches!(&traced.migrations.steps[2].outcome, Outcome::Failed { sqlstate, .. } if sqlstate == "25001"), "{:?}", lines(&traced));
}

/// Form, what is committed before, and what is known about it.
const FORMS: &[(&str, &str, &str)] = &[
    ("alter table a add c timestamptz default now()", "", "a=AE; blocks a:rw"),
    ("alter table a add c timestamptz default clock_timestamp()", "", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"),
    ("alter table a add c small", "create domain small as int check (value < 9)", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"),
    ("alter table a add c int generated always as (b) stored", "", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"),
    ("alter table a add c int check (c > 0)", "", "a=AE; scan a; blocks a:rw"),
    ("alter table a add c bigint references r", "", "a=AE r=SRE; blocks a:rw r:w"),
    ("alter table a alter n type varchar(40)", "", "a=AE; blocks a:rw"),
    ("alter table a alter n type varchar(10)", "", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"),
    ("alter table a alter n type text", "alter table a add check (n <> '')", "a=AE; scan a; blocks a:rw"),
    (
        "set timezone = 'UTC'; alter table a alter ts type timestamp",
        "create index a_ts on a (ts)",
        "a=AE; rewrite a_ts; scan a; blocks a:rw",
    ),
    ("alter table a alter n set not null", "alter table a add check (n is not null)", "a=AE; blocks a:rw"),
    ("alter table a alter n set not null", "", "a=AE; scan a; blocks a:rw"),
    ("alter table a validate constraint k", "alter table a add constraint k check (b > 0) not valid", "a=SUE; scan a"),
    (
        "alter table a validate constraint k",
        "alter table a add constraint k foreign key (r) references r not valid",
        "a=SUE r=RS; scan a r",
    ),
    ("alter table a add constraint k check (b > 0) not valid, validate constraint k", "", "a=AE; scan a; blocks a:rw"),
    ("alter table a drop constraint k", "alter table a add constraint k foreign key (r) references r", "a=AE r=AE; blocks a:rw r:rw"),
    (
        "alter table a drop constraint a_pkey, add primary key using index a_r",
        "create unique index a_r on a (r)",
        "a=AE; scan a; blocks a:rw",
    ),
    (
        "alter domain small validate constraint k",
        "create domain small as int; create table s (v small); alter domain small add constraint k check (value < 9) not valid",
        "s=S; scan s; blocks s:w",
    ),
    ("alter type mood add value 'x'", "create type mood as enum ('y')", ""),
    ("create index if not exists a_b on a (b)", "", "a=S; blocks a:w"),
    ("reindex index a_b", "", "a=S; rewrite a_b; scan a; blocks a:rw"),
    ("truncate a", "", "a=AE; rewrite a a_b a_pkey; blocks a:rw"),
    ("create table p2 partition of p for values in (2)", "", "p=AE pd=AE; scan pd; blocks p:rw pd:rw"),
    (
        "alter table p attach partition q for values in (3)",
        "create table q (k int not null)",
        "p=SUE pd=AE q=AE; scan pd q; blocks p:rw pd:rw q:rw",
    ),
    ("alter table a set unlogged", "", "a=AE; rewrite a a_b a_pkey; scan a; blocks a:rw"),
    ("drop view v", "", "v=AE; blocks v:rw"),
    ("refresh materialized view m", "create materialized view m as select id from a", "a=AS m=AE; rewrite m; scan a; blocks m:r"),
    (
        "create trigger g before insert on a for each row execute function f()",
        "create function f() returns trigger language plpgsql as 'begin return new; end'",
        "a=SRE; blocks a:w",
    ),
    ("comment on table a is 'x'", "", "a=SUE"),
];

#[tokio::test]
async fn forms_do_what_they_are_known_to_do() {
    if test_server::shared().await.is_none() {
        return;
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let base = confined.create_database("forms").await.unwrap();
    let partitions = "create table p (k int not null) partition by list (k); create table p1 partition of p for values in (1);
        create table pd partition of p default";
    confined.owner(&base).await.unwrap().batch_execute(&format!("{EARLIER} {partitions}")).await.unwrap();
    for (form, setup, known) in FORMS {
        let database = confined.clone_database(&base).await.unwrap();
        confined.owner(&database).await.unwrap().batch_execute(setup).await.unwrap();
        let pending = [script("form.sql", form, TransactionMode::PerFile)];
        let traced = trace_on(&confined, &database, &pending, &TraceOptions::default(), &NoProgress).await.unwrap();
        assert_eq!(lines(&traced).last().unwrap(), known, "{form}");
    }
    drop(base);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_is_measured_and_tables_of_known_size_get_a_range() {
    let size = |rows: f64| TableSize {
        rows,
        heap_bytes: Some((rows * 100.0) as i64),
        index_bytes: Some((rows * 40.0) as i64),
        writes: None,
        reads: None,
        source: SizeSource::Catalog,
    };
    let sizes = BTreeMap::from([(QualifiedName::new("public", "a"), size(1e6)), (QualifiedName::new("public", "r"), size(40.0))]);
    let text = "alter table a add x int; alter table a alter b type bigint; alter table r add y int check (y > 0); create index on a (n);
        alter table v_unknown add z int";
    let Some(mut traced) = run(EARLIER, &[(text, TransactionMode::PerStatement)], &TraceOptions::default()).await else { return };
    traced.migrations.sizes = sizes;
    let throughput = Throughput { scan: 1e9, rewrite: 1e8, index_rows: 1e6 };
    let estimates = estimate(&traced.migrations, &throughput);
    assert_eq!(estimates.iter().map(|e| e.step).collect::<Vec<_>>(), [1, 2, 3]);
    let rewrite = &estimates[0];
    // 100 MB at 100 MB/s, and two indexes over a million rows.
    assert_eq!((rewrite.seconds_low, rewrite.seconds_high), (1.0, 20.0), "half and nearly five times three seconds, in steps");
    assert_eq!((rewrite.disk_bytes, rewrite.sizes, rewrite.throughput), (140_000_000, SizeSource::Catalog, SizeSource::Measured));
    assert!(estimates[1].seconds_high <= 0.001 && estimates[1].disk_bytes == 0);
    assert!((estimates[2].seconds_low - 0.5).abs() < 1e-9, "{:?}", estimates[2]);
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let measured = calibrate(&Confined::new(&server).await.unwrap()).await.unwrap();
    assert!(measured.scan > measured.rewrite && measured.index_rows > 10_000.0, "{measured:?}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn long_chains_keep_what_concerns_each_script() {
    let mut tables: Vec<String> = (0..120).map(|n| format!("create table t{n} (id int primary key)")).collect();
    tables.push(
        "create table k (id serial primary key, t int references t5); create index k_t on k (t); create view kv as select id from k".into(),
    );
    let mut texts: Vec<String> = (0..80).map(|n| format!("alter table t{n} add c int")).collect();
    texts.push("alter index k_t rename to k_u".into());
    let pending: Vec<(&str, TransactionMode)> = texts.iter().map(|t| (t.as_str(), TransactionMode::PerFile)).collect();
    let Some(traced) = run(&tables.join(";"), &pending, &TraceOptions::default()).await else { return };
    let steps = &traced.migrations.steps;
    assert_eq!((steps[0].before.tables.len(), steps[79].before.tables.len()), (121, 1));
    // An index stands for its table, and with that come the table it refers to, the view over it, its sequence.
    let before = &steps[80].before;
    assert_eq!(before.tables.iter().map(|t| t.name.name.as_str()).collect::<Vec<_>>(), ["k", "t5"]);
    assert_eq!((before.views.len(), before.sequences.len()), (1, 1));
    let k = before.table("public", "k").unwrap();
    assert_eq!((k.columns.len(), k.indexes.len(), k.constraints.len(), k.grants.is_empty()), (2, 2, 2, false));
    assert_eq!(before.table("public", "t5").unwrap().columns.len(), 2, "as it is after its own script");
    assert!(steps.iter().all(|s| s.outcome == Outcome::Done));
    assert!(steps[..80].iter().all(|s| s.existed(&s.effect.locks[0].relation)));
}
