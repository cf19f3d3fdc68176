//! How large the tables are, as far as a live database, a snapshot or the brief tells.

use super::LintOptions;
use crate::error::AppError;
use crate::review::live;
use crate::target::TargetSpec;
use architrave_model::migration::{SizeSource, TableSize};
use architrave_model::project::Project;
use architrave_model::{Catalog, QualifiedName, Snapshot};
use architrave_postgres::server::Progress;
use std::collections::BTreeMap;

/// What is known beside the scripts.
#[derive(Default)]
pub(super) struct Known {
    /// The live database or the snapshot.
    pub(super) snapshot: Option<Snapshot>,
}

pub(super) async fn read(options: &LintOptions, progress: &dyn Progress) -> Result<Known, AppError> {
    let snapshot = match &options.database {
        None => None,
        Some(TargetSpec::Database(url)) => Some(live::read(url, &options.environment, progress).await?.snapshot),
        Some(TargetSpec::Snapshot(path)) => Some(architrave_read::read_snapshot(path)?),
        Some(TargetSpec::Directory(path) | TargetSpec::SqlFile(path)) => {
            return Err(AppError::Target(format!("--db takes postgres://… or a .snapshot.json, not {}", path.display())));
        }
    };
    Ok(Known { snapshot })
}

impl Known {
    /// Sizes by table: statistics first, then what the brief says of tables of this catalogue.
    pub(super) fn sizes(&self, project: &Project, catalog: &Catalog) -> BTreeMap<QualifiedName, TableSize> {
        let mut sizes = BTreeMap::new();
        for table in &catalog.tables {
            if let Some(rows) = project.brief.rows_of(&table.name) {
                let size = TableSize {
                    rows: rows as f64,
                    heap_bytes: None,
                    index_bytes: None,
                    writes: None,
                    reads: None,
                    source: SizeSource::Assumed,
                };
                sizes.insert(table.name.clone(), size);
            }
        }
        let Some(stats) = self.snapshot.as_ref().and_then(|s| s.stats.as_ref()) else { return sizes };
        for table in &stats.tables {
            let Some(rows) = table.row_estimate() else { continue };
            let size = TableSize {
                rows,
                heap_bytes: table.table_bytes,
                index_bytes: table.index_bytes,
                writes: Some(table.writes()),
                reads: Some(table.seq_scans + table.index_scans),
                source: SizeSource::Catalog,
            };
            sizes.insert(table.name.clone(), size);
        }
        sizes
    }
}
