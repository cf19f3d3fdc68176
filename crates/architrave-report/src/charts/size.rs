//! Where the space is: tables with what belongs to them, and indexes by whether anybody reads them.

use super::{Bar, Bars, Chart, Figure, Tone};
use crate::format::{bytes, count, percent, plural, plural_f};
use crate::report::{Block, Table};
use crate::scope;
use crate::text::{Text, code, say};
use architrave_model::catalog::{Index, Table as CatalogTable, TableKind};
use architrave_model::review::Target;
use architrave_model::stats::{IndexStats, Stats, TableStats};
use std::collections::BTreeMap;

/// Bars drawn; what is left is one more bar.
const SHOWN: usize = 12;

/// The largest tables of a target, beside the table of the same figures.
pub(crate) fn table_sizes(target: &Target, number: usize, table: Table) -> Option<Block> {
    let stats = target.snapshot.stats.as_ref()?;
    let mut sized: Vec<(&CatalogTable, [f64; 3])> =
        scope::own_tables(target).into_iter().filter_map(|t| Some((t, parts(target, stats, t)?))).collect();
    let sum = |p: &[f64; 3]| p.iter().sum::<f64>();
    sized.sort_by(|a, b| sum(&b.1).total_cmp(&sum(&a.1)).then(a.0.name.cmp(&b.0.name)));
    let total: f64 = sized.iter().map(|(_, p)| sum(p)).sum();
    let (first, size) = sized.first()?;
    if total <= 0.0 {
        return None;
    }
    let reading = say!("{} takes {} of {}.", code(&first.name), percent(sum(size) / total), bytes(total as i64));
    let mut bars: Vec<Bar> = sized.iter().take(SHOWN).map(|(t, p)| bar(t.name.to_string(), p)).collect();
    let rest: Vec<[f64; 3]> = sized.iter().skip(SHOWN).map(|(_, p)| *p).collect();
    if !rest.is_empty() {
        let all = rest.iter().fold([0.0; 3], |all, p| [all[0] + p[0], all[1] + p[1], all[2] + p[2]]);
        bars.push(bar(plural(rest.len(), "other table", "other tables"), &all));
    }
    let series =
        vec![("rows".to_owned(), Tone::First), ("large values (TOAST)".to_owned(), Tone::Second), ("indexes".to_owned(), Tone::Third)];
    Some(Chart::block(Chart {
        name: format!("chart-size-{number}"),
        title: "Size by table".to_owned(),
        reading,
        figure: Figure::Bars(Bars { series, bars, line: None }),
        table,
    }))
}

fn bar(label: String, parts: &[f64; 3]) -> Bar {
    let total: f64 = parts.iter().sum();
    Bar { label, shown: bytes(total as i64), parts: parts.iter().copied().enumerate().filter(|(_, n)| *n > 0.0).collect() }
}

/// Rows, TOAST and indexes of a table, bytes; those of its partitions included.
fn parts(target: &Target, stats: &Stats, table: &CatalogTable) -> Option<[f64; 3]> {
    let of = |t: &TableStats| Some([t.table_bytes? as f64, t.toast_bytes.unwrap_or(0) as f64, t.index_bytes.unwrap_or(0) as f64]);
    if table.kind != TableKind::Partitioned {
        return stats.table(&table.name).and_then(of);
    }
    let partitions = target.snapshot.catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(&table.name));
    partitions.filter_map(|t| of(stats.table(&t.name)?)).reduce(|a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]])
}

/// The largest indexes of a target and how much they are used.
pub(crate) fn index_use(target: &Target, number: usize) -> Option<Block> {
    let stats = target.snapshot.stats.as_ref()?;
    let indexes = scope::own_indexes(target);
    let mut all: Vec<(&Index, &IndexStats, f64)> = indexes
        .iter()
        .filter_map(|(t, i)| {
            let read = stats.index(&t.name.schema, &i.name)?;
            Some((*i, read, read.bytes? as f64))
        })
        .filter(|(.., size)| *size > 0.0)
        .collect();
    if all.is_empty() {
        return None;
    }
    all.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.name.cmp(&b.1.name)));
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    for (index, read, size) in &all {
        *sums.entry(series(index, read)).or_default() += size;
    }
    let total: f64 = sums.values().sum();
    let idle = sums.get(&IDLE).copied().unwrap_or(0.0);
    let reading = if idle > 0.0 {
        say!("{} of the {} that indexes take was never scanned and is needed by no constraint.", percent(idle / total), bytes(total as i64))
            .then(since(stats))
    } else {
        format!("All {} of indexes are scanned or needed by a constraint.", bytes(total as i64)).into()
    };
    let scans = |read: &IndexStats| plural_f(read.scans as f64, "scan", "scans");
    let bars = all.iter().take(SHOWN).map(|(index, read, size)| {
        let shown = if read.scans == 0 { "never scanned".to_owned() } else { scans(read) };
        Bar { label: index.name.clone(), shown: format!("{}, {shown}", bytes(*size as i64)), parts: vec![(series(index, read), *size)] }
    });
    let mut bars: Vec<Bar> = bars.collect();
    let mut rest: BTreeMap<usize, f64> = BTreeMap::new();
    for (index, read, size) in all.iter().skip(SHOWN) {
        *rest.entry(series(index, read)).or_default() += size;
    }
    if !rest.is_empty() {
        let size: f64 = rest.values().sum();
        let label = plural(all.len() - SHOWN, "other index", "other indexes");
        bars.push(Bar { label, shown: bytes(size as i64), parts: rest.into_iter().collect() });
    }
    Some(Chart::block(Chart {
        name: format!("chart-indexes-{number}"),
        title: "Index use".to_owned(),
        reading,
        figure: Figure::Bars(Bars {
            series: vec![
                ("scanned".to_owned(), Tone::First),
                ("never scanned, needed by a constraint".to_owned(), Tone::Third),
                ("never scanned".to_owned(), Tone::Warning),
            ],
            bars,
            line: None,
        }),
        table: figures(&all),
    }))
}

const IDLE: usize = 2;

fn series(index: &Index, read: &IndexStats) -> usize {
    match (read.scans > 0, index.is_needed_by_schema() || index.unique) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => IDLE,
    }
}

fn since(stats: &Stats) -> Text {
    let reset = stats.database.as_ref().and_then(|d| d.stats_reset);
    reset.map_or_else(Text::default, |reset| {
        format!(" The counters are {} old.", crate::format::seconds_text((stats.captured_at - reset).max(0.0))).into()
    })
}

fn figures(all: &[(&Index, &IndexStats, f64)]) -> Table {
    let rows = all.iter().map(|(index, read, size)| {
        let needed = if index.is_needed_by_schema() || index.unique { "yes" } else { "no" };
        vec![code(&read.name), code(&read.table), bytes(*size as i64).into(), count(read.scans as f64).into(), needed.into()]
    });
    let (rows, more) = crate::sections::first(rows.collect(), SHOWN, "indexes");
    match crate::sections::table_of(&["Largest indexes", "Table", "#Size", "#Scans", "Needed by a constraint"], rows, more) {
        Block::Table(table) => table,
        _ => Table::default(),
    }
}
