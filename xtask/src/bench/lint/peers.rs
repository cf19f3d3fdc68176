//! Other linters over the labelled migrations. squawk and eugene's lint see the text alone, as they do in practice; eugene's trace executes each case on
//! the schema that it stands on. Rules of style and those that ask for time-outs, which speak in nearly every file, do not count, for or against.

use super::labelled::{Case, cases, schemas};
use crate::bench::Row;
use anyhow::Context as _;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Parts of rule names that are style or session hygiene.
const STYLE: [&str; 6] = ["prefer-", "timeout", "ban-char-field", "identifier-too-long", "require-table-schema", "unused-ignore"];

/// squawk.
pub(super) fn squawk(program: &Path) -> anyhow::Result<Vec<Row>> {
    let flagged = |case: &Case, folder: &Path| -> anyhow::Result<bool> {
        for (at, file) in case.files.iter().enumerate() {
            let path = folder.join(format!("{at}.sql"));
            std::fs::write(&path, &file.sql)?;
            let mut command = Command::new(program);
            command.args(["--reporter", "json"]);
            if file.in_transaction {
                command.arg("--assume-in-transaction");
            }
            let output = command.arg(&path).stdin(Stdio::null()).output().context("squawk")?;
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).context("squawk's answer is no JSON")?;
            let names = found.as_array().into_iter().flatten().filter_map(|f| f.get("rule_name")?.as_str());
            if names.filter(|name| !STYLE.iter().any(|s| name.contains(s))).count() > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    };
    over("squawk", u16::MAX, flagged)
}

/// eugene's static rules.
pub(super) fn eugene(program: &Path) -> anyhow::Result<Vec<Row>> {
    let flagged = |case: &Case, folder: &Path| -> anyhow::Result<bool> {
        for (at, file) in case.files.iter().enumerate() {
            let path = folder.join(format!("{at}.sql"));
            std::fs::write(&path, &file.sql)?;
            // E9 asks for a lock_timeout.
            let output = Command::new(program)
                .args(["lint", "-a", "-f", "json", "-i", "E9"])
                .arg(&path)
                .stdin(Stdio::null())
                .output()
                .context("eugene")?;
            if has_triggered(&output.stdout) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    over("eugene lint", u16::MAX, flagged)
}

/// Whether eugene's answer names a rule for one of the statements.
fn has_triggered(answer: &[u8]) -> bool {
    let found: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    let statements = found.pointer("/statements").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let any = |s: &serde_json::Value| {
        ["triggered_rules", "lint_rules"].iter().any(|key| s.get(key).and_then(serde_json::Value::as_array).is_some_and(|r| !r.is_empty()))
    };
    statements.iter().any(any)
}

/// eugene's trace: every file of a case is executed and committed, on a copy of the schema with its rows. A file that PostgreSQL refuses there ends with
/// an error, which tells the user as much as a rule would: it counts as one.
pub(super) fn eugene_trace(program: &Path, major: Option<u16>) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (server, bases) = runtime.block_on(with_schemas(major))?;
    let flagged = |case: &Case, folder: &Path| -> anyhow::Result<bool> {
        let base = bases.get(case.on.as_str()).with_context(|| format!("{}: on {}", case.name, case.on))?;
        let copy = runtime.block_on(server.clone_database(base.name()))?;
        for (at, file) in case.files.iter().enumerate() {
            let path = folder.join(format!("{at}.sql"));
            std::fs::write(&path, &file.sql)?;
            let output = Command::new(program)
                // E15 tells of foreign keys without an index, those of the schema that was there before in every migration.
                .args(["trace", "--disable-temporary", "--commit", "-a", "-f", "json", "-i", "E9", "-i", "E15"])
                .args(reach(&copy))
                .arg(&path)
                // It asks for one, and the server for none.
                .env("PGPASS", "none")
                .stdin(Stdio::null())
                .output()
                .context("eugene")?;
            if !output.status.success() || has_triggered(&output.stdout) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let rows = over("eugene trace", server.major(), flagged);
    drop(bases);
    runtime.block_on(server.stop())?;
    rows
}

/// A server with a database for each schema of the cases.
async fn with_schemas(major: Option<u16>) -> anyhow::Result<(PrivateServer, BTreeMap<&'static str, Database>)> {
    let server = PrivateServer::start(&ServerOptions::from_env().with_major(major), &NoProgress).await?;
    let mut bases = BTreeMap::new();
    for (name, sql) in schemas() {
        let database = server.create_database(name).await?;
        database.connect().await?.batch_execute(sql).await.with_context(|| format!("the schema {name}"))?;
        bases.insert(name, database);
    }
    Ok((server, bases))
}

/// eugene's options for a database.
fn reach(database: &Database) -> Vec<String> {
    let words = database.connection_string();
    let options = words.split_whitespace().filter_map(|word| word.split_once('=')).filter_map(|(key, value)| {
        let option = match key {
            "host" => "--host",
            "port" => "--port",
            "user" => "--user",
            "dbname" => "--database",
            _ => return None,
        };
        Some([option.to_owned(), value.trim_matches('\'').to_owned()])
    });
    options.flatten().collect()
}

/// Whether anything is said of a hazard, and of a harmless migration, of those whose statements PostgreSQL `major` knows.
fn over(name: &str, major: u16, flagged: impl Fn(&Case, &Path) -> anyhow::Result<bool>) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let (mut caught, mut hazards, mut alarms, mut harmless) = (0, 0, 0, 0);
    for case in cases()?.into_iter().filter(|c| c.from <= major) {
        let said = flagged(&case, folder.path())?;
        if case.rule.is_some() {
            hazards += 1;
            caught += usize::from(said);
        } else {
            harmless += 1;
            alarms += usize::from(said);
        }
    }
    let share = |of: usize, all: usize| of as f64 / all.max(1) as f64;
    let measured = format!("precision {:.3}, recall {:.3}", share(caught, caught + alarms), share(caught, hazards));
    Ok(vec![
        Row::new(format!("{name}, any finding but style, same migrations"), measured)
            .ratio(format!("{caught} of {hazards} hazards, {alarms} of {harmless} harmless")),
    ])
}
