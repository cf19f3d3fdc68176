//! A Supabase project's own pgTAP suite, run on the emulation as `supabase test db` runs it: file by file, a session each, as `postgres`.

use super::super::Row;
use super::{Wanted, databases, replay_options, server};
use crate::say;
use anyhow::{Context as _, ensure};
use architrave_model::script::StatementKind;
use architrave_postgres::SimpleQueryMessage;
use architrave_postgres::replay::{Confined, replay};
use architrave_postgres::server::{Database, NoProgress};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest time for one statement.
const LIMIT: Duration = Duration::from_mins(3);

/// Test helpers that a project loads from a registry; what `--helpers` names stands for them.
const HELPERS: &str = "basejump-supabase_test_helpers";

/// What one file said.
#[derive(Default)]
struct Outcome {
    planned: usize,
    passed: usize,
    missed: Vec<String>,
    /// The error that ended it early.
    ended: Option<String>,
}

/// One line for each database with tests.
pub(super) async fn measure(folder: &Path, wanted: &Wanted) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for database in databases(folder)? {
        // The folder of migrations lies beside that of tests.
        let home = folder.join(&database.path);
        let home = home.parent().context("migrations lie in a folder")?;
        let mut files = Vec::new();
        sql_files(&home.join("tests"), &mut files)?;
        if files.is_empty() {
            continue;
        }
        let server = server(wanted.major.or(database.postgres_major)).await?;
        let confined = Confined::new(&server).await?;
        let replayed = replay(&confined, &database, &replay_options(&database), &NoProgress).await?;
        ensure!(replayed.report.failed.is_empty(), "{} statements of its migrations failed; see --replay", replayed.report.failed.len());
        install(&confined, &replayed.database, wanted).await?;
        let seed = home.join("seed.sql");
        if seed.is_file()
            && let Some(error) = run_file(&confined, &replayed.database, &seed).await?.ended
        {
            say(&format!("  {}: {error}", seed.display()));
        }
        rows.push(suite(&confined, &replayed.database, &files, folder).await?);
    }
    Ok(rows)
}

async fn suite(confined: &Confined<'_>, database: &Database, files: &[PathBuf], folder: &Path) -> anyhow::Result<Row> {
    let (mut planned, mut passed) = (0, 0);
    for file in files {
        let outcome = run_file(confined, database, file).await?;
        let name = file.strip_prefix(folder).unwrap_or(file).display();
        for line in &outcome.missed {
            say(&format!("  {name}: {line}"));
        }
        if let Some(error) = &outcome.ended {
            say(&format!("  {name}: ended early: {error}"));
        }
        planned += outcome.planned.max(outcome.passed + outcome.missed.len());
        passed += outcome.passed;
    }
    let what = format!("{} of {}, PostgreSQL {}", files.len(), folder.display(), confined.server().major());
    Ok(Row::new(what, format!("{passed} of {planned} tests pass")).bar("all", passed == planned))
}

fn sql_files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sql_files(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "sql") {
            found.push(path);
        }
    }
    Ok(())
}

/// pgTAP, owned as on the platform, and the helpers.
async fn install(confined: &Confined<'_>, database: &Database, wanted: &Wanted) -> anyhow::Result<()> {
    let admin = confined.admin(database).await?;
    let there = admin.query("select from pg_available_extensions where name = 'pgtap'", &[]).await?;
    if there.is_empty() {
        let path = wanted.library.clone().or_else(newest_library);
        let path = path.context("this PostgreSQL has no pgTAP: name its script with --library FILE (pgtap--VERSION.sql)")?;
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let text: String = text.lines().filter(|line| !line.starts_with('\\')).flat_map(|line| [line, "\n"]).collect();
        admin.batch_execute(&format!("set role supabase_admin; set search_path = extensions; {text}; reset role")).await?;
    } else {
        admin.batch_execute("set role supabase_admin; create extension if not exists pgtap with schema extensions; reset role").await?;
    }
    if let Some(path) = &wanted.helpers {
        let outcome = run_file(confined, database, path).await?;
        ensure!(outcome.ended.is_none(), "{}: {}", path.display(), outcome.ended.unwrap_or_default());
    }
    Ok(())
}

/// The script of a pgTAP that some PostgreSQL of the system has.
fn newest_library() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/share/postgresql").ok()?.flatten();
    let files = versions.filter_map(|v| std::fs::read_dir(v.path().join("extension")).ok()).flatten().flatten();
    let whole = |path: &PathBuf| {
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        path.extension().is_some_and(|e| e == "sql") && name.strip_prefix("pgtap--").is_some_and(|version| !version.contains("--"))
    };
    files.map(|file| file.path()).filter(whole).max()
}

/// Runs a file in a session of its own, without the lines that only psql knows and without the extensions that are installed here.
async fn run_file(confined: &Confined<'_>, database: &Database, path: &Path) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let kept = |kind: &StatementKind| match kind {
        StatementKind::PsqlCommand => false,
        StatementKind::CreateExtension { name, .. } => name != "pgtap" && name != HELPERS,
        _ => true,
    };
    let statements: Vec<String> = architrave_sql::split(&text).into_iter().filter(|s| kept(&s.kind)).map(|s| s.text).collect();
    let client = confined.owner(database).await?;
    let mut outcome = Outcome::default();
    for statement in &statements {
        match tokio::time::timeout(LIMIT, client.simple_query(statement)).await {
            Ok(Ok(answer)) => outcome.hear(&answer),
            Ok(Err(error)) => outcome.ended = Some(error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())),
            Err(_) => outcome.ended = Some(format!("a statement still ran after {} s", LIMIT.as_secs())),
        }
        if outcome.ended.is_some() {
            break;
        }
    }
    Ok(outcome)
}

impl Outcome {
    /// Counts what the Test Anything Protocol says in the first column.
    fn hear(&mut self, answer: &[SimpleQueryMessage]) {
        let said = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten(),
            _ => None,
        });
        for line in said.flat_map(str::lines) {
            if line.starts_with("ok ") {
                self.passed += 1;
            } else if line.starts_with("not ok ") {
                self.missed.push(line.to_owned());
            } else if let Some(count) = line.strip_prefix("1..").and_then(|n| n.trim().parse().ok()) {
                self.planned = self.planned.max(count);
            }
        }
    }
}
