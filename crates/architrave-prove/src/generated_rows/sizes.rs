//! How many rows each table gets: the statistics' figures, scaled down together where they are over the limit.

use super::FillOptions;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::stats::{Stats, TableStats};
use architrave_model::{Catalog, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// Tables up to this size are never scaled down: a list of countries stays whole.
pub(super) const KEPT_WHOLE: f64 = 10_000.0;
/// Rows of a table whose size nobody knows.
pub(super) const UNKNOWN: f64 = 1_000.0;
/// Bytes of a row's header and line pointer.
const ROW_OVERHEAD: f64 = 28.0;
/// Bytes of a row of unknown width.
const ROW_WIDTH: f64 = 100.0;

/// A table's size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Size {
    /// Rows in the source; `UNKNOWN` when nothing was counted.
    pub(super) source: f64,
    /// Rows to generate.
    pub(super) rows: u64,
    /// Nothing was counted.
    pub(super) unknown: bool,
}

/// Sizes of all tables that get rows: ordinary ones and roots of partitions.
pub(super) fn sizes(catalog: &Catalog, stats: Option<&Stats>, options: &FillOptions) -> BTreeMap<QualifiedName, Size> {
    let mut sizes: BTreeMap<QualifiedName, Size> = BTreeMap::new();
    let mut bytes = 0.0;
    // What an extension owns is there with the extension.
    for table in catalog.base_tables().filter(|t| t.extension.is_none()) {
        let leaves = leaves(catalog, table);
        let of = |name: &QualifiedName| stats.and_then(|s| s.table(name));
        let counted: Vec<f64> = leaves.iter().filter_map(|leaf| of(&leaf.name)?.row_estimate()).collect();
        let own = of(&table.name).and_then(TableStats::row_estimate).filter(|_| counted.is_empty());
        let source = if counted.is_empty() { own } else { Some(counted.iter().sum()) };
        let size = Size { source: source.unwrap_or(UNKNOWN), rows: 0, unknown: source.is_none() };
        let measured: i64 = leaves.iter().filter_map(|leaf| of(&leaf.name)?.total_bytes()).sum();
        bytes += if measured > 0 { measured as f64 } else { size.source * (width(table, stats) + ROW_OVERHEAD) };
        sizes.insert(table.name.clone(), size);
    }
    let largest = sizes.values().map(|s| s.source).fold(1.0, f64::max);
    let by_rows = options.rows_per_table_limit.map_or(1.0, |limit| limit as f64 / largest);
    let by_bytes = options.bytes_limit.map_or(1.0, |limit| limit as f64 / bytes.max(1.0));
    let factor = by_rows.min(by_bytes).min(1.0);
    for size in sizes.values_mut() {
        let least = size.source.min(KEPT_WHOLE).min(options.rows_per_table_limit.map_or(f64::MAX, |l| l as f64));
        size.rows = (size.source * factor).max(least).round() as u64;
    }
    needed_parents(catalog, &mut sizes);
    sizes
}

/// A row that must refer to another needs that other one.
fn needed_parents(catalog: &Catalog, sizes: &mut BTreeMap<QualifiedName, Size>) {
    // As long as a chain of references may be.
    for _ in 0..sizes.len().min(64) {
        let mut changed = false;
        for table in &catalog.tables {
            if sizes.get(&table.name).is_none_or(|s| s.rows == 0) {
                continue;
            }
            for (key, to) in table.foreign_keys() {
                let required = key.columns.iter().all(|c| table.column(c).is_some_and(|c| c.not_null));
                if let Some(parent) = sizes.get_mut(&to.table).filter(|p| required && p.rows == 0) {
                    parent.rows = 1;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
}

fn width(table: &Table, stats: Option<&Stats>) -> f64 {
    let widths = stats.map(|s| table.columns.iter().filter_map(|c| s.column(&table.name, &c.name)).map(|c| f64::from(c.average_width)));
    widths.map(Iterator::sum::<f64>).filter(|sum| *sum > 0.0).unwrap_or(ROW_WIDTH)
}

/// The tables that hold the rows of a table: its partitions' leaves, or itself.
pub(super) fn leaves<'a>(catalog: &'a Catalog, table: &'a Table) -> Vec<&'a Table> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut open = vec![table];
    while let Some(table) = open.pop() {
        if !seen.insert(&table.name) {
            continue;
        }
        match table.kind {
            TableKind::Ordinary => found.push(table),
            TableKind::Foreign => {}
            TableKind::Partitioned => open.extend(catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(&table.name))),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
