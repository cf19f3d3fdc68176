//! The ends of histograms. For a value in the first or last part of a histogram, PostgreSQL looks up the smallest or largest value of the
//! column in an index. A twin has no entries in its indexes; where the catalogue tells the end, the histogram is given it.

use architrave_model::catalog::{Catalog, Index, Table};
use architrave_model::{Gap, QualifiedName, Stats};

/// A sequence may be ahead of its column by so much of the column's range: more is a jump without rows.
const AHEAD: f64 = 0.5;

/// Rows added since `ANALYZE`, as a share, from which on the end of a column matters.
const STALE: f64 = 0.05;

/// As many names as one gap lists.
const NAMES: usize = 5;

/// The histogram of an indexed column that a sequence feeds ends with the sequence's last value.
pub(super) fn extend(catalog: &Catalog, stats: &mut Stats) {
    for sequence in catalog.sequences.iter().filter(|s| s.increment > 0) {
        let (Some(table), Some(column), Some(last)) = (&sequence.owned_by_table, &sequence.owned_by_column, sequence.last_value) else {
            continue;
        };
        if !catalog.table_named(table).is_some_and(|t| is_indexed(t, column)) {
            continue;
        }
        let own = stats.columns.iter_mut().filter(|c| c.table == *table && c.column == *column);
        for histogram in own.filter_map(|c| c.histogram_bounds.as_mut()) {
            if let Some(longer) = with_end(histogram, last) {
                *histogram = longer;
            }
        }
    }
}

fn with_end(histogram: &str, last: i64) -> Option<String> {
    let (rest, end) = histogram.strip_suffix('}')?.rsplit_once(',')?;
    let first: i64 = rest.strip_prefix('{')?.split(',').next()?.parse().ok()?;
    let end: i64 = end.parse().ok()?;
    let ahead = last.checked_sub(end)?;
    (ahead > 0 && ahead as f64 <= AHEAD * (end as f64 - first as f64)).then(|| format!("{rest},{last}}}"))
}

/// Whether PostgreSQL would look the column's ends up.
fn is_indexed(table: &Table, column: &str) -> bool {
    let leads = |index: &&Index| index.method == "btree" && index.is_complete() && index.leading_columns().next() == Some(column);
    table.indexes.iter().any(|index| leads(&index))
}

/// Columns with times whose newest rows came after `ANALYZE`.
pub(super) fn stale(catalog: &Catalog, stats: &Stats) -> Option<Gap> {
    let is_stale = |name: &QualifiedName| {
        stats.table(name).is_some_and(|t| t.rows > 0.0 && t.modified_since_analyze as f64 > STALE * t.rows && t.inserted > 0)
    };
    let is_time = |kind: &str| kind.starts_with("timestamp") || kind == "date";
    let mut columns = Vec::new();
    for table in catalog.tables.iter().filter(|t| is_stale(&t.name)) {
        for column in table.columns.iter().filter(|c| is_time(&c.data_type) && is_indexed(table, &c.name)) {
            let known = stats.column(&table.name, &column.name);
            if known.is_some_and(|c| c.histogram_bounds.is_some() && c.correlation.is_some_and(|c| c > 0.9)) {
                columns.push(format!("{}.{}", table.name, column.name));
            }
        }
    }
    let first: Vec<&str> = columns.iter().take(NAMES).map(String::as_str).collect();
    let more = if columns.len() > NAMES { ", …" } else { "" };
    let why = format!(
        "rows came after the last ANALYZE; PostgreSQL finds the newest in the index, the twin takes them for fewer than they are: {}{more}",
        first.join(", ")
    );
    let remedy = "run ANALYZE on the source and read it again";
    (!columns.is_empty()).then(|| Gap::new("conditions on the newest rows", why, Some(remedy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_ends_with_the_sequence() {
        assert_eq!(with_end("{1,50,100}", 120).as_deref(), Some("{1,50,120}"));
        assert_eq!(with_end("{1,50,100}", 100), None);
        assert_eq!(with_end("{1,50,100}", 100_000), None);
        assert_eq!(with_end("{a,b}", 7), None);
        assert_eq!(with_end("{1}", 7), None);
    }
}
