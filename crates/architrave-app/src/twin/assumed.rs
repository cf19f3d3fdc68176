//! Statistics for a database that no server has yet: rows as the brief names them, pages from the types' usual widths.

use architrave_model::brief::Brief;
use architrave_model::catalog::{Catalog, Column, Index, Table};
use architrave_model::stats::{IndexStats, Stats, TableStats};

/// Bytes of a page that hold rows.
const PAGE: f64 = 8192.0 - 24.0;
/// Bytes of a row's header and its line pointer.
const ROW: f64 = 24.0 + 4.0;
/// Bytes of an index entry's header and its line pointer.
const ENTRY: f64 = 8.0 + 4.0;

/// Rows of tables of which nobody says how many they have.
pub(super) const ROWS: u64 = 100_000;

/// None when the brief names no table of this catalogue, unless rows are to be assumed for those that it does not name.
pub(super) fn stats(catalog: &Catalog, brief: &Brief, now: f64, assume: Option<u64>) -> Option<Stats> {
    let mut stats = Stats { captured_at: now, ..Stats::default() };
    for table in &catalog.tables {
        let Some(rows) = brief.rows_of(&table.name).or(assume).map(|n| n as f64) else { continue };
        let width: f64 = table.columns.iter().map(width).sum();
        let pages = pages(rows, ROW + width, 1.0);
        stats.tables.push(TableStats {
            name: table.name.clone(),
            rows,
            pages,
            all_visible_pages: pages,
            table_bytes: Some(pages * 8192),
            live_rows: rows as i64,
            ..TableStats::default()
        });
        stats.indexes.extend(table.indexes.iter().filter(|i| i.method == "btree").map(|i| index(table, i, rows)));
    }
    stats.sort();
    (!stats.tables.is_empty()).then_some(stats)
}

fn index(table: &Table, index: &Index, rows: f64) -> IndexStats {
    let keys = index.keys.iter().map(|k| k.column.as_deref().and_then(|c| table.column(c)).map_or(16.0, width));
    let included = index.include.iter().filter_map(|c| table.column(c)).map(width);
    // A partial index holds less, nobody knows how much: a tenth, as the planner's own default guesses go.
    let rows = if index.predicate.is_some() { rows / 10.0 } else { rows };
    let pages = pages(rows, ENTRY + keys.chain(included).sum::<f64>(), 0.9) + 1;
    let name = architrave_model::QualifiedName::new(&table.name.schema, &index.name);
    IndexStats { name, table: table.name.name.clone(), rows, pages, bytes: Some(pages * 8192), ..IndexStats::default() }
}

fn pages(rows: f64, bytes: f64, fill: f64) -> i64 {
    let per_page = (PAGE * fill / bytes).floor().max(1.0);
    (rows / per_page).ceil() as i64
}

/// Bytes that a value of the column's type usually takes, alignment included.
fn width(column: &Column) -> f64 {
    match column.base_type().as_str() {
        "boolean" | "\"char\"" => 1.0,
        "smallint" => 2.0,
        "integer" | "real" | "date" | "oid" => 4.0,
        "bigint" | "double precision" | "timestamp with time zone" | "timestamp without time zone" | "money" | "numeric" => 8.0,
        "uuid" | "interval" => 16.0,
        "json" | "jsonb" => 120.0,
        _ => 32.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::QualifiedName;

    #[test]
    fn the_briefs_rows_become_pages() {
        let column = |name: &str, data_type: &str| Column { name: name.into(), data_type: data_type.into(), ..Column::default() };
        let table = Table {
            name: QualifiedName::new("public", "orders"),
            columns: vec![column("id", "bigint"), column("at", "timestamp with time zone")],
            ..Table::default()
        };
        let catalog = Catalog { tables: vec![table], ..Catalog::default() };
        assert_eq!(stats(&catalog, &Brief::default(), 0.0, None), None);
        assert!((stats(&catalog, &Brief::default(), 0.0, Some(ROWS)).unwrap().tables[0].rows - 100_000.0).abs() < 1.0);
        let brief = Brief { rows: [("orders".to_owned(), 1_000_000)].into(), ..Brief::default() };
        let stats = stats(&catalog, &brief, 0.0, None).unwrap();
        assert!((stats.tables[0].rows - 1_000_000.0).abs() < 0.5);
        // 44 bytes a row, 185 rows a page.
        assert_eq!(stats.tables[0].pages, 5406);
    }
}
