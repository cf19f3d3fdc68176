//! Counters and sizes of tables; those of their indexes are added up here.

use crate::session::{Question, Rows};
use architrave_model::stats::{IndexStats, TableStats};
use serde::Deserialize;
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::new("statistics of tables", include_str!("table.sql"));

/// What a table's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TableKeys {
    oid: u32,
    partitioned: bool,
}

/// What an index's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IndexKeys {
    belongs_to: u32,
    partitioned: bool,
}

/// Sums over the indexes of one table.
#[derive(Default)]
struct Sums {
    scans: i64,
    rows_fetched: i64,
    blocks_read: i64,
    blocks_hit: i64,
    /// None as soon as one could not be measured.
    bytes: Option<i64>,
}

pub(super) fn build(tables: Rows<TableStats, TableKeys>, indexes: &Rows<IndexStats, IndexKeys>) -> Vec<TableStats> {
    let mut sums: HashMap<u32, Sums> = HashMap::with_capacity(tables.rows.len());
    for (keys, index) in &indexes.rows {
        let sum = sums.entry(keys.belongs_to).or_insert_with(|| Sums { bytes: Some(0), ..Sums::default() });
        sum.scans += index.scans;
        sum.rows_fetched += index.rows_fetched;
        sum.blocks_read += index.blocks_read;
        sum.blocks_hit += index.blocks_hit;
        if !keys.partitioned {
            sum.bytes = sum.bytes.and_then(|bytes| Some(bytes + index.bytes?));
        }
    }
    let complete = |(keys, mut table): (TableKeys, TableStats)| {
        let sum = sums.remove(&keys.oid).unwrap_or_else(|| Sums { bytes: Some(0), ..Sums::default() });
        table.index_scans = sum.scans;
        table.index_rows_fetched += sum.rows_fetched;
        table.index_blocks_read = sum.blocks_read;
        table.index_blocks_hit = sum.blocks_hit;
        table.index_bytes = if keys.partitioned || table.table_bytes.is_none() { None } else { sum.bytes };
        table
    };
    tables.rows.into_iter().map(complete).collect()
}
