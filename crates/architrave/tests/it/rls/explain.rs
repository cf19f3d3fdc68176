//! `architrave rls explain` on a live database: the cause from a private copy, the numbers from there.

use crate::cli::run;
use architrave_postgres::server::test_server;

const SCHEMA: &str = "
    do $$ begin create role live_reader nologin; exception when duplicate_object or unique_violation then null; end $$;
    create table notes (id integer primary key, owner_id integer not null, body text not null);
    insert into notes select i, i % 10, 'a secret of ' || i from generate_series(1, 100) i;
    alter table notes enable row level security;
    grant select on notes to live_reader;
    create policy own on notes for select to live_reader using (owner_id = nullif(current_setting('app.user_id', true), '')::integer);";

#[tokio::test(flavor = "multi_thread")]
async fn a_live_database_gives_numbers_and_no_values() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("explained").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute(SCHEMA).await.unwrap();
    let target = database.connection_string();
    let explain = |user: &str| {
        let set = format!("app.user_id={user}");
        run(&["rls", "explain", "--as", "live_reader", "--set", &set, "select * from notes", &target, "--format", "json", "--quiet"])
    };
    for (user, visible) in [("3", 10), ("77", 0)] {
        let outcome = explain(user);
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert!(!outcome.stdout.contains("a secret"), "{}", outcome.stdout);
        let said: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let live = said["live"].as_array().unwrap();
        assert_eq!(live[0]["visible"]["Ok"], visible, "{live:?}");
        let table = live.iter().find(|c| c["relation"]["name"] == "notes").unwrap();
        assert_eq!((&table["visible"]["Ok"], &table["all"]["Ok"]), (&visible.into(), &100.into()), "{live:?}");
    }
    let text = run(&[
        "rls",
        "explain",
        "--as",
        "live_reader",
        "--set",
        "app.user_id=77",
        "select * from notes",
        &target,
        "--quiet",
        "--format",
        "text",
    ]);
    assert!(text.stdout.contains("100"), "{}", text.stdout);
    assert_eq!(client.query_one("select count(*) from notes", &[]).await.unwrap().get::<_, i64>(0), 100);
}

#[test]
fn a_question_that_cannot_be_asked_is_one_sentence() {
    let files = crate::cli::project(&[("schema.sql", "create table t (id int primary key);")]);
    let place = files.path().join("schema.sql").display().to_string();
    let ask = |claims: &str, sql: &str| run(&["rls", "explain", "--as", "anon", "--claims", claims, sql, &place]);
    ask("{sub: 7}", "select 1 from t").refused(&["--claims is no JSON"]);
    ask("[1]", "select 1 from t").refused(&["--claims must be a JSON object"]);
    ask("{}", "drop table t").refused(&["only statements about rows"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_not_there_is_named_with_those_that_are() {
    if test_server::shared().await.is_none() {
        return;
    }
    let files = crate::cli::project(&[("migrations/1_a.sql", "create role app; create table notes (id int primary key);")]);
    let place = files.path().display().to_string();
    run(&["rls", "explain", "--as", "ap", "select * from notes", &place, "--quiet"]).refused(&["ap", "app"]);
}
