//! Statistics as they would be with more rows: pages and rows times a factor, shapes as they are.
//!
//! What grows with the rows: pages, counts of distinct values that are no closed set, keys that a sequence feeds and the foreign keys to
//! them. What stays: frequencies, ratios, histograms of all other columns, and tables that look like fixed lists.

use super::page::BYTES;
use architrave_model::catalog::{Catalog, Column, Table, TypeKind};
use architrave_model::platform::is_history_table;
use architrave_model::stats::{ColumnStats, GinCounters, IndexStats, TableStats};
use architrave_model::{Gap, QualifiedName, Stats};
use std::collections::{BTreeMap, BTreeSet};

/// How much the data grows before it is planned over.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// Factor for all tables that grow; 1 is as it is.
    pub factor: f64,
    /// Factors of single tables, by name, with or without schema; also for tables that would stay as they are.
    pub tables: BTreeMap<String, f64>,
}

impl Default for Growth {
    fn default() -> Self {
        Self { factor: 1.0, tables: BTreeMap::new() }
    }
}

/// One table's part in the growth.
#[derive(Debug, Clone, PartialEq)]
pub struct GrownTable {
    /// Table or materialized view.
    pub name: QualifiedName,
    /// Its factor.
    pub factor: f64,
    /// Why it is not the factor for all, a fragment.
    pub why: Option<String>,
}

/// A fixed list has at most so many rows.
const LOOKUP_ROWS: f64 = 1000.0;

/// Statistics after growth, and what was decided on the way.
pub(super) struct Grown {
    pub(super) stats: Stats,
    pub(super) tables: Vec<GrownTable>,
    pub(super) gaps: Vec<Gap>,
}

/// None when nothing grows.
pub(super) fn grow(catalog: &Catalog, stats: &Stats, growth: &Growth) -> Option<Grown> {
    if (growth.factor - 1.0).abs() < f64::EPSILON && growth.tables.is_empty() {
        return None;
    }
    let tables = decide(catalog, stats, growth);
    let factors: BTreeMap<&QualifiedName, f64> = tables.iter().map(|t| (&t.name, t.factor)).collect();
    let keys = stretched_keys(catalog, stats, &factors);
    let mut gaps = unknown(&tables, growth);
    let mut grown = stats.clone();
    for table in &mut grown.tables {
        grow_table(table, factors.get(&table.name).copied().unwrap_or(1.0));
    }
    let mut by_index: BTreeMap<QualifiedName, f64> = BTreeMap::new();
    for index in &mut grown.indexes {
        let factor = factors.get(&QualifiedName::new(&index.name.schema, &index.table)).copied().unwrap_or(1.0);
        by_index.insert(index.name.clone(), factor);
        grow_index(index, factor);
    }
    let work = Columns { catalog, factors: &factors, by_index: &by_index, keys: &keys };
    let kept: Vec<String> = grown.columns.iter_mut().filter_map(|column| work.grow(column)).collect();
    gaps.extend(kept_ranges(kept));
    let kept: Vec<String> =
        stats.extended.iter().filter(|e| factors.get(&e.table).is_some_and(|f| *f > 1.0)).map(|e| e.name.to_string()).collect();
    gaps.extend(kept_combinations(&kept));
    Some(Grown { stats: grown, tables, gaps })
}

fn grow_table(table: &mut TableStats, factor: f64) {
    let times = |count: i64| (count as f64 * factor).ceil() as i64;
    if table.rows > 0.0 {
        table.rows = (table.rows * factor).round();
    }
    table.pages = times(table.pages);
    table.all_visible_pages = times(table.all_visible_pages).min(table.pages);
    table.main_bytes = table.main_bytes.map(|bytes| times(bytes / BYTES) * BYTES);
    table.live_rows = times(table.live_rows);
}

fn grow_index(index: &mut IndexStats, factor: f64) {
    let times = |count: i64| (count as f64 * factor).ceil() as i64;
    index.rows = (index.rows * factor).round();
    index.pages = times(index.pages);
    index.bytes = index.bytes.map(|bytes| times(bytes / BYTES) * BYTES);
    // Keys stay, their lists of rows become longer.
    index.gin = index.gin.map(|gin| {
        let total_pages = (f64::from(gin.total_pages) * factor).ceil() as u32;
        GinCounters { total_pages, data_pages: total_pages.saturating_sub(gin.entry_pages + 1), ..gin }
    });
}

