//! The catalogue that the DDL reader makes of a script equals the one that PostgreSQL makes of it.

use architrave_model::Catalog;
use architrave_model::script::{Statement, StatementKind};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::{PrivateServer, test_server};
use architrave_sql::ddl::{Applied, DdlOptions, DdlReader, essence};
use architrave_sql::{SplitOptions, split_with};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A script with a name of its own.
struct Fixture {
    name: String,
    text: String,
    from_major: u16,
}

/// Fixtures of a file: blocks under `-- ## name` lines (`-- ## name (15)` from that major on).
fn fixtures_of(path: &Path) -> Vec<Fixture> {
    let text = std::fs::read_to_string(path).unwrap();
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut fixtures: Vec<Fixture> = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("-- ## ") {
            let (title, from_major) = match header.split_once(" (") {
                Some((title, major)) => (title, major.trim_end_matches(')').parse().unwrap()),
                None => (header, 12),
            };
            fixtures.push(Fixture { name: format!("{file}: {title}"), text: String::new(), from_major });
        } else if let Some(fixture) = fixtures.last_mut() {
            fixture.text.push_str(line);
            fixture.text.push('\n');
        }
    }
    fixtures
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

fn all_fixtures() -> Vec<Fixture> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory().join("fixtures")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().filter(|p| !p.ends_with("supabase.sql")).flat_map(|p| fixtures_of(p)).collect()
}

/// The example's migrations over the roles, schemas and functions that Supabase brings.
fn storefront() -> Fixture {
    let mut text = std::fs::read_to_string(directory().join("fixtures/supabase.sql")).unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront/supabase/migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(migrations).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        text.push_str(&std::fs::read_to_string(file).unwrap());
        text.push('\n');
    }
    Fixture { name: "storefront".to_owned(), text, from_major: 15 }
}

fn statements(text: &str) -> Vec<Statement> {
    split_with(text, &SplitOptions { parse: false, ..SplitOptions::default() }).statements
}

/// Applies a fixture both ways; gives what differs, one line each.
async fn differences(server: &PrivateServer, fixture: &Fixture) -> Vec<String> {
    let database = server.create_database("conformance").await.unwrap();
    let mut client = database.connect().await.unwrap();
    let major = u16::try_from(server.version_num() / 10_000).unwrap();
    let mut reader = DdlReader::new(DdlOptions { server_major: major, ..DdlOptions::default() });
    let mut found = Vec::new();
    for statement in statements(&fixture.text) {
        if matches!(statement.kind, StatementKind::PsqlCommand | StatementKind::CopyData { .. }) {
            continue;
        }
        let executed = client.batch_execute(&statement.text).await;
        let applied = reader.apply(&statement);
        let text: String = statement.text.chars().take(160).collect();
        match (&executed, &applied) {
            (Ok(()), Applied::Changed | Applied::NoEffect) | (Err(_), Applied::WouldFail { .. } | Applied::NoEffect) => {}
            // Roles belong to the cluster: another test may have made it.
            (Err(error), Applied::Changed) if text.contains(" role ") && error.code().is_some_and(|c| c.code() == "42710") => {}
            (Ok(()), Applied::NotUnderstood { .. }) if text.starts_with("do ") => {}
            (Err(error), Applied::NotUnderstood { .. }) if error.code().is_some_and(|c| c.code() == "42601") => {}
            (executed, applied) => {
                let message = executed.as_ref().err().map(|e| e.as_db_error().map_or_else(|| e.to_string(), |d| d.message().to_owned()));
                found.push(format!("{text}\n    server: {message:?}\n    reader: {applied:?}"));
            }
        }
    }
    client.batch_execute("reset role; reset search_path").await.unwrap();
    let live = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    let mut read = essence(&reader.catalog());
    let mut live = essence(&live);
    keep_known_roles(&mut live, &mut read);
    compare(&serde_json::to_value(&read).unwrap(), &serde_json::to_value(&live).unwrap(), "", &mut found);
    found
}

