//! `--since`: an older snapshot of a target, so that growth gets a pace and limits a date.

use crate::error::AppError;
use architrave_model::Snapshot;
use architrave_model::limits::EarlierReading;
use architrave_model::review::Target;
use std::path::Path;

/// Reads the older snapshot and finds the target that it is of.
pub(super) fn read(path: &Path, targets: &[Target]) -> Result<EarlierReading, AppError> {
    let snapshot = architrave_read::read_snapshot(path)?;
    match target(&snapshot, targets) {
        Ok(target) => Ok(EarlierReading { target, snapshot }),
        Err(reason) => Err(AppError::Since { path: path.to_owned(), reason }),
    }
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
    use architrave_model::context::Exposure;
    use architrave_model::name::QualifiedName;
    use architrave_model::origin::Origins;
    use architrave_model::review::TargetKind;

    fn snapshot(database: &str, table: &str, at: f64) -> Snapshot {
        let mut snapshot = Snapshot { stats: Some(Stats { captured_at: at, ..Stats::default() }), ..Snapshot::default() };
        snapshot.server.version_num = 150_018;
        snapshot.server.database = database.to_owned();
        snapshot.catalog.tables.push(Table { name: QualifiedName::new("public", table), ..Table::default() });
        snapshot
    }

    fn shop() -> Vec<Target> {
        vec![Target {
            name: "shop on db".into(),
            kind: TargetKind::Database,
            source: String::new(),
            snapshot: snapshot("shop", "orders", 100.0),
            database: None,
            replay: None,
            origins: Origins::default(),
            exposure: Exposure::default(),
            explained: Vec::new(),
            on_twin: None,
        }]
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