/// The factor of every table.
fn decide(catalog: &Catalog, stats: &Stats, growth: &Growth) -> Vec<GrownTable> {
    let named = |name: &QualifiedName| growth.tables.get(&name.to_string()).or_else(|| growth.tables.get(&name.name)).copied();
    let fixed = fixed_lists(catalog, stats);
    let mut tables = Vec::with_capacity(stats.tables.len());
    for table in &stats.tables {
        let root = root_of(catalog, &table.name);
        let (factor, why) = if let Some(factor) = named(&table.name).or_else(|| named(root)) {
            (factor, Some("as asked".to_owned()))
        } else if let Some(why) = fixed.get(root) {
            (1.0, Some(why.clone()))
        } else {
            (growth.factor, None)
        };
        tables.push(GrownTable { name: table.name.clone(), factor: factor.max(0.0), why });
    }
    let factors: BTreeMap<QualifiedName, f64> = tables.iter().map(|t| (t.name.clone(), t.factor)).collect();
    for table in tables.iter_mut().filter(|t| t.why.is_none()) {
        let Some(view) = catalog.view(&table.name.schema, &table.name.name) else { continue };
        let most = view.depends_on.iter().filter_map(|name| factors.get(name)).copied().fold(0.0, f64::max);
        if most > 0.0 && (most - table.factor).abs() > f64::EPSILON {
            table.factor = most;
            table.why = Some("as the tables that it reads".to_owned());
        }
    }
    tables
}

/// The table at the top of its partitions.
fn root_of<'a>(catalog: &'a Catalog, name: &'a QualifiedName) -> &'a QualifiedName {
    let mut at = name;
    while let Some(parent) = catalog.table_named(at).filter(|t| t.is_partition).and_then(|t| t.parents.first()) {
        at = parent;
    }
    at
}

/// Tables that look as if they were written once: at most 1,000 rows; a tenth of a table that refers to it, or a thousandth of the largest
/// table; not inserted into more than twice its rows since the counters began; and referring to such tables only.
fn fixed_lists(catalog: &Catalog, stats: &Stats) -> BTreeMap<QualifiedName, String> {
    let rows = |name: &QualifiedName| stats.table(name).and_then(TableStats::row_estimate);
    let largest = stats.tables.iter().filter_map(TableStats::row_estimate).fold(0.0, f64::max);
    let mut fixed = BTreeMap::new();
    for table in catalog.base_tables() {
        let Some(own) = rows(&table.name) else { continue };
        if is_history_table(&table.name.name) {
            fixed.insert(table.name.clone(), "the books of a migration tool".to_owned());
            continue;
        }
        let inserted = stats.table(&table.name).map_or(0.0, |t| t.inserted as f64);
        if !(1.0..=LOOKUP_ROWS).contains(&own) || inserted > 2.0 * own {
            continue;
        }
        let referring = catalog.tables.iter().filter(|t| t.foreign_keys().any(|(_, r)| r.table == table.name));
        let most = referring.filter_map(|t| rows(&t.name)).fold(0.0, f64::max);
        if most >= 10.0 * own || largest >= 1000.0 * own {
            fixed.insert(table.name.clone(), format!("looks like a fixed list: {own:.0} rows"));
        }
    }
    loop {
        let leads_out = |name: &&QualifiedName| {
            let table = catalog.table_named(name);
            table.is_some_and(|t| t.foreign_keys().any(|(_, r)| r.table != **name && !fixed.contains_key(&r.table)))
        };
        let Some(name) = fixed.keys().find(leads_out).cloned() else { return fixed };
        fixed.remove(&name);
    }
}

/// What was asked for tables that are not there.
fn unknown(tables: &[GrownTable], growth: &Growth) -> Vec<Gap> {
    let known: BTreeSet<String> = tables.iter().flat_map(|t| [t.name.to_string(), t.name.name.clone()]).collect();
    let missing = growth.tables.keys().filter(|name| !known.contains(*name));
    missing.map(|name| Gap::new(format!("growth of {name}"), "there is no table of that name", None)).collect()
}

/// A line through the values of a key: the first stays, the distance to it is multiplied.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: i64,
    factor: f64,
}

impl Stretch {
    fn value(self, value: i64) -> i64 {
        self.first + ((value - self.first) as f64 * self.factor).round() as i64
    }

    /// All numbers of an array's text; none where one is not a number.
    fn array(self, text: &str) -> Option<String> {
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let values: Option<Vec<String>> = inner.split(',').map(|v| v.parse().ok().map(|v| self.value(v).to_string())).collect();
        Some(format!("{{{}}}", values?.join(",")))
    }
}

type ColumnName<'a> = (&'a QualifiedName, &'a str);

