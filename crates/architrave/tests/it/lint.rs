//! `architrave lint` as its user meets it: the example, what is pending, exceptions, formats, safe versions on disk, and hostile migrations.

use crate::cli::{Outcome, project, root, run};
use architrave_postgres::server::test_server;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

static FIRST: &str = "create table orders (id bigint generated always as identity primary key, customer_id bigint, note text);\n";
static SECOND: &str = "create index on orders (customer_id);\nalter table orders alter column note set not null;\n";

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", outcome.stdout, outcome.stderr))
}

/// Rules that found something, with the lines.
fn found(report: &Value) -> BTreeSet<(String, i64)> {
    let line = |f: &Value| f["location"]["line"].as_i64().unwrap_or(0);
    report["findings"].as_array().unwrap().iter().map(|f| (f["rule"].as_str().unwrap().to_owned(), line(f))).collect()
}

fn has(report: &Value, rule: &str) -> bool {
    found(report).iter().any(|(r, _)| r == rule)
}

fn lint(arguments: &[&str]) -> Value {
    let mut all = vec!["lint", "--format", "json", "--fail-on", "never"];
    all.extend(arguments);
    let outcome = run(&all);
    assert_eq!(outcome.status, 0, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

fn git(folder: &Path, arguments: &[&str]) {
    let output =
        Command::new("git").args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments).current_dir(folder).output();
    let output = output.expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository whose second migration is new.
fn repository() -> TempDir {
    let folder = project(&[("migrations/000001_orders.up.sql", FIRST), ("migrations/000001_orders.down.sql", "drop table orders;\n")]);
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    crate::cli::write(folder.path(), "migrations/000002_more.up.sql", SECOND.as_bytes());
    crate::cli::write(folder.path(), "migrations/000002_more.down.sql", b"alter table orders alter column note drop not null;\n");
    folder
}

#[test]
fn the_example_shows_what_its_third_migration_does() {
    let file = root().join("examples/orders/migrations/000003_growth.up.sql");
    let report = lint(&[file.to_str().unwrap()]);
    let database = &report["databases"][0];
    assert_eq!((database["earlier"].as_u64(), database["executed"].as_bool()), (Some(2), Some(true)));
    for (rule, line) in [
        ("migration/index-built-under-lock", 2),
        ("migration/foreign-key-validated-under-lock", 4),
        ("migration/type-changed-under-lock", 7),
        ("migration/added-column-rewrites-table", 12),
    ] {
        assert!(found(&report).contains(&(rule.to_owned(), line)), "{rule}: {:?}", found(&report));
    }
    let safe: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(|f| !f["safe"].is_null()).collect();
    assert!(safe.len() >= 4 && safe.iter().all(|f| f["safe"]["proof"]["verdict"] == "proved"), "{safe:#?}");
    assert_eq!(database["broken_queries"][0]["location"]["path"], "queries/orders.sql");
    assert_eq!(database["scripts"][0]["down"]["is"], "differs");
    assert_eq!(database["preconditions"][0]["table"]["name"], "orders");
    assert!(report["allowed"][0]["reason"].as_str().unwrap().contains("reads both names"));
    let heavy = database["scripts"][0]["statements"].as_array().unwrap().iter().filter(|s| s["weight"] == "heavy").count();
    assert_eq!(heavy, 4);
    assert!(database["scripts"][0]["statements"][0]["estimate"]["sizes"] == "assumed");
}

#[test]
fn two_equal_runs_say_the_same_outside_of_the_run_block() {
    let file = root().join("examples/orders/migrations/000003_growth.up.sql");
    let told = || {
        let mut report = lint(&[file.to_str().unwrap()]);
        let run = report.as_object_mut().unwrap().remove("run").unwrap();
        (serde_json::to_string_pretty(&report).unwrap(), run["speed"].clone())
    };
    let (one, other) = (told(), told());
    assert!(one.0.contains("\"seconds_low\""), "there are estimates: {}", one.0);
    assert_eq!(one.0, other.0);
    assert!(one.1["measured_on"].as_str().is_some_and(|day| day.len() == 10), "{}", one.1);
    assert_eq!(one.1, other.1, "what was measured once is kept");
}

#[test]
fn without_a_server_the_text_tells_the_same_and_says_so() {
    let file = root().join("examples/orders/migrations/000003_growth.up.sql");
    let report = lint(&[file.to_str().unwrap(), "--no-execute"]);
    assert_eq!(report["databases"][0]["executed"], false);
    for rule in ["migration/index-built-under-lock", "migration/foreign-key-validated-under-lock", "migration/type-changed-under-lock"] {
        assert!(has(&report, rule), "{rule}");
    }
    assert!(report["gaps"].to_string().contains("--no-execute"));
    let text = run(&["lint", file.to_str().unwrap(), "--no-execute"]);
    assert!(text.stdout.contains("read, not executed"), "{}", text.stdout);
    assert_eq!(text.status, 1, "high by default");
}

#[test]
fn what_is_new_since_a_reference_is_judged_and_no_more() {
    let folder = repository();
    let report = lint(&[folder.path().to_str().unwrap(), "--since", "main"]);
    let database = &report["databases"][0];
    assert_eq!((database["earlier"].as_u64(), database["scripts"].as_array().unwrap().len()), (Some(1), 1));
    assert!(has(&report, "migration/index-built-under-lock"));
    run(&["lint", folder.path().to_str().unwrap(), "--since", "nowhere"]).refused(&["nowhere"]);
    let bare = project(&[("migrations/001.sql", FIRST)]);
    run(&["lint", bare.path().to_str().unwrap(), "--since", "main"]).refused(&["git"]);
}

#[test]
fn safe_versions_become_migrations_of_the_project() {
    let folder = repository();
    let path = folder.path().to_str().unwrap();
    let outcome = run(&["lint", path, "--since", "main", "--write", "--fail-on", "never", "--quiet"]);
    assert_eq!(outcome.status, 0, "{}{}", outcome.stdout, outcome.stderr);
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("migrations"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.iter().any(|n| n.starts_with("000003_")), "{names:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("migrations/000002_more.up.sql")).unwrap(), SECOND, "no file is edited");
    let written: String = names
        .iter()
        .filter(|n| n.as_str() > "000003")
        .map(|n| std::fs::read_to_string(folder.path().join("migrations").join(n)).unwrap())
        .collect();
    assert!(written.to_lowercase().contains("create index concurrently"), "{written}");
    // With the statements taken out as it says, what is left and what was written is harmless.
    std::fs::write(folder.path().join("migrations/000002_more.up.sql"), "select 1;\n").unwrap();
    let report = lint(&[path, "--since", "main"]);
    let heavy: Vec<&Value> = report["databases"][0]["scripts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|s| s["statements"].as_array().unwrap())
        .filter(|s| s["weight"] == "heavy" || s["weight"] == "fails")
        .collect();
    assert!(heavy.is_empty(), "{heavy:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_has_not_applied_is_judged_with_its_sizes() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("applied").await.unwrap();
    let client = database.connect().await.unwrap();
    let made = format!(
        "{FIRST} create table schema_migrations (version bigint primary key, dirty boolean not null);
         insert into schema_migrations values (1, false);
         insert into orders (customer_id, note) select n, case when n % 10 > 0 then 'canary-value' end from generate_series(1, 5000) n; analyze"
    );
    client.batch_execute(&made).await.unwrap();
    let folder = repository();
    let url = format!("{} password=canary-password", database.connection_string());
    let outcome =
        run(&["lint", folder.path().to_str().unwrap(), "--applied", "--db", &url, "--probe", "--format", "json", "--fail-on", "never"]);
    assert_eq!(outcome.status, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert!(!outcome.stdout.contains("canary") && !outcome.stderr.contains("canary"), "{}", outcome.stdout);
    let report = json(&outcome);
    let first = &report["databases"][0];
    assert_eq!((first["earlier"].as_u64(), first["scripts"].as_array().unwrap().len()), (Some(1), 1));
    let counted = first["preconditions"].as_array().unwrap().iter().find(|p| p["what"].to_string().contains("note")).unwrap();
    assert_eq!(counted["offenders"].as_i64(), Some(500), "{counted}");
    assert_eq!(first["scripts"][0]["statements"][0]["estimate"]["sizes"], "catalog");
    let there: i64 = client.query_one("select count(*) from pg_index where indrelid = 'orders'::regclass", &[]).await.unwrap().get(0);
    assert_eq!(there, 1, "nothing is changed");
    client.batch_execute("drop table schema_migrations").await.unwrap();
    run(&["lint", folder.path().to_str().unwrap(), "--applied", "--db", &url]).refused(&["schema_migrations", "--since"]);
}

#[test]
fn exceptions_need_a_rule_and_a_reason() {
    let with = |line: &str| project(&[("migrations/001.sql", FIRST), ("migrations/002.sql", &format!("{line}\n{SECOND}"))]);
    let allowed = with("-- architrave: allow migration/index-built-under-lock nobody writes on Sundays");
    let report = lint(&[allowed.path().to_str().unwrap(), "--no-execute"]);
    assert!(
        !has(&report, "migration/index-built-under-lock") && has(&report, "migration/not-null-scan-under-lock"),
        "{:?}",
        found(&report)
    );
    let refused = |line: &str, words: &[&str]| run(&["lint", with(line).path().to_str().unwrap(), "--no-execute"]).refused(words);
    refused("-- architrave: allow migration/index-built-under-lock", &["migrations/002.sql:1", "without a reason"]);
    refused("-- architrave: allow migration/index-build-under-lock x", &["did you mean migration/index-built-under-lock"]);
}

#[test]
fn code_hosts_and_baselines_get_theirs() {
    let folder = project(&[("migrations/001.sql", FIRST), ("migrations/002.sql", SECOND)]);
    let path = folder.path().to_str().unwrap();
    let out = |name: &str| folder.path().join(name).display().to_string();
    let (sarif, html, junit, known) = (out("l.sarif"), out("l.html"), out("l.xml"), out("known.json"));
    let outcome = run(&[
        "lint",
        path,
        "--no-execute",
        "-o",
        &sarif,
        "-o",
        &html,
        "-o",
        &junit,
        "--write-baseline",
        &known,
        "--format",
        "github",
        "--fail-on",
        "medium",
    ]);
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("file=migrations/002.sql") && outcome.stdout.contains("line=1"), "{}", outcome.stdout);
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(&sarif).unwrap()).unwrap();
    assert!(sarif["runs"][0]["results"].to_string().contains("migrations/002.sql"));
    assert!(std::fs::read_to_string(&html).unwrap().contains("migrations/002.sql"));
    assert!(std::fs::read_to_string(&junit).unwrap().contains("<testsuite"));
    let again = run(&["lint", path, "--no-execute", "--baseline", &known, "--fail-on", "info", "--format", "comment"]);
    assert_eq!(again.status, 0, "{}", again.stdout);
    assert!(again.stdout.contains("No findings"), "{}", again.stdout);
}

#[test]
fn broken_and_hostile_migrations_are_named_and_contained() {
    let hostile = "create table t (id int);\nalter table missing add column a int;\ncreate role intruder superuser;\ndrop database postgres;\n\
                   copy t from program 'id';\nselekt 1;\ncreate table u (id int);\n";
    let folder = project(&[("migrations/001.sql", "\u{feff}create table a (id int);\r\n"), ("migrations/002.sql", hostile)]);
    let report = lint(&[folder.path().to_str().unwrap()]);
    let statements = report["databases"][0]["scripts"][1]["statements"].as_array().unwrap().clone();
    let outcome = |at: usize| statements[at]["outcome"]["is"].as_str().unwrap().to_owned();
    assert_eq!((outcome(0), outcome(1), outcome(6)), ("done".into(), "failed".into(), "done".into()), "{statements:#?}");
    assert_ne!(outcome(4), "done", "no program runs");
    assert!(found(&report).contains(&("migration/statement-refused".to_owned(), 2)), "{:?}", found(&report));
}

/// Each is a migration of its own; after every one of them the next file is judged as if nothing had happened.
#[test]
fn scripts_that_reach_for_their_session_or_the_server_are_contained() {
    let hostile = [
        ("select pg_terminate_backend(pg_backend_pid());", "failed"),
        ("set role pg_monitor; create table forbidden (id int);", "failed"),
        ("set session authorization architrave;", "failed"),
        ("set search_path = nowhere, pg_temp; create temporary table gone (id int);", "done"),
        ("begin; create table left_open (id int);", "done"),
        ("listen news; notify news;", "done"),
        ("alter system set fsync = off;", "failed"),
        ("create tablespace other location '/tmp';", "failed"),
        ("copy (select 1) to program 'touch architrave_was_here';", "failed"),
        ("copy (select 1) to '/tmp/architrave_was_here';", "failed"),
        ("drop owned by current_user cascade;", "done"),
        ("select count(*) from (select g from generate_series(1, 10000000000) g order by random()) q;", "failed"),
        ("select pg_advisory_lock(1); prepare p as select 1; declare c cursor with hold for select 1;", "done"),
        ("alter database postgres set default_transaction_read_only = on;", "done"),
    ];
    let mut files: Vec<(String, String)> = vec![("migrations/000001_first.up.sql".into(), "create table kept (id int);\n".into())];
    for (at, (text, _)) in hostile.iter().enumerate() {
        let n = 2 * at + 2;
        files.push((format!("migrations/{n:06}_hostile.up.sql"), format!("{text}\n")));
        files.push((format!("migrations/{:06}_next.up.sql", n + 1), format!("create table next_{at} (id int);\n")));
    }
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = project(&borrowed);
    let before = std::env::temp_dir().join("architrave_was_here").exists();
    let outcome = run(&["lint", folder.path().to_str().unwrap(), "--format", "json", "--fail-on", "never", "--no-prove"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let report = json(&outcome);
    let scripts = report["databases"][0]["scripts"].as_array().unwrap();
    let last = |at: usize| scripts[at]["statements"].as_array().unwrap().last().unwrap()["outcome"].clone();
    assert_eq!(scripts.len(), 1 + 2 * hostile.len());
    for (at, (text, expected)) in hostile.iter().enumerate() {
        let (seen, next) = (last(1 + 2 * at), last(2 + 2 * at));
        let refused = seen["is"] == "failed" || seen["is"] == "skipped";
        assert!(if *expected == "failed" { refused } else { seen["is"] == "done" }, "{text}: {seen}");
        assert_eq!(next["is"], "done", "after {text}: {next}");
    }
    assert!(before || !std::env::temp_dir().join("architrave_was_here").exists());
}

#[test]
fn what_rows_of_ours_stop_is_no_fault_of_later_scripts() {
    let folder = project(&[
        ("migrations/000001_a.up.sql", "create table a (code text not null);\ncreate table b (code text not null);\n"),
        ("migrations/000002_b.up.sql", "insert into b select code from a;\n"),
        ("migrations/000003_c.up.sql", "alter table b alter column code type uuid using code::uuid;\n"),
        ("migrations/000004_d.up.sql", "create table c (code uuid);\n"),
        ("migrations/000005_e.up.sql", "create view v as select 1 as n from b join c on b.code = c.code;\n"),
    ]);
    let report = lint(&[folder.path().to_str().unwrap(), "--no-prove", "--no-down"]);
    assert!(!has(&report, "migration/statement-refused"), "{:?}", found(&report));
    let scripts = report["databases"][0]["scripts"].as_array().unwrap();
    let outcomes = scripts.iter().flat_map(|s| s["statements"].as_array().unwrap()).map(|s| &s["outcome"]["is"]);
    assert!(outcomes.clone().all(|o| o == "done"), "{:?}", outcomes.collect::<Vec<_>>());
}

#[test]
fn the_time_for_safe_versions_is_settable() {
    let folder = repository();
    let gaps = |time: &str| lint(&[folder.path().to_str().unwrap(), "--since", "HEAD", "--no-down", "--time", time])["gaps"].to_string();
    assert!(gaps("1ms").contains("safe versions were not tried"), "{}", gaps("1ms"));
    assert!(!gaps("5min").contains("were not tried"), "{}", gaps("5min"));
    let wrong = run(&["lint", folder.path().to_str().unwrap(), "--time", "soon"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("write 60s or 5min"), "{}", wrong.stderr);
}

#[test]
fn nothing_to_judge_is_said() {
    let empty = project(&[("README.md", "nothing\n")]);
    run(&["lint", empty.path().to_str().unwrap()]).refused(&["no migrations"]);
    run(&["lint", "/no/such/place"]).refused(&["/no/such/place"]);
    run(&["lint", "postgres://u@h/d"]).refused(&["--db"]);
    let folder = project(&[("migrations/001.sql", FIRST)]);
    assert_eq!(run(&["lint", folder.path().to_str().unwrap(), "--applied"]).status, 2);
    let snapshot = folder.path().join("x.snapshot.json");
    std::fs::write(&snapshot, "{}").unwrap();
    run(&["lint", folder.path().to_str().unwrap(), "--db", snapshot.to_str().unwrap(), "--probe"]).refused(&["live database"]);
}
