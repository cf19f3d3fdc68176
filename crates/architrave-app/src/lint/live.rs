//! What only the live database tells: which migrations it has applied, and how many rows stand in the way of the others.

use super::pending::Chosen;
use super::sizes::Known;
use super::{Judged, LintOptions};
use crate::error::AppError;
use crate::review::live;
use crate::target::TargetSpec;
use architrave_postgres::probe::{ProbeLimits, history_rows};
use architrave_prove::preconditions::count_offenders;
use architrave_read::history::{AppliedRow, applied, expected_table, history_table};
use std::path::Path;

fn url(options: &LintOptions) -> Result<&str, AppError> {
    match &options.database {
        Some(TargetSpec::Database(url)) => Ok(url),
        _ => Err(AppError::Target("--applied and --probe ask a live database: name it with --db postgres://…".to_owned())),
    }
}

/// Parts the scripts by the history table of their runner.
pub(super) async fn unapplied(chosen: &mut Chosen, root: &Path, known: &Known, options: &LintOptions) -> Result<(), AppError> {
    let tables = known.snapshot.iter().flat_map(|s| &s.catalog.tables).map(|t| &t.name);
    let format = chosen.database.format;
    let Some(table) = history_table(format, tables) else {
        let why = match expected_table(format) {
            Some(name) => format!("has no table {name}: {} has applied nothing there", format.title()),
            None => format!("cannot tell what was applied: {} keep no table of their own", format.title()),
        };
        return Err(AppError::Target(format!("the database of --db {why}; name the pending migrations with --since REF instead")));
    };
    let (connection, place) = live::connection(url(options)?, &options.environment).await?;
    let rows = history_rows(&connection.client, &table.query).await;
    connection.close().await;
    let rows = rows.map_err(|source| AppError::Live { place, source })?;
    let rows = rows.map_err(|sqlstate| {
        let name = &table.table;
        AppError::Target(format!("the role may not read {name} (SQLSTATE {sqlstate}); grant select on {name}, or use --since REF"))
    })?;
    let column = |row: &Vec<Option<String>>, at: usize| row.get(at).cloned().flatten();
    let rows: Vec<AppliedRow> = rows
        .iter()
        .filter_map(|row| AppliedRow::of_columns(column(row, 0).as_deref(), column(row, 1).as_deref(), column(row, 2).as_deref()))
        .collect();
    let pending = applied(root, &chosen.database, &rows);
    chosen.choose(pending);
    Ok(())
}

/// Counts the rows in the way.
pub(super) async fn probe(judged: &mut Judged, options: &LintOptions) -> Result<(), AppError> {
    if judged.migrations.preconditions.is_empty() {
        return Ok(());
    }
    let (connection, place) = live::connection(url(options)?, &options.environment).await?;
    let counted = count_offenders(&connection.client, &mut judged.migrations.preconditions, ProbeLimits::default()).await;
    connection.close().await;
    counted.map_err(|source| AppError::Live { place, source })
}
