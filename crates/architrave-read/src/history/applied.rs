//! Rows of a runner's history table against the scripts of the project: what is applied, what is pending, what was changed since.

use super::since::late;
use super::{Kind, Pending, checksum, problem};
use crate::alembic;
use crate::draft::leading_digits;
use crate::path;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::Script;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a row says about its migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// It ran to its end.
    Applied,
    /// It began, and failed or was cut off.
    Failed,
    /// It was applied and taken back.
    Undone,
    /// It and all before it count as applied, though they did not run.
    Baseline,
}

/// One row of a history table, as [`super::HistoryTable::query`] gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRow {
    /// Version or name in the runner's own spelling.
    pub version: String,
    /// Checksum in the runner's own spelling.
    pub checksum: Option<String>,
    /// State.
    pub state: RowState,
}

impl AppliedRow {
    /// From the three columns of the query; none when there is no version.
    pub fn of_columns(version: Option<&str>, checksum: Option<&str>, state: Option<&str>) -> Option<Self> {
        let state = match state {
            Some("failed") => RowState::Failed,
            Some("undone") => RowState::Undone,
            Some("baseline") => RowState::Baseline,
            _ => RowState::Applied,
        };
        Some(Self { version: version?.to_owned(), checksum: checksum.map(str::to_owned), state })
    }
}

/// Compares the rows with the scripts; files are read from the project's directory.
pub fn applied(root: &Path, database: &ProjectDatabase, rows: &[AppliedRow]) -> Pending {
    decide(database, rows, &|path| crate::text::read_bytes(&root.join(path)).ok())
}

