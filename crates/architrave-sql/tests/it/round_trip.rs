//! The generated statements create the catalogue they were generated from.

use architrave_model::Catalog;
use architrave_model::catalog::{AttributeNumber, FunctionKind, TriggerEnabled};
use architrave_model::name::QualifiedName;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::{Database, PrivateServer, test_server};
use architrave_sql::{GenerateOptions, Generated, SplitOptions, create_statements, split_with};

pub(crate) const SINKS: &[(u32, &str)] = &[
    (12, include_str!("kitchen/sink.sql")),
    (14, include_str!("kitchen/sink_14.sql")),
    (15, include_str!("kitchen/sink_15.sql")),
    (18, include_str!("kitchen/sink_18.sql")),
];

/// The kitchen sink in a database of its own.
async fn kitchen(server: &PrivateServer, name: &str) -> (Database, Catalog) {
    let database = server.create_database(name).await.unwrap();
    let mut client = database.connect().await.unwrap();
    for (_, sink) in SINKS.iter().filter(|(major, _)| *major <= server.version_num() / 10_000) {
        for statement in split_with(sink, &SplitOptions { parse: false, ..SplitOptions::default() }).statements {
            let outcome = client.batch_execute(&statement.text).await;
            let exists = |e: &tokio_postgres::Error| {
                statement.text.contains(" role ") && e.code().is_some_and(|c| ["42710", "23505", "XX000"].contains(&c.code()))
            };
            assert!(outcome.as_ref().is_ok() || outcome.as_ref().is_err_and(exists), "{}\n{outcome:?}", statement.text);
        }
    }
    client.batch_execute("reset check_function_bodies").await.unwrap();
    let catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    (database, catalog)
}

/// Runs the statements in a new database and reads it.
async fn rebuild(server: &PrivateServer, name: &str, generated: &Generated) -> Catalog {
    let database = server.create_database(name).await.unwrap();
    let mut client = database.connect().await.unwrap();
    let mut failed = Vec::new();
    for statement in &generated.statements {
        if let Err(error) = client.batch_execute(statement).await {
            failed.push(format!("{statement}\n  {}", error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    read_catalog(&mut client, &ReadOptions::default()).await.unwrap()
}

/// Takes away what is documented as left out.
fn without_what_is_left_out(mut catalog: Catalog) -> Catalog {
    catalog.functions.retain(|f| f.kind != FunctionKind::Aggregate);
    catalog.event_triggers.iter_mut().for_each(|t| t.enabled = TriggerEnabled::Disabled);
    catalog.views.iter_mut().filter(|v| v.materialized).for_each(|v| v.populated = false);
    catalog
}

/// Lines that differ, each with the last line above it that names something.
fn difference(before: &Catalog, after: &Catalog) -> String {
    let print = |c: &Catalog| {
        let mut catalog = c.clone();
        // Columns that were dropped have left gaps on one side.
        catalog.tables.iter_mut().flat_map(|t| &mut t.columns).for_each(|c| c.number = AttributeNumber::default());
        serde_json::to_string_pretty(&catalog).unwrap()
    };
    let (before, after) = (print(before), print(after));
    if before == after {
        return String::new();
    }
    let directory = tempfile::tempdir().unwrap();
    let (a, b) = (directory.path().join("before"), directory.path().join("after"));
    std::fs::write(&a, before).unwrap();
    std::fs::write(&b, after).unwrap();
    let output = std::process::Command::new("diff").arg("-U6").args([a, b]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kitchen_sink_comes_back_equal() {
    let Some(server) = test_server::shared().await else { return };
    let (_kept, before) = kitchen(server, "sink").await;
    let generated = create_statements(&before, &GenerateOptions::all());
    let after = rebuild(server, "rebuilt", &generated).await;
    assert!(before.tables.len() > 15 && before.views.len() >= 8 && before.functions.len() > 8, "the sink is all there");
    let difference = difference(&without_what_is_left_out(before), &after);
    assert!(difference.is_empty(), "{difference}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_is_a_fixed_point() {
    let Some(server) = test_server::shared().await else { return };
    let (_kept, before) = kitchen(server, "fixed").await;
    let options = GenerateOptions::all();
    let first = create_statements(&before, &options);
    let second = create_statements(&rebuild(server, "fixed_again", &first).await, &options);
    assert_eq!(first.statements, second.statements);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_brings_what_it_needs() {
    let Some(server) = test_server::shared().await else { return };
    let (_kept, before) = kitchen(server, "part").await;
    for table in &before.tables {
        let only = Some([table.name.clone()].into_iter().collect());
        let generated = create_statements(&before, &GenerateOptions { only_tables: only, ..GenerateOptions::all() });
        let after = rebuild(server, "partial", &generated).await;
        let (old, new) = (before.table_named(&table.name), after.table_named(&table.name));
        assert_eq!(old, new, "{}", table.name);
    }
    let name = QualifiedName::new("app", "scratch");
    let generated =
        create_statements(&before, &GenerateOptions { only_tables: Some([name].into_iter().collect()), ..GenerateOptions::default() });
    let after = rebuild(server, "alone", &generated).await;
    assert_eq!(after.tables.len(), 1);
    assert!(after.functions.is_empty() && after.views.is_empty());
}
