//! The statements between two catalogues turn the one into the other, both ways, on a server.

use crate::difference_pairs::PAIRS;
use crate::round_trip::SINKS;
use architrave_model::Catalog;
use architrave_model::catalog::compare::{Change, Difference, Ignore, differences};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::{Database, PrivateServer, test_server};
use architrave_sql::difference::{DifferenceOptions, changes, files, harmless_renames};
use architrave_sql::{SplitOptions, split_with};
use std::collections::BTreeSet;
use tokio_postgres::Client;

/// Runs a schema; pages of rules hold statements that fail on purpose or on this major.
async fn run(client: &Client, sql: &str, strict: bool) {
    for statement in split_with(sql, &SplitOptions { parse: false, psql: false, ..SplitOptions::default() }).statements {
        let outcome = client.batch_execute(&statement.text).await;
        let exists = |e: &tokio_postgres::Error| {
            statement.text.contains(" role ") && e.code().is_some_and(|c| ["42710", "23505", "XX000"].contains(&c.code()))
        };
        assert!(outcome.as_ref().is_ok() || outcome.as_ref().is_err_and(exists) || !strict, "{}\n{outcome:?}", statement.text);
    }
}

async fn read(database: &Database) -> Catalog {
    read_catalog(&mut database.connect().await.unwrap(), &ReadOptions::default()).await.unwrap()
}

async fn side(server: &PrivateServer, name: &str, sql: &str, strict: bool) -> (Database, Catalog) {
    let database = server.create_database(name).await.unwrap();
    run(&database.connect().await.unwrap(), sql, strict).await;
    let catalog = read(&database).await;
    (database, catalog)
}

/// What differs, the order of columns apart.
fn remaining(left: &Catalog, right: &Catalog) -> Vec<String> {
    let set = |list: &str| list.split(", ").map(str::to_owned).collect::<BTreeSet<String>>();
    let mut found = differences(left, right, Ignore { roles: true, ..Ignore::default() });
    found.retain_mut(|difference| match &mut difference.change {
        Change::Changed(aspects) => {
            aspects.retain(|a| !(a.name == "columns" && set(&a.before) == set(&a.after)));
            !aspects.is_empty()
        }
        _ => true,
    });
    let mut lines: Vec<String> = found.iter().map(Difference::line).collect();
    if left.default_privileges != right.default_privileges {
        lines.push(format!("default privileges {:?} → {:?}", left.default_privileges, right.default_privileges));
    }
    lines
}

/// The statements that were needed, or what went wrong.
async fn way(server: &PrivateServer, from: &(Database, Catalog), to: &Catalog, plain: bool) -> Result<Vec<String>, String> {
    let work = server.clone_database(from.0.name()).await.unwrap();
    let options = DifferenceOptions { runner: "postgres".into(), major: server.major(), plain };
    let mut now = from.1.clone();
    let mut all: Vec<String> = Vec::new();
    let renames = harmless_renames(&now, to);
    for statement in renames {
        work.connect().await.unwrap().batch_execute(&statement).await.map_err(|e| format!("{statement}: {e:?}"))?;
        now = read(&work).await;
        all.push(statement);
    }
    for _ in 0..4 {
        let found = changes(&now, to, &options);
        if found.steps.is_empty() {
            break;
        }
        let client = work.connect().await.unwrap();
        for file in files(&found.steps) {
            let mut statements = file.statements.clone();
            if file.transactional {
                statements.insert(0, "begin".into());
                statements.push("commit".into());
            }
            for statement in statements {
                if let Err(error) = client.batch_execute(&statement).await {
                    let detail = error.as_db_error().map(|e| format!("{} {:?}", e.message(), e.detail())).unwrap_or_default();
                    return Err(format!("{statement}\n  {detail}\nall:\n{}", all.join(";\n")));
                }
                all.push(statement);
            }
        }
        drop(client);
        now = read(&work).await;
    }
    let left = remaining(&now, to);
    if left.is_empty() { Ok(all) } else { Err(format!("left:\n{}\nafter:\n{}", left.join("\n"), all.join(";\n"))) }
}

/// Both ways, safe and plain; complaints.
async fn both(server: &PrivateServer, name: &str, from: &str, to: &str, strict: bool) -> Vec<String> {
    let (left, right) = (side(server, "left", from, strict).await, side(server, "right", to, strict).await);
    let mut complaints = Vec::new();
    for plain in [false, true] {
        for (which, outcome) in [("there", way(server, &left, &right.1, plain).await), ("back", way(server, &right, &left.1, plain).await)]
        {
            if let Err(what) = outcome {
                complaints.push(format!("=== {name}, {which}, plain {plain}\n{what}"));
            }
        }
    }
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_object_is_turned_into_the_other_and_back() {
    let Some(server) = test_server::shared().await else { return };
    let mut complaints = Vec::new();
    for (name, from, to) in PAIRS {
        complaints.extend(both(server, name, from, to, true).await);
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kitchen_sink_comes_out_of_nothing_and_goes_again() {
    let Some(server) = test_server::shared().await else { return };
    let sinks: Vec<&str> = SINKS.iter().filter(|(major, _)| *major <= u32::from(server.major())).map(|(_, sql)| *sql).collect();
    // An aggregate's parts are not in the model.
    let whole = split_with(&sinks.join(";\n"), &SplitOptions { parse: false, ..SplitOptions::default() });
    let kept: Vec<String> = whole.statements.into_iter().map(|s| s.text).filter(|s| !s.contains("longest")).collect();
    let complaints = both(server, "sink", "", &kept.join("\n;\n"), true).await;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The first block of a kind on a rule's page.
fn block<'a>(page: &'a str, kind: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("```sql {kind}\n"))?;
    Some(rest.split_once("\n```")?.0)
}

/// The pages of the rules, in order.
fn pages(folder: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages(&path, into);
        } else if path.extension().is_some_and(|e| e == "md") {
            into.push(path);
        }
    }
}

/// The pages of the rules are small schemas of every sort: of each few one, or all with `ARCHITRAVE_ALL_PAGES`.
#[tokio::test(flavor = "multi_thread")]
async fn bad_examples_of_rules_become_good_ones_and_bad_again() {
    let Some(server) = test_server::shared().await else { return };
    let mut found = Vec::new();
    pages(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../architrave-rules/src/rules"), &mut found);
    let step = if std::env::var_os("ARCHITRAVE_ALL_PAGES").is_some() { 1 } else { 12 };
    let mut complaints = Vec::new();
    for path in found.iter().step_by(step) {
        let page = std::fs::read_to_string(path).unwrap();
        let (Some(bad), Some(good)) = (block(&page, "bad"), block(&page, "good")) else { continue };
        // What asks for more than a database (roles with secrets, other majors) is another test's matter.
        let beyond =
            ["subscription", "tablespace", "vacuum", "alter role", "alter system", "alter database", "aggregate", "foreign data wrapper"];
        if beyond.iter().any(|word| bad.to_lowercase().contains(word) || good.to_lowercase().contains(word)) {
            continue;
        }
        complaints.extend(both(server, &path.file_stem().unwrap().to_string_lossy(), bad, good, false).await);
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}
