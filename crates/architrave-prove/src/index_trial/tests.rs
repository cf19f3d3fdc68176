//! Verdicts on injected measurements, and trials on a small database: buffers, plans and sizes are asserted, never times.

use super::judge::{Change, Contrast, harms, judge};
use super::measure::{Measured, Measurement, read};
use super::*;
use crate::generated_rows::tests::run;
use architrave_postgres::server::{NoProgress, PrivateServer, test_server};

fn ran(runs_ms: &[f64], blocks: i64, shape: &str) -> Measured {
    Measured::Done(Measurement { runs_ms: runs_ms.to_vec(), blocks, shape: shape.to_owned(), ..Measurement::default() })
}

#[test]
fn verdicts_need_more_than_noise() {
    let before = ran(&[100.0, 101.0, 102.0], 1000, "scan");
    let verdict = |after: Measured| judge(&before, &after, 0.15);
    assert_eq!(verdict(ran(&[10.0, 11.0], 50, "index")), Change::Helped);
    assert_eq!(verdict(ran(&[110.0, 111.0, 112.0], 900, "index")), Change::Same);
    assert_eq!(verdict(ran(&[130.0, 131.0, 132.0], 900, "index")), Change::Slower);
    // The runs lie so far apart that the difference says nothing.
    assert_eq!(verdict(ran(&[130.0, 190.0, 230.0], 900, "index")), Change::Same);
    // The same plan on the same buffers is the same work.
    assert_eq!(verdict(ran(&[150.0, 151.0, 152.0], 1001, "scan")), Change::Same);
    // As fast, with far fewer buffers: it helps where memory is short.
    assert_eq!(verdict(ran(&[99.0, 99.5], 100, "index")), Change::Helped);
    assert_eq!(verdict(Measured::TimedOut), Change::TimedOut);
    assert_eq!(judge(&Measured::TimedOut, &before, 0.15), Change::Helped);
    assert_eq!(verdict(Measured::Refused("no".into())), Change::Unknown);
    // Fractions of a millisecond are the clock's.
    assert_eq!(judge(&ran(&[0.1, 0.1], 5, "scan"), &ran(&[0.2, 0.2], 4, "index"), 0.15), Change::Same);
}

#[test]
fn losses_count_ten_times() {
    let contrast = |weight, with_ms, without_ms| Contrast { query: "q".into(), weight, with_ms, without_ms };
    let harm = |contrasts: &[Contrast]| harms(contrasts, 0.15);
    assert!(harm(&[contrast(1.0, 20.0, 10.0)]));
    assert!(harm(&[contrast(1.0, 20.0, 10.0), contrast(1.0, 5.0, 50.0)]));
    assert!(!harm(&[contrast(1.0, 20.0, 10.0), contrast(1.0, 5.0, 500.0)]));
    assert!(harm(&[contrast(100.0, 20.0, 10.0), contrast(1.0, 5.0, 500.0)]));
    // What stays within the limit is no loss.
    assert!(!harm(&[contrast(1.0, 11.0, 10.0)]) && !harm(&[]));
}

#[test]
fn plans_are_read() {
    let json = r#"[{"Plan": {"Node Type": "Nested Loop", "Actual Rows": 3, "Shared Hit Blocks": 10, "Shared Read Blocks": 5, "Plans": [
        {"Node Type": "Seq Scan", "Relation Name": "a"},
        {"Node Type": "Bitmap Heap Scan", "Relation Name": "b", "Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "b_i"}]}]},
        "Execution Time": 1.5}]"#;
    let measured = read(json);
    assert_eq!((measured.best_ms(), measured.blocks, measured.rows), (1.5, 15, 3.0));
    assert_eq!(measured.indexes, ["b_i"]);
    assert_eq!(measured.shape, "(Nested Loop (Seq Scan a) (Bitmap Heap Scan b (Bitmap Index Scan b_i)))");
    assert_eq!(read("nonsense"), Measurement { runs_ms: vec![0.0], shape: "(?)".into(), ..Measurement::default() });
}

const SCHEMA: &str = "create table public.people (id bigint generated always as identity primary key, town int not null, name text not null, age int, note text);
    create index people_age on public.people (age);
    insert into public.people (town, name, age, note) select n % 500, 'Name ' || n, n % 90, repeat('x', 100) from generate_series(1, 20000) n;
    create table public.parts (id int not null, at date not null, amount int, primary key (id, at)) partition by range (at);
    create table public.parts_1 partition of public.parts for values from ('2024-01-01') to ('2024-07-01');
    create table public.parts_2 partition of public.parts for values from ('2024-07-01') to ('2025-01-01');
    insert into public.parts select n, '2024-01-01'::date + n % 360, n % 1000 from generate_series(1, 20000) n;
    vacuum (analyze);";

fn index(table: &str, name: &str, create: &str) -> NewIndex {
    NewIndex { name: QualifiedName::new("public", name), table: QualifiedName::new("public", table), create: create.to_owned() }
}

fn query(id: &str, sql: &str) -> TrialQuery {
    TrialQuery { id: id.to_owned(), sql: sql.to_owned(), weight: 1.0 }
}