/// Single-column integer keys that a sequence feeds, of tables that grow, and the foreign keys to them.
fn stretched_keys<'a>(catalog: &'a Catalog, stats: &Stats, factors: &BTreeMap<&QualifiedName, f64>) -> BTreeMap<ColumnName<'a>, Stretch> {
    let mut keys: BTreeMap<ColumnName<'a>, Stretch> = BTreeMap::new();
    for table in &catalog.tables {
        let factor = factors.get(&table.name).copied().unwrap_or(1.0);
        for column in table.columns.iter().filter(|c| c.takes_from_sequence() && table.is_unique_over(&[c.name.as_str()])) {
            let histogram = stats.column(&table.name, &column.name).and_then(|c| c.histogram_bounds.as_deref());
            let first = histogram.and_then(|text| text.trim_start_matches('{').split([',', '}']).next()?.parse().ok());
            if let Some(first) = first {
                keys.insert((&table.name, &column.name), Stretch { first, factor });
            }
        }
    }
    for table in &catalog.tables {
        for (constraint, reference) in table.foreign_keys() {
            if let ([own], [other]) = (constraint.columns.as_slice(), reference.columns.as_slice())
                && let Some(stretch) = keys.get(&(&reference.table, other.as_str())).copied()
            {
                keys.entry((&table.name, own)).or_insert(stretch);
            }
        }
    }
    keys
}

struct Columns<'a> {
    catalog: &'a Catalog,
    factors: &'a BTreeMap<&'a QualifiedName, f64>,
    by_index: &'a BTreeMap<QualifiedName, f64>,
    keys: &'a BTreeMap<ColumnName<'a>, Stretch>,
}

impl Columns<'_> {
    /// Grows one column; comes back with its name when it is a time that rows are appended by, whose range stays.
    fn grow(&self, column: &mut ColumnStats) -> Option<String> {
        let factor = self.factors.get(&column.table).or_else(|| self.by_index.get(&column.table)).copied().unwrap_or(1.0);
        let declared = self.catalog.table_named(&column.table).and_then(|t| t.column(&column.column));
        if let Some(stretch) = self.keys.get(&(&column.table, column.column.as_str())) {
            for text in [&mut column.histogram_bounds, &mut column.most_common_values].into_iter().flatten() {
                if let Some(longer) = stretch.array(text) {
                    *text = longer;
                }
            }
        }
        if column.distinct > 0.0 {
            column.distinct = (column.distinct * self.distinct_factor(column, declared, factor)).round();
        }
        let is_time = declared.is_some_and(|c| c.data_type.starts_with("timestamp") || c.data_type == "date");
        let appended = is_time && column.correlation.is_some_and(|c| c > 0.9) && column.histogram_bounds.is_some();
        (appended && factor > 1.0).then(|| format!("{}.{}", column.table, column.column))
    }

    /// How the number of distinct values grows: not at all for closed sets, with the referenced table for foreign keys.
    fn distinct_factor(&self, column: &ColumnStats, declared: Option<&Column>, factor: f64) -> f64 {
        let table = self.catalog.table_named(&column.table);
        let references = table.into_iter().flat_map(Table::foreign_keys).find(|(own, _)| own.columns == [column.column.clone()]);
        if let Some((_, reference)) = references {
            return self.factors.get(&reference.table).copied().unwrap_or(1.0);
        }
        let listed = column.most_common_frequencies.as_ref().map_or(0, Vec::len);
        let closed = column.histogram_bounds.is_none() && listed as f64 >= column.distinct;
        let is_enum = declared.is_some_and(|c| {
            c.data_type == "boolean" || {
                let is = |t: &&architrave_model::catalog::TypeDef| t.name.sql() == c.data_type || t.name.name == c.data_type;
                self.catalog.types.iter().find(is).is_some_and(|t| matches!(t.kind, TypeKind::Enum { .. }))
            }
        });
        if closed || is_enum { 1.0 } else { factor }
    }
}

/// As many names as one gap lists.
const NAMES: usize = 5;

fn kept_combinations(objects: &[String]) -> Option<Gap> {
    let why = format!("they keep their numbers of distinct combinations: {}", objects.join(", "));
    (!objects.is_empty()).then(|| Gap::new("growth of extended statistics", why, None))
}

fn kept_ranges(columns: Vec<String>) -> Option<Gap> {
    let first: Vec<&str> = columns.iter().take(NAMES).map(String::as_str).collect();
    let more = if columns.len() > NAMES { ", …" } else { "" };
    let why = format!("they keep their range, so that the rows of one day become more and no later days come: {}{more}", first.join(", "));
    (!columns.is_empty()).then(|| Gap::new("growth of columns with times", why, None))
}
