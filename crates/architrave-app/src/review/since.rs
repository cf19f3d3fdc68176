//! `--since`: an older snapshot of a target, so that growth gets a pace and limits a date, or an older report; both show what has become of
//! the findings.

use super::clock::day;
use super::{ReviewOptions, allow, check, open};
use crate::error::AppError;
use architrave_model::changes::{KnownFinding, Reference, ReferenceKind};
use architrave_model::limits::EarlierReading;
use architrave_model::project::Project;
use architrave_model::review::{Target, TargetKind};
use architrave_model::{Finding, Snapshot};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// What was found earlier.
pub(crate) struct Then {
    pub(crate) reference: Reference,
    pub(crate) findings: Vec<KnownFinding>,
    /// Rules that ran.
    pub(crate) ran: BTreeSet<String>,
}

/// The older file, opened.
pub(super) enum Older {
    Snapshot(Box<EarlierReading>),
    Report(Then),
}

#[derive(Deserialize)]
struct Report {
    run: Run,
    coverage: Coverage,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Run {
    started_at: String,
}

#[derive(Deserialize)]
struct Coverage {
    rules_run: Vec<String>,
}

#[derive(Deserialize)]
struct Probe {
    schema_version: Option<u64>,
    findings: Option<serde::de::IgnoredAny>,
}

/// Reads the older file. A snapshot is of one of the targets.
pub(super) fn read(path: &Path, targets: &[Target]) -> Result<Older, AppError> {
    let snapshot = match architrave_read::read_snapshot(path) {
        Ok(snapshot) => snapshot,
        Err(error) => return report(path).unwrap_or(Err(AppError::Project(error))).map(Older::Report),
    };
    match target(&snapshot, targets) {
        Ok(target) => Ok(Older::Snapshot(Box::new(EarlierReading { target, snapshot }))),
        Err(reason) => Err(AppError::Since { path: path.to_owned(), reason }),
    }
}

/// The file as a report in JSON; none when it is none.
fn report(path: &Path) -> Option<Result<Then, AppError>> {
    let bytes = std::fs::read(path).ok()?;
    let probe: Probe = serde_json::from_slice(&bytes).ok()?;
    let (version, _) = (probe.schema_version?, probe.findings?);
    let wrong = |reason: String| Some(Err(AppError::Since { path: path.to_owned(), reason }));
    let ours = architrave_report::report::SCHEMA_VERSION;
    if version != u64::from(ours) {
        return wrong(format!("it is a report of schema version {version}, and this architrave reads {ours}"));
    }
    let report: Report = match serde_json::from_slice(&bytes) {
        Ok(report) => report,
        Err(error) => return wrong(format!("it is a damaged report: {error}")),
    };
    let Report { run, coverage, findings } = report;
    let day: String = run.started_at.chars().take(10).collect();
    Some(Ok(Then {
        reference: Reference {
            kind: ReferenceKind::Report,
            file: path.display().to_string(),
            day: (day.len() == 10).then_some(day),
            target: None,
        },
        findings: KnownFinding::all(&findings),
        ran: coverage.rules_run.into_iter().collect(),
    }))
}

/// Runs the rules over the older snapshot, under the house rules of today: what differs then is the database.
pub(super) fn findings(path: &Path, reading: EarlierReading, project: &Project, options: &ReviewOptions) -> (Then, EarlierReading) {
    let captured = reading.snapshot.stats.as_ref().map(|s| s.captured_at);
    let then = open::facts(reading.target, TargetKind::Snapshot, path.display().to_string(), reading.snapshot);
    let found = check::run(&then, project, None, None, options);
    let settled = allow::settle(project, found.findings, options.now);
    let reference = Reference {
        kind: ReferenceKind::Snapshot,
        file: path.display().to_string(),
        day: captured.map(day),
        target: Some(then.name.clone()),
    };
    let ran = found.ran.iter().map(|r| r.id.to_owned()).collect();
    let Target { name, snapshot, .. } = then;
    (Then { reference, findings: KnownFinding::all(&settled.findings), ran }, EarlierReading { target: name, snapshot })
}

/// The target's name, or why there is none.
fn target(earlier: &Snapshot, targets: &[Target]) -> Result<String, String> {
    let Some(then) = &earlier.stats else { return Err("it holds no statistics, so it tells no pace".to_owned()) };
    let live: Vec<&Target> = targets.iter().filter(|t| t.snapshot.stats.is_some() && t.snapshot.server.version_num > 0).collect();
    if live.is_empty() {
        return Err("no target is a live database or a snapshot to compare it with".to_owned());
    }
    let database = &earlier.server.database;
    let Some(target) = live.iter().find(|t| t.snapshot.server.database == *database) else {
        return Err(format!("it is of database {database}, the target is {}", live[0].snapshot.server.database));
    };
    if !overlaps(earlier, &target.snapshot) {
        return Err(format!("it has the name {database}, but most of its tables are not those of {}", target.name));
    }
    match target.snapshot.stats.as_ref().map(|s| s.captured_at) {
        Some(now) if then.captured_at < now => Ok(target.name.clone()),
        _ => Err(format!("it was not taken before {} was read", target.name)),
    }
}

/// Whether at least half of the smaller set of tables is in the other one.
fn overlaps(earlier: &Snapshot, now: &Snapshot) -> bool {
    let shared = earlier.catalog.tables.iter().filter(|t| now.catalog.table_named(&t.name).is_some()).count();
    shared * 2 >= earlier.catalog.tables.len().min(now.catalog.tables.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::Stats;
    use architrave_model::catalog::Table;
    use architrave_model::name::QualifiedName;
    use architrave_model::review::TargetKind;

    fn snapshot(database: &str, table: &str, at: f64) -> Snapshot {
        let mut snapshot = Snapshot { stats: Some(Stats { captured_at: at, ..Stats::default() }), ..Snapshot::default() };
        snapshot.server.version_num = 150_018;
        snapshot.server.database = database.to_owned();
        snapshot.catalog.tables.push(Table { name: QualifiedName::new("public", table), ..Table::default() });
        snapshot
    }

    fn shop() -> Vec<Target> {
        vec![Target::new("shop on db", TargetKind::Database, String::new(), snapshot("shop", "orders", 100.0))]
    }

    #[test]
    fn only_an_earlier_reading_of_the_same_database_is_taken() {
        assert_eq!(target(&snapshot("shop", "orders", 50.0), &shop()).as_deref(), Ok("shop on db"));
        let why = |s: &Snapshot, targets: &[Target]| target(s, targets).unwrap_err();
        assert_eq!(why(&snapshot("crm", "orders", 50.0), &shop()), "it is of database crm, the target is shop");
        assert!(why(&snapshot("shop", "leads", 50.0), &shop()).contains("most of its tables"));
        assert_eq!(why(&snapshot("shop", "orders", 100.0), &shop()), "it was not taken before shop on db was read");
        assert!(why(&snapshot("shop", "orders", 50.0), &[]).contains("no target"));
        assert!(why(&Snapshot::default(), &shop()).contains("no statistics"));
    }
}
