//! Reviews of a live database: it is never disturbed, secrets and rows stay home.

use crate::cli::{architrave, finish, run};
use architrave_postgres::server::{Database, PrivateServer, test_server};
use std::process::Command;

/// A database on the shared private server, filled by this SQL.
async fn database(sql: &str) -> Option<(&'static PrivateServer, Database)> {
    let server = test_server::shared().await?;
    let database = server.create_database("live").await.unwrap();
    database.connect().await.unwrap().batch_execute(sql).await.unwrap();
    Some((server, database))
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["review"];
    all.extend(arguments);
    all.extend(["--format", "json", "-o", "-"]);
    let outcome = run(&all);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

fn rules(report: &serde_json::Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let mut rules: Vec<String> = findings.iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_found_and_its_fix_proved() {
    let sql = "create table customers (id bigint generated always as identity primary key);
               create table orders (id bigint generated always as identity primary key, customer_id bigint not null references customers (id));
               insert into customers select from generate_series(1, 2000); insert into orders (customer_id) select i from generate_series(1, 2000) i; analyze";
    let Some((_, database)) = database(sql).await else { return };
    let report = json(&[&database.connection_string()]);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["rule"] == "index/foreign-key-unindexed").expect("found");
    assert_eq!(finding["proof"]["verdict"], "proved", "{}", finding["proof"]);
    assert!(report["run"]["round_trips"].as_u64().unwrap() <= 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_reviewed() {
    let Some((_, database)) = database("").await else { return };
    let report = json(&[&database.connection_string()]);
    assert_eq!(report["sections"].as_array().unwrap().len(), 8);
    assert_eq!(report["assessment"][4]["value"], "planning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_is_named_and_not_waited_for() {
    let Some((_, database)) = database("create table free (id int primary key); create table held (id int primary key)").await else {
        return;
    };
    let holder = database.connect().await.unwrap();
    holder.batch_execute("begin; lock table held in access exclusive mode").await.unwrap();
    let report = json(&[&database.connection_string()]);
    assert!(report["coverage"].to_string().contains("held"), "{}", report["coverage"]);
    holder.batch_execute("rollback").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_writes_nothing() {
    let Some((server, database)) =
        database("create table t (id int primary key); insert into t select generate_series(1, 100); analyze; checkpoint").await
    else {
        return;
    };
    let client = server.connect("postgres").await.unwrap();
    let counters = format!(
        "select pg_current_wal_insert_lsn()::text, (select tup_inserted + tup_updated + tup_deleted from pg_stat_database where datname = '{}')",
        database.name()
    );
    let before = client.query_one(&counters, &[]).await.unwrap();
    json(&[&database.connection_string(), "--prove", "none"]);
    let after = client.query_one(&counters, &[]).await.unwrap();
    // Other tests of this binary write to the same server, so the position may move; the counters of this database may not.
    assert_eq!(before.get::<_, i64>(1), after.get::<_, i64>(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_secrets_stay_home() {
    let sql = "create table t (id int primary key, secret text);
               insert into t select i, 'canary-in-a-row' from generate_series(1, 500) i; analyze";
    let Some((_, database)) = database(sql).await else { return };
    let target = format!("{} password=canary-password", database.connection_string());
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<String> =
        ["md", "html", "json", "txt"].iter().map(|e| directory.path().join(format!("r.{e}")).display().to_string()).collect();
    let mut command = architrave();
    command.args(["review", &target]);
    for file in &files {
        command.args(["-o", file]);
    }
    let outcome = finish(&mut command);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    for text in files.iter().map(|f| std::fs::read_to_string(f).unwrap()).chain([outcome.stdout, outcome.stderr]) {
        assert!(!text.contains("canary"), "a row value or a password leaked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_reviews_like_its_database() {
    let sql = "create table t (id int, at timestamp); insert into t select i, now() from generate_series(1, 500) i; analyze";
    let Some((_, database)) = database(sql).await else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("x.snapshot.json").display().to_string();
    let taken = run(&["snapshot", &database.connection_string(), "-o", &file]);
    assert_eq!(taken.status, 0, "{}", taken.stderr);
    assert_eq!(rules(&json(&[&file])), rules(&json(&[&database.connection_string()])));
    let masked = directory.path().join("m.snapshot.json").display().to_string();
    assert_eq!(run(&["snapshot", &database.connection_string(), "-o", &masked, "--mask"]).status, 0);
    let text = std::fs::read_to_string(&masked).unwrap();
    assert!(text.contains("\"masked\": true") || text.contains("\"masked\":true"));
    assert!(!text.contains("most_common_values\": \"{"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_gets_coverage_not_failure() {
    let sql = "create table t (id int primary key); insert into t values (1); analyze";
    let Some((_, database)) = database(sql).await else { return };
    let admin = database.connect().await.unwrap();
    admin.batch_execute(&format!("create role weak_{0} login; revoke all on schema public from public", database.name())).await.unwrap();
    let target = database.connection_string().replace("user=postgres", &format!("user=weak_{}", database.name()));
    let report = json(&[&target]);
    assert!(!report["coverage"]["gaps"].as_array().unwrap().is_empty());
    admin.batch_execute(&format!("drop role weak_{}", database.name())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn project_and_database_together_show_drift() {
    let Some((_, database)) = database("create table t (id bigint generated always as identity primary key, extra text)").await else {
        return;
    };
    let project = crate::cli::project(&[("migrations/001_a.sql", "create table t (id bigint generated always as identity primary key);")]);
    let report = json(&[project.path().to_str().unwrap(), &database.connection_string()]);
    let drift = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "migration/drift").expect("the drift is found");
    assert_eq!(drift["proof"]["verdict"], "proved", "{drift:#}");
    assert_eq!(drift["fix"]["up"][0], "alter table public.t drop column extra", "{drift:#}");
    assert_eq!(drift["fix"]["down"][0], "alter table public.t add column extra text", "{drift:#}");
    assert!(drift["fix"]["caution"].as_str().unwrap().contains("lost for good: column public.t.extra"), "{drift:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_database_and_role_are_named() {
    let Some((server, _)) = database("").await else { return };
    run(&["review", &server.connection_string("nowhere")]).refused(&["nowhere"]);
    run(&["review", &server.connection_string("postgres").replace("user=postgres", "user=nobody_here")]).refused(&["nobody_here"]);
}

#[test]
fn database_url_is_used_only_when_asked_for() {
    let mut command: Command = architrave();
    command.args(["review", "--db", "env"]);
    finish(&mut command).refused(&["DATABASE_URL is not set"]);
    let project = crate::cli::project(&[("migrations/001_a.sql", "create table t (id bigint primary key);")]);
    let mut command: Command = architrave();
    command.args(["review", "--no-execute", project.path().to_str().unwrap()]).env("DATABASE_URL", "postgres://nowhere.invalid/x");
    assert_eq!(finish(&mut command).status, 0);
}
