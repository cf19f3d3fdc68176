//! `architrave diff` as its user meets it: every pair is executed both ways, renames are asked about, wrong input is one sentence.

use crate::cli::{Outcome, project, run};
use architrave_postgres::server::test_server;
use tempfile::TempDir;

static OLD: &str = "create type mood as enum ('sad', 'happy');
    create table users (id bigint generated always as identity primary key, name text not null, email varchar(100), m mood default 'sad');
    create table posts (id serial primary key, user_id bigint references users, body text);
    create index on posts (user_id);
    create view mails as select u.id, u.email, p.body from users u join posts p on p.user_id = u.id;";

static NEW: &str = "create type mood as enum ('sad', 'ok', 'happy');
    create table users (id bigint generated always as identity primary key, full_name text not null, email text unique, m mood default 'ok');
    create table posts (id serial primary key, user_id bigint not null references users on delete cascade, body text check (length(body) < 100));
    create index on posts (user_id, id);
    create view mails as select u.id, u.email, p.body from users u join posts p on p.user_id = u.id;
    alter table posts enable row level security;
    create policy own on posts for select using (user_id = 1);
    comment on table users is 'people';
    grant select on users to public;
    alter default privileges grant select on tables to public;";

fn folder() -> TempDir {
    project(&[("old.sql", OLD), ("new.sql", NEW), ("empty.sql", "")])
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn diff(folder: &TempDir, from: &str, to: &str, more: &[&str]) -> Outcome {
    let mut arguments = vec!["diff".to_owned(), path(folder, from), path(folder, to)];
    arguments.extend(more.iter().map(|m| (*m).to_owned()));
    run(&arguments)
}

/// Whether private servers can be had; a run without one says so and is refused.
fn is_executed(outcome: &Outcome) -> bool {
    assert!(outcome.status < 2 || outcome.stderr.contains("PostgreSQL"), "{}{}", outcome.stdout, outcome.stderr);
    outcome.status < 2
}

fn json(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[track_caller]
fn proved_both_ways(outcome: &Outcome) -> serde_json::Value {
    let found = json(outcome);
    for way in ["up", "down"] {
        assert_eq!(found[way]["trial"]["proved"], true, "{way}: {:#}", found[way]["trial"]);
    }
    found
}

/// Same input, same bytes; the first line that differs says enough.
#[track_caller]
fn same_text(first: &str, second: &str) {
    for (at, (a, b)) in first.lines().zip(second.lines()).enumerate() {
        assert_eq!(
            a,
            b,
            "line {} of two equal runs, after {:#?}",
            at + 1,
            first.lines().take(at).skip(at.saturating_sub(12)).collect::<Vec<_>>()
        );
    }
    assert_eq!(first.len(), second.len(), "two equal runs: one goes on where the other has ended");
}

#[test]
fn the_statements_lead_there_and_back() {
    let folder = folder();
    let outcome = diff(&folder, "old.sql", "new.sql", &["--format", "json"]);
    if !is_executed(&outcome) {
        return;
    }
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    let found = proved_both_ways(&outcome);
    let files = found["up"]["files"].as_array().unwrap();
    assert_eq!(files[0]["statements"][0], "alter type public.mood add value 'ok' after 'sad'");
    let all: Vec<&str> = files.iter().flat_map(|f| f["statements"].as_array().unwrap()).map(|s| s.as_str().unwrap()).collect();
    for part in [
        "CREATE INDEX CONCURRENTLY posts_user_id_id_idx",
        "drop index concurrently public.posts_user_id_idx",
        "validate constraint posts_user_id_fkey",
    ] {
        assert!(all.iter().any(|s| s.contains(part)), "{part}: {all:#?}");
    }
    let losses: Vec<&str> = found["up"]["loses"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert_eq!(losses, ["column public.users.name with its values"]);
    assert_eq!(found["questions"][0]["rename"], "public.users.name=full_name");
    let again = diff(&folder, "old.sql", "new.sql", &["--format", "json"]);
    same_text(&outcome.stdout, &again.stdout);
}

#[test]
fn a_told_rename_keeps_the_column() {
    let folder = folder();
    let outcome = diff(&folder, "old.sql", "new.sql", &["--rename", "public.users.name=full_name", "--plain", "--format", "json"]);
    if !is_executed(&outcome) {
        return;
    }
    let found = proved_both_ways(&outcome);
    assert_eq!(found["up"]["loses"].as_array().unwrap().len(), 0, "{:#}", found["up"]["loses"]);
    assert_eq!(found["questions"].as_array().unwrap().len(), 0);
    let text = found["up"]["files"].to_string();
    assert!(
        text.contains("alter table public.users rename column name to full_name") && !text.to_lowercase().contains("concurrently"),
        "{text}"
    );
}

#[test]
fn equal_schemas_are_status_0_and_out_of_nothing_comes_all() {
    let folder = folder();
    let outcome = diff(&folder, "new.sql", "new.sql", &[]);
    if !is_executed(&outcome) {
        return;
    }
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("The schemas are equal."), "{}", outcome.stdout);
    proved_both_ways(&diff(&folder, "empty.sql", "new.sql", &["--format", "json"]));
    let storefront = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront").display().to_string();
    let outcome = run(&["diff".to_owned(), path(&folder, "empty.sql"), storefront, "--format".to_owned(), "json".to_owned()]);
    proved_both_ways(&outcome);
}

#[test]
fn sql_says_what_is_lost_and_wraps_transactions() {
    let folder = folder();
    let outcome = diff(&folder, "old.sql", "new.sql", &["--format", "sql"]);
    if !is_executed(&outcome) {
        return;
    }
    assert!(outcome.stdout.contains("-- LOST OR REFUSED: column public.users.name with its values"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("begin;\nset local lock_timeout = '3000ms';\n"), "{}", outcome.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_and_its_snapshot_are_sides_too() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("diff").await.unwrap();
    database
        .connect()
        .await
        .unwrap()
        .batch_execute(&format!("{NEW} create table schema_migrations (version text primary key)"))
        .await
        .unwrap();
    let url = database.connection_string();
    let folder = folder();
    let migrations = project(&[("migrations/0001_init.sql", OLD)]);
    let directory = migrations.path().display().to_string();
    let json = |from: &str, to: &str| run(&["diff", from, to, "--format", "json"].map(str::to_owned));
    let found = proved_both_ways(&json(&directory, &url));
    assert!(!found.to_string().contains("schema_migrations"), "{found:#}");
    let snapshot = path(&folder, "new.snapshot.json");
    assert_eq!(run(&["snapshot", &url, "-o", &snapshot, "--quiet"].map(str::to_owned)).status, 0);
    let equal = json(&snapshot, &url);
    assert_eq!(equal.status, 0, "{}{}", equal.stdout, equal.stderr);
    proved_both_ways(&json(&snapshot, &path(&folder, "old.sql")));
}

#[test]
fn files_and_migrations_are_written() {
    let folder = folder();
    let out = path(&folder, "out");
    let outcome = diff(&folder, "old.sql", "new.sql", &["-o", &out, "-o", &path(&folder, "change.sql"), "--quiet"]);
    if !is_executed(&outcome) {
        return;
    }
    assert!(folder.path().join("out/0001_alter_type_mood_add_value_ok.sql").is_file());
    assert!(folder.path().join("out/down").is_dir() && folder.path().join("change.sql").is_file());
    let again = diff(&folder, "old.sql", "new.sql", &["-o", &out, "--quiet"]);
    again.refused(&["is there already"]);

    let goose = project(&[("migrations/00001_init.sql", &format!("-- +goose Up\n{OLD}\n-- +goose Down\nselect 1;\n"))]);
    let directory = goose.path().display().to_string();
    let arguments = ["diff", &directory, &path(&folder, "new.sql"), "--write", &directory, "--quiet"].map(str::to_owned);
    let outcome = run(&arguments);
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    // The project is now what it was to become.
    let outcome = run(&["diff".to_owned(), directory, path(&folder, "new.sql")]);
    assert_eq!(outcome.status, 0, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn wrong_input_is_one_sentence() {
    let folder = folder();
    diff(&folder, "old.sql", "missing.sql", &[]).refused(&["missing.sql does not exist"]);
    diff(&folder, "old.sql", "new.sql", &["--rename", "nothing"]).refused(&["--rename nothing", "schema.table.column=new"]);
    diff(&folder, "old.sql", "new.sql", &["-o", &path(&folder, "x.pdf")]).refused(&["no difference is written as .pdf"]);
    diff(&folder, "old.sql", "new.sql", &["--renames", &path(&folder, "none.txt")]).refused(&["cannot read"]);
    let outcome = diff(&folder, "old.sql", "new.sql", &["--rename", "public.users.no=yes"]);
    if !outcome.stderr.contains("PostgreSQL") {
        outcome.refused(&["FROM has no such table, column"]);
    }
    let several = project(&[("a/migrations/0001.sql", OLD), ("b/migrations/0001.sql", NEW)]);
    run(&["diff".to_owned(), several.path().display().to_string(), path(&folder, "new.sql")]).refused(&["several databases", "--database"]);
}
