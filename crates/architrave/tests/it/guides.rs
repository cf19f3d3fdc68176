//! The guides do what they say: their SQL, their configuration and their commands are run.

use architrave_postgres::server::{Database, test_server};
use std::path::Path;
use std::process::{Command, Output};

static LIVE: &str = include_str!("../../../../docs/guides/review-a-live-database.md");
static EMPTY: &str = include_str!("../../../../docs/guides/explain-an-empty-result.md");
static CLERK: &str = include_str!("../../../../docs/guides/check-clerk.md");
static HOUSE: &str = include_str!("../../../../docs/guides/house-rules.md");

/// The first block of a language after a heading or mark.
fn block<'a>(page: &'a str, after: &str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(after).unwrap();
    let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

fn architrave(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_architrave")).args(arguments).current_dir(directory).output().unwrap()
}

#[track_caller]
fn succeeds(arguments: &[&str], directory: &Path) {
    let output = architrave(arguments, directory);
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a review as the guide's role cannot see.
fn gaps(database: &Database) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let target = database.connection_string().replace("user=postgres", "user=architrave_reader");
    succeeds(&["snapshot", &target, "-o", "shop.snapshot.json", "--mask", "--quiet"], folder.path());
    let text = std::fs::read_to_string(folder.path().join("shop.snapshot.json")).unwrap();
    let snapshot: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(snapshot["catalog"]["tables"].as_array().unwrap().len(), 2);
    snapshot["gaps"].as_array().unwrap().iter().map(|gap| gap["what"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_the_guide_sees_all_but_what_the_guide_says() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("guide").await.unwrap();
    let client = database.connect().await.unwrap();
    let shop = "create schema billing;
        create table orders (id bigserial primary key, note text);
        create table billing.invoices (id bigint generated always as identity primary key, order_id bigint references orders, sum numeric);
        alter table orders enable row level security;
        insert into orders (note) select 'x' from generate_series(1, 50);
        insert into billing.invoices (sum) select 1 from generate_series(1, 50);
        create extension if not exists pg_stat_statements;
        analyze;";
    client.batch_execute(shop).await.unwrap();
    client.batch_execute(block(LIVE, "<!-- role: begin -->", "sql")).await.unwrap();
    assert_eq!(gaps(&database), ["column statistics of 2 tables", "last values of 2 sequences", "pg_hba rules"]);
    for table in ["orders", "billing.invoices"] {
        let reading = format!("set role architrave_reader; select * from {table}");
        assert!(client.batch_execute(&reading).await.is_err(), "the role reads rows of {table}");
    }
    client.batch_execute("reset role").await.unwrap();
    for sql in LIVE.split("<!-- extras: begin -->").nth(1).unwrap().split('`').filter(|code| code.starts_with("grant ")) {
        client.batch_execute(sql).await.unwrap();
    }
    assert_eq!(gaps(&database), ["column statistics of 2 tables", "last values of 2 sequences"]);
    client.batch_execute("grant pg_read_all_data to architrave_reader; alter role architrave_reader bypassrls").await.unwrap();
    assert!(gaps(&database).is_empty());
}

/// A project with one script of several faults.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let sql = "create table customers (id bigint primary key, name char(40));\n\
               create table orders (id serial, customer_id bigint references customers, total real, created_at timestamp);\n";
    std::fs::write(folder.path().join("migrations/0001_init.sql"), sql).unwrap();
    folder
}

#[test]
fn the_example_of_architrave_toml_is_understood() {
    let folder = project();
    let example = block(HOUSE, "## `architrave.toml`", "toml");
    let lines = example.lines().map(|line| if line.starts_with("targets = ") { "targets = []" } else { line });
    std::fs::write(folder.path().join("architrave.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
    succeeds(&["review", ".", "--no-execute", "--quiet"], folder.path());
}

#[test]
fn the_sentences_of_the_guide_are_understood() {
    let folder = project();
    let (_, table) = HOUSE.split_once("| about | for example |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let sentences: Vec<String> = rows.map(|row| format!("- {}\n", row.split('|').nth(2).unwrap().trim())).collect();
    assert_eq!(sentences.len(), 7);
    std::fs::create_dir(folder.path().join(".claude")).unwrap();
    std::fs::write(folder.path().join(".claude/rules.md"), sentences.concat()).unwrap();
    let output = architrave(&["review", ".", "--no-execute", "--format", "json", "-o", "-"], folder.path());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = report["house_rules"]["sentences"].as_array().unwrap();
    assert!(read.len() >= sentences.len());
    for sentence in read {
        assert!(sentence["understood"].is_string(), "not understood: {}", sentence["text"]);
    }
}

#[test]
fn a_baseline_hides_what_is_known_and_not_what_is_new() {
    let folder = project();
    let ends_with = |status: i32| {
        let known = ["review", ".", "--no-execute", "--quiet", "--baseline", "known.json", "--fail-on", "info"];
        let output = architrave(&known, folder.path());
        assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    };
    succeeds(&["review", ".", "--no-execute", "--quiet", "--write-baseline", "known.json"], folder.path());
    ends_with(0);
    let more = "create table notes (body text, written timestamp);\n";
    std::fs::write(folder.path().join("migrations/0002_notes.sql"), more).unwrap();
    ends_with(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_result_has_the_cause_that_the_guide_says() {
    if test_server::shared().await.is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.sql"), block(EMPTY, "## A worked example", "sql")).unwrap();
    let commands: Vec<&str> = EMPTY.lines().filter_map(|line| line.strip_prefix("$ architrave ")).collect();
    let causes: Vec<&str> =
        EMPTY.lines().filter_map(|line| line.strip_prefix("The cause is `")).filter_map(|rest| rest.split('`').next()).collect();
    assert_eq!((commands.len(), causes.len()), (2, 2));
    for (command, cause) in commands.iter().zip(causes) {
        // Quoted words stay together.
        let words: Vec<&str> = command
            .split('"')
            .enumerate()
            .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
            .collect();
        let output = architrave(&words, folder.path());
        let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains(cause), "{cause}\n{text}");
    }
}

/// A project of the files that the guide shows after a heading.
fn clerk_project(after: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let full = folder.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, text).unwrap();
    };
    let (_, rest) = CLERK.split_once(after).unwrap();
    put("package.json", "{\"dependencies\": {\"@clerk/nextjs\": \"^6\", \"pg\": \"^8\"}}");
    put("migrations/0001_profiles.sql", block(rest, "`migrations/0001_profiles.sql`:", "sql"));
    put("lib/db.ts", block(CLERK, "`lib/db.ts`:", "ts"));
    put("app/api/webhooks/clerk/route.ts", block(rest, "`app/api/webhooks/clerk/route.ts`:", "ts"));
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_of_the_guide_is_found_wrong_and_the_mended_one_right() {
    if test_server::shared().await.is_none() {
        return;
    }
    let reviewed = |folder: &tempfile::TempDir, format: &str| {
        let output = architrave(&["review", ".", "--quiet", "--format", format], folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = clerk_project("## A handler as most people write it");
    let said = words(&reviewed(&first, "text"));
    let shown = block(CLERK, "## What the review says of it", "text");
    for finding in words(shown.split_once('\n').unwrap().1).split(" F").filter(|f| f.contains("app/api")) {
        let finding = finding.split_once(' ').unwrap().1;
        assert!(said.contains(finding.trim_end_matches(" …")), "{finding}\n{said}");
    }
    let mended = reviewed(&clerk_project("## The handler, mended"), "md");
    assert!(!mended.contains("clerk/webhook-order-diverges` ·") && !mended.contains("#### F1 · high"), "{mended}");
    let line = words(block(CLERK, "In section 8 of the report", "text"));
    assert!(words(&mended.replace('`', "")).contains(&line), "{line}\n{mended}");
}