/// Roles belong to the whole cluster, so other tests' roles are there too.
fn keep_known_roles(live: &mut Catalog, read: &mut Catalog) {
    let known: BTreeSet<String> = read.roles.iter().map(|r| r.name.clone()).collect();
    live.roles.retain(|r| known.contains(&r.name));
    live.memberships.retain(|m| known.contains(&m.member));
}

/// The name of an object among its equals.
fn key(value: &Value) -> Option<String> {
    let name = value.get("name")?;
    let name = match name.get("name") {
        Some(inner) => format!("{}.{}", name.get("schema")?.as_str()?, inner.as_str()?),
        None => name.as_str()?.to_owned(),
    };
    let arguments = value.get("identity_arguments").and_then(Value::as_str).map(|a| format!("({a})"));
    Some(name + &arguments.unwrap_or_default())
}

fn compare(read: &Value, live: &Value, at: &str, found: &mut Vec<String>) {
    if read == live {
        return;
    }
    match (read, live) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                compare(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.iter().chain(b).all(|v| key(v).is_some()) => {
            for item in a {
                match b.iter().find(|o| key(o) == key(item)) {
                    Some(other) => compare(item, other, &format!("{at}/{}", key(item).unwrap()), found),
                    None => found.push(format!("{at}/{}: only the reader has it", key(item).unwrap())),
                }
            }
            for item in b.iter().filter(|o| !a.iter().any(|i| key(i) == key(o))) {
                found.push(format!("{at}/{}: only the server has it: {item}", key(item).unwrap()));
            }
            if a.len() == b.len() && found.is_empty() {
                found.push(format!("{at}: the order differs"));
            }
        }
        _ => found.push(format!("{at}\n    reader: {read}\n    server: {live}")),
    }
}

/// The shared server; `ARCHITRAVE_CONFORMANCE_MAJOR` asks for another major than the newest that is here.
async fn server() -> Option<&'static PrivateServer> {
    match std::env::var("ARCHITRAVE_CONFORMANCE_MAJOR") {
        Ok(major) => test_server::shared_major(major.parse().unwrap()).await,
        Err(_) => test_server::shared().await,
    }
}

async fn check(fixtures: Vec<Fixture>) {
    let Some(server) = server().await else { return };
    let major = u16::try_from(server.version_num() / 10_000).unwrap();
    let mut report = String::new();
    let mut failed = 0;
    let fixtures: Vec<Fixture> = fixtures.into_iter().filter(|f| f.from_major <= major).collect();
    for fixture in &fixtures {
        let found = differences(server, fixture).await;
        if !found.is_empty() {
            failed += 1;
            let _ = writeln!(report, "== {}\n{}", fixture.name, found.join("\n"));
        }
    }
    assert!(failed == 0, "{failed} of {} fixtures differ\n{report}", fixtures.len());
}

#[tokio::test]
async fn fixtures_read_as_the_server_makes_them() {
    check(all_fixtures()).await;
}

#[tokio::test]
async fn the_kitchen_sink_reads_as_the_server_makes_it() {
    let Some(server) = server().await else { return };
    let mut text = String::new();
    for (_, sink) in super::round_trip::SINKS.iter().filter(|(major, _)| *major <= server.version_num() / 10_000) {
        text.push_str(sink);
        text.push('\n');
    }
    check(vec![Fixture { name: "kitchen sink".to_owned(), text, from_major: 12 }]).await;
}

#[tokio::test]
async fn the_example_reads_as_the_server_makes_it() {
    check(vec![storefront()]).await;
}

/// Everything that was ever written must be read without a panic, cut off anywhere.
#[test]
fn truncated_statements_never_panic() {
    let mut fixtures = all_fixtures();
    fixtures.push(storefront());
    for fixture in fixtures {
        let whole = statements(&fixture.text);
        let mut reader = DdlReader::new(DdlOptions::default());
        for mut statement in whole {
            let text = statement.text.clone();
            let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| at % 7 == 3 || *at < 40).collect();
            for end in ends {
                text[..end].clone_into(&mut statement.text);
                reader.apply(&statement);
            }
            statement.text = text;
            reader.apply(&statement);
        }
        essence(&reader.catalog());
    }
}