async fn people(server: &PrivateServer) -> Database {
    let database = server.create_database("trial").await.unwrap();
    run(&crate::generated_rows::owner_session(&database).await.unwrap(), SCHEMA).await;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_are_built_used_and_withdrawn() {
    let Some(server) = test_server::shared().await else { return };
    let database = people(server).await;
    let trial = Trial {
        create: vec![
            index("people", "people_town", "create index concurrently people_town on public.people (town)"),
            index("people", "people_note", "create index people_note on public.people (note)"),
            index("parts", "parts_amount", "create index parts_amount on public.parts (amount)"),
            index("people", "people_bad", "create index people_bad on public.people (nowhere)"),
        ],
        drop: vec![QualifiedName::new("public", "people_age"), QualifiedName::new("public", "people_pkey")],
        queries: vec![
            query("town", "select name from public.people where town = 7;"),
            query("parts", "select count(*) from parts where amount = 5 and id > 3"),
            query("all", "select sum(length(note) + length(name)) from public.people"),
            query("broken", "select nothing from public.people"),
            query("two", "select 1; select 2"),
            query("write", "delete from public.people"),
            query("slow", "select count(*) from people a, people b, people c where a.age < b.age + c.age"),
        ],
        options: TrialOptions {
            statement_timeout_ms: 1000,
            write_rows: 500,
            search_path: vec!["public".into()],
            ..TrialOptions::default()
        },
    };
    let outcome = try_indexes(&database, &trial, &NoProgress).await.unwrap();
    let [town, note, parts, bad] = outcome.indexes.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((town.used_by.as_slice(), town.withdrawn.is_none()), (&["town".to_owned()][..], true), "{town:?}");
    assert!(town.build.as_ref().is_some_and(|b| b.bytes > 8192 && b.wal_bytes > 0), "{town:?}");
    assert_eq!(parts.used_by, ["parts"]);
    assert!(note.withdrawn.as_ref().is_some_and(|w| w.reason.starts_with("no query of the workload used it")), "{note:?}");
    assert_eq!(bad.refused.as_deref(), Some("column \"nowhere\" does not exist"));
    let changes: Vec<Change> = outcome.queries.iter().map(|q| q.change).collect();
    assert_eq!(changes[0], Change::Helped, "{:?}", outcome.queries[0]);
    assert_eq!(changes[3..], [Change::Unknown, Change::Unknown, Change::Unknown, Change::Same]);
    assert!(
        outcome.notes.iter().any(|n| n.contains("nothing")) && outcome.notes.iter().any(|n| n.contains("read-only")),
        "{:?}",
        outcome.notes
    );
    assert_eq!(outcome.drops[0].refused, None);
    assert_eq!(outcome.drops[1].refused.as_deref(), Some("it backs the primary key"));
    let left = crate::generated_rows::texts(
        &database.connect().await.unwrap(),
        "select indexrelid::regclass from pg_index where indrelid = 'people'::regclass and indisvalid and indisready order by 1",
    )
    .await
    .unwrap();
    assert_eq!(left.len(), 3, "{left:?}");

    let [on_parts, on_people] = outcome.writes.as_slice() else { panic!("{:?}", outcome.writes) };
    assert!(on_parts.insert.is_some() && on_people.insert.is_some(), "{:?}", outcome.writes);
    let (column, without, with) = on_people.update_indexed.clone().unwrap();
    assert_eq!((column.as_str(), with.hot), ("town", 0));
    assert!(without.hot > 400 && on_people.hot_lost().unwrap() > 0.8, "{on_people:?}");
    let (column, without, with) = on_people.update_other.clone().unwrap();
    assert_eq!((column.as_str(), without.hot), ("name", with.hot));
    if server.major() >= 13 {
        let (without, with) = on_people.insert.clone().unwrap();
        assert!(with.rows == 500 && without.wal_bytes > 0.0, "{on_people:?}");
    }
    let count = crate::generated_rows::one_text(&database.connect().await.unwrap(), "select count(*) from people").await.unwrap();
    assert_eq!(count.as_deref(), Some("20000"));
    assert!(serde_json::to_string(&outcome).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_may_only_read() {
    let Some(server) = test_server::shared().await else { return };
    let database = people(server).await;
    let trial = Trial {
        queries: vec![
            query("file", "select pg_read_file('/etc/passwd')"),
            query("role", "select set_config('role', 'postgres', false)"),
            query("hidden", "select count(*) from pg_authid"),
        ],
        ..Trial::default()
    };
    let outcome = try_indexes(&database, &trial, &NoProgress).await.unwrap();
    assert!(outcome.queries.iter().all(|q| matches!(q.before, Measured::Refused(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_index_that_is_missed_comes_back() {
    let Some(server) = test_server::shared().await else { return };
    let database = people(server).await;
    let trial = Trial {
        drop: vec![QualifiedName::new("public", "people_age")],
        // Each row of the list asks the index once; without it the table is read as often.
        queries: vec![query("age", "select (select count(*) from public.people p where p.age = a + 1000) from generate_series(1, 200) a")],
        options: TrialOptions { write_rows: 0, ..TrialOptions::default() },
        ..Trial::default()
    };
    let outcome = try_indexes(&database, &trial, &NoProgress).await.unwrap();
    let drop = &outcome.drops[0];
    assert_eq!(drop.used_by, ["age"]);
    assert!(drop.withdrawn.as_ref().is_some_and(|w| w.contrasts.len() == 1), "{outcome:?}");
    assert!(outcome.queries[0].after.uses("people_age"), "{outcome:?}");
}