/// Compares the rows with the scripts. `read` gives the bytes of a file of the project by its path relative to the root.
pub fn decide(database: &ProjectDatabase, rows: &[AppliedRow], read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Pending {
    let mut pending = match database.format {
        MigrationFormat::GolangMigrate | MigrationFormat::Tern => by_threshold(database, rows),
        MigrationFormat::Drizzle => by_time(database, rows, read),
        MigrationFormat::Alembic => by_graph(database, rows, read),
        _ => by_version(database, rows, read),
    };
    pending.problems.sort();
    pending.problems.dedup();
    pending
}

/// What a row and its script have in common.
fn key_of_script(format: MigrationFormat, script: &Script) -> String {
    match format {
        MigrationFormat::Flyway if script.version.starts_with("R__") => path::file_name(&script.path).to_owned(),
        MigrationFormat::SqlMigrate | MigrationFormat::GraphileMigrate => path::file_name(&script.path).to_owned(),
        _ => key_of_version(format, &script.version),
    }
}

fn key_of_version(format: MigrationFormat, version: &str) -> String {
    match format {
        MigrationFormat::Flyway if version.contains(".sql") => path::file_name(version).to_owned(),
        MigrationFormat::Flyway => {
            let parts: Vec<&str> = version.split(['.', '_']).map(|p| p.trim_start_matches('0')).collect();
            let end = parts.iter().rposition(|p| !p.is_empty()).map_or(0, |n| n + 1);
            parts[..end].join(".")
        }
        MigrationFormat::Sqlx
        | MigrationFormat::Goose
        | MigrationFormat::Refinery
        | MigrationFormat::GolangMigrate
        | MigrationFormat::Tern => version.trim_start_matches('0').to_owned(),
        MigrationFormat::Hasura => leading_digits(version).map_or(version, |(digits, _)| digits).to_owned(),
        MigrationFormat::Diesel => version.replace('-', ""),
        // What ran may have been compiled to another ending.
        MigrationFormat::Knex | MigrationFormat::Sequelize => version.rsplit_once('.').map_or(version, |(stem, _)| stem).to_owned(),
        _ => version.to_owned(),
    }
}

fn by_version(database: &ProjectDatabase, rows: &[AppliedRow], read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Pending {
    let format = database.format;
    let mut pending = Pending::default();
    let mut known: BTreeMap<String, &AppliedRow> = BTreeMap::new();
    for row in rows {
        match row.state {
            RowState::Undone => known.remove(&key_of_version(format, &row.version)),
            _ => known.insert(key_of_version(format, &row.version), row),
        };
    }
    let baseline = known.iter().find(|(_, row)| row.state == RowState::Baseline).map(|(key, _)| key.clone());
    let covered = baseline.and_then(|key| database.scripts.iter().rposition(|s| key_of_script(format, s) == key));
    let sums = if format == MigrationFormat::Atlas { atlas_sums(database, read) } else { BTreeMap::new() };
    let mut cascade = false;
    let mut newest = None;
    for (index, script) in database.scripts.iter().enumerate() {
        let Some(row) = known.remove(&key_of_script(format, script)) else {
            if covered.is_none_or(|covered| index > covered) {
                pending.scripts.push(index);
            }
            continue;
        };
        match row.state {
            RowState::Failed => {
                pending.scripts.push(index);
                pending.problems.push(problem(Kind::FailedHalfway, &script.path, unfinished(format).to_owned()));
            }
            RowState::Baseline => newest = Some(index),
            _ if repeats(format, script) => {
                if edited(format, script, row, read, &sums) {
                    pending.scripts.push(index);
                }
            }
            _ => {
                newest = Some(index);
                if !cascade && edited(format, script, row, read, &sums) {
                    // Atlas hashes each file together with all before it: one edit shows in every later one.
                    cascade = format == MigrationFormat::Atlas;
                    let what = format!("changed after it was applied: {}", refused(format));
                    pending.problems.push(problem(Kind::EditedAfterApply, &script.path, what));
                }
            }
        }
    }
    late_ones(database, newest, &mut pending);
    not_in_project(database, known.into_values(), &mut pending);
    pending
}

fn repeats(format: MigrationFormat, script: &Script) -> bool {
    format == MigrationFormat::Flyway && script.version.starts_with("R__")
}

fn edited(
    format: MigrationFormat,
    script: &Script,
    row: &AppliedRow,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
    sums: &BTreeMap<String, String>,
) -> bool {
    let Some(kept) = row.checksum.as_deref().filter(|c| !c.is_empty()) else { return false };
    if format == MigrationFormat::Atlas {
        return sums.get(path::file_name(&script.path)).is_some_and(|now| now != kept);
    }
    let now = read(&script.path).and_then(|bytes| checksum::unchanged(format, script, &bytes));
    now.is_some_and(|now| !now.iter().any(|sum| sum == kept))
}

fn atlas_sums(database: &ProjectDatabase, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> BTreeMap<String, String> {
    let folder = if database.path == "." { "" } else { &database.path };
    let text = read(&path::join(folder, "atlas.sum")).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let entry = |line: &str| line.split_once(" h1:").map(|(name, sum)| (name.trim().to_owned(), sum.trim().to_owned()));
    text.lines().skip(1).filter_map(entry).collect()
}

fn refused(format: MigrationFormat) -> &'static str {
    match format {
        MigrationFormat::Flyway | MigrationFormat::Sqlx | MigrationFormat::Refinery | MigrationFormat::GraphileMigrate => {
            "the checksum differs from the one kept, and the runner refuses to go on"
        }
        _ => "this database does not have the change, and will not get it",
    }
}

fn unfinished(format: MigrationFormat) -> &'static str {
    match format {
        MigrationFormat::Prisma => "began on this database and did not end: prisma migrate resolve must say whether it counts",
        MigrationFormat::Flyway => "failed on this database: flyway repair must remove its row first",
        MigrationFormat::Sqlx => "failed on this database: sqlx refuses to go on while its row says so",
        _ => "began on this database and did not end",
    }
}

/// One row with the version that the database is at.
fn by_threshold(database: &ProjectDatabase, rows: &[AppliedRow]) -> Pending {
    let mut pending = Pending::default();
    let number = |version: &str| version.parse::<u64>().unwrap_or(0);
    let Some(row) = rows.iter().max_by_key(|row| number(&row.version)) else {
        pending.scripts = (0..database.scripts.len()).collect();
        return pending;
    };
    let at = number(&row.version);
    for (index, script) in database.scripts.iter().enumerate() {
        let own = number(&script.version);
        if own == at && row.state == RowState::Failed {
            let what = "failed on this database, which is marked dirty: migrate force must set the version by hand".to_owned();
            pending.problems.push(problem(Kind::FailedHalfway, &script.path, what));
        }
        if own > at || own == at && row.state == RowState::Failed {
            pending.scripts.push(index);
        }
    }
    if at > 0 && !database.scripts.iter().any(|s| number(&s.version) == at) {
        not_in_project(database, std::iter::once(row), &mut pending);
    }
    pending
}

/// Drizzle looks at one time only: the newest that it has kept.
fn by_time(database: &ProjectDatabase, rows: &[AppliedRow], read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Pending {
    let mut pending = Pending::default();
    let folder = if database.path == "." { "" } else { &database.path };
    let whens = read(&path::join(folder, "meta/_journal.json")).map(|bytes| journal_times(&bytes)).unwrap_or_default();
    let newest = rows.iter().filter_map(|row| row.version.parse::<i64>().ok()).max();
    let mut left: Vec<&AppliedRow> = rows.iter().collect();
    for (index, script) in database.scripts.iter().enumerate() {
        let sums = read(&script.path).and_then(|bytes| checksum::unchanged(MigrationFormat::Drizzle, script, &bytes)).unwrap_or_default();
        let when = whens.get(&script.version).copied();
        let same_time = |row: &&AppliedRow| when.is_some_and(|when| row.version == when.to_string());
        let same_text = |row: &&AppliedRow| row.checksum.as_ref().is_some_and(|c| sums.contains(c));
        let by_time = left.iter().position(same_time);
        if let Some(found) = by_time.or_else(|| left.iter().position(same_text)) {
            if by_time.is_some() && !same_text(&left[found]) && !sums.is_empty() {
                let what = format!("changed after it was applied: {}", refused(MigrationFormat::Drizzle));
                pending.problems.push(problem(Kind::EditedAfterApply, &script.path, what));
            }
            left.remove(found);
        } else if let (Some(when), Some(newest)) = (when, newest)
            && when <= newest
        {
            let what =
                format!("never ran on this database and never will: its \"when\" {when} is not later than {newest}, the newest applied");
            pending.problems.push(problem(Kind::SkippedByRunner, &script.path, what));
        } else {
            pending.scripts.push(index);
        }
    }
    not_in_project(database, left.into_iter(), &mut pending);
    pending
}

fn journal_times(bytes: &[u8]) -> BTreeMap<String, i64> {
    let json: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let entries = json.get("entries").and_then(|e| e.as_array()).cloned().unwrap_or_default();
    entries.iter().filter_map(|e| Some((e.get("tag")?.as_str()?.to_owned(), e.get("when")?.as_i64()?))).collect()
}

/// Alembic keeps only the ends of the graph: they and all before them are applied.
fn by_graph(database: &ProjectDatabase, rows: &[AppliedRow], read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Pending {
    let text = |script: &Script| read(&script.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let parents: BTreeMap<&str, Vec<String>> =
        database.scripts.iter().map(|s| (s.version.as_str(), alembic::header(&text(s)).map(|h| h.parents).unwrap_or_default())).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = rows.iter().map(|row| row.version.clone()).collect();
    while let Some(version) = open.pop() {
        if reached.insert(version.clone()) {
            open.extend(parents.get(version.as_str()).cloned().unwrap_or_default());
        }
    }
    let scripts = (0..database.scripts.len()).filter(|i| !reached.contains(&database.scripts[*i].version)).collect();
    let mut pending = Pending { scripts, ..Pending::default() };
    let unknown = rows.iter().filter(|row| !parents.contains_key(row.version.as_str()));
    not_in_project(database, unknown, &mut pending);
    pending
}

fn late_ones(database: &ProjectDatabase, newest: Option<usize>, pending: &mut Pending) {
    let (Some(newest), Some(consequence)) = (newest, late(database.format)) else { return };
    for index in pending.scripts.iter().filter(|index| **index < newest) {
        let script = &database.scripts[*index];
        if !pending.problems.iter().any(|p| p.location.path == script.path) {
            let what = format!("sorts before {}, which is applied already: {consequence}", database.scripts[newest].path);
            pending.problems.push(problem(Kind::OutOfOrder, &script.path, what));
        }
    }
}

fn not_in_project<'a>(database: &ProjectDatabase, rows: impl Iterator<Item = &'a AppliedRow>, pending: &mut Pending) {
    for row in rows.filter(|row| row.state != RowState::Baseline) {
        let what = format!("the database has {}, which is not in the project", row.version);
        pending.problems.push(problem(Kind::NotInProject, &database.path, what));
    }
}
