//! Gives the twin's relations what the planner sees of their size: `pg_class`, the length of files, the height of trees.

use super::error::TwinError;
use super::files::Files;
use super::page;
use architrave_model::stats::{GinCounters, IndexStats, TableStats};
use architrave_model::{QualifiedName, Snapshot, Stats};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, Row};

/// File numbers of our own start here; the server's count up from 16,384.
const FIRST_FILE: u32 = 3_000_000_000;

/// Numbers for files that are written behind the server's back.
///
/// A page that the server has in its buffers would hide what is written to the file, so that an index whose first pages matter gets a
/// new file under a number that the server has never opened.
#[derive(Debug)]
pub(super) struct FileNumbers(AtomicU32);

impl FileNumbers {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(FIRST_FILE))
    }

    pub(super) fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A relation of the twin with a file.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) name: QualifiedName,
    /// Ordinary table `r`, materialized view `m`, partitioned table `p`, index `i`, partitioned index `I`.
    pub(super) kind: char,
    pub(super) method: String,
    /// Where its file is, relative to the data directory; none for partitioned ones.
    pub(super) path: Option<PathBuf>,
    /// The table of an index.
    pub(super) table: Option<u32>,
    /// `pages_per_range` of a BRIN index.
    pub(super) pages_per_range: u32,
    /// Average widths of the columns of an index, bytes.
    pub(super) widths: Vec<f64>,
    /// Their distinct values as `pg_statistic` has them: a number, or a share of the rows below zero; 0 when not known.
    pub(super) distincts: Vec<f64>,
    /// Frequencies of the elements that the statistics of a GIN index's first column list: its keys.
    pub(super) elements: Vec<f64>,
    /// A unique index.
    pub(super) unique: bool,
    /// What `pg_class` says now.
    pub(super) size: Size,
}

impl Relation {
    pub(super) fn read(row: &Row) -> Self {
        let text = |name: &str| row.get::<_, Option<String>>(name);
        Self {
            oid: row.get("oid"),
            name: QualifiedName::new(text("schema").unwrap_or_default(), text("name").unwrap_or_default()),
            kind: text("kind").and_then(|kind| kind.chars().next()).unwrap_or('r'),
            method: text("method").unwrap_or_default(),
            path: text("path").map(PathBuf::from),
            table: row.get("table"),
            pages_per_range: u32::try_from(row.get::<_, i32>("pages_per_range")).unwrap_or(128),
            widths: row.get("widths"),
            distincts: row.get("distincts"),
            elements: row.get("elements"),
            unique: row.get("is_unique"),
            size: Size {
                oid: row.get("oid"),
                pages: i64::from(row.get::<_, i32>("pages")),
                rows: f64::from(row.get::<_, f32>("rows")),
                all_visible_pages: i64::from(row.get::<_, i32>("all_visible_pages")),
                file: u32::try_from(row.get::<_, i64>("file")).ok().filter(|file| *file > 0),
                populated: true,
            },
        }
    }

    /// The level of a b-tree of that size, computed.
    pub(super) fn tree_level(&self, shape: &IndexShape, major: u16) -> u32 {
        page::btree_level(shape.pages, self.pivot(shape.rows.max(1.0), major))
    }

    /// Average bytes of an entry of inner pages: it has as many columns as tell the two pages below apart, and the address of a row
    /// where both hold the same value.
    fn pivot(&self, rows: f64, major: u16) -> f64 {
        /// Rows of one value that the build of an index packs into one entry (13 and later).
        const PACKED: f64 = 130.0;
        const HEADER: f64 = 12.0;
        let distinct = |value: &f64| {
            if *value > 0.0 {
                *value
            } else if *value < 0.0 {
                -value * rows
            } else {
                rows
            }
        };
        let aligned = |width: f64| (width / 8.0).ceil() * 8.0;
        let mut values = 1.0_f64;
        let (mut width, mut all) = (0.0, Vec::new());
        for (own, value) in self.widths.iter().zip(&self.distincts) {
            values = (values * distinct(value)).min(rows);
            width += own;
            all.push((values, aligned(width)));
        }
        let values = if self.unique { rows } else { values.max(1.0) };
        let per_value = rows / values;
        let apart = 1.0 / if major < 13 { per_value } else { (per_value / PACKED).ceil() }.max(1.0);
        let (mut known, mut average) = (0.0, 0.0);
        for (at, (prefix, width)) in all.iter().enumerate() {
            let share = if at + 1 == all.len() { 1.0 } else { prefix / values };
            average += (share - known) * width;
            known = share;
        }
        HEADER + apart * average + (1.0 - apart) * (aligned(width) + 8.0)
    }
}

/// Makes the functions through which an ordinary session asks for what follows.
pub(super) async fn install(admin: &Client) -> Result<(), TwinError> {
    let sql =
        include_str!("functions.sql").replace(":relations", include_str!("relation.sql")).replace(":classes", include_str!("class.sql"));
    admin.batch_execute(&sql).await.map_err(TwinError::sql("make the twin's functions"))
}

/// The relations of the twin, those with these ids only or all.
pub(super) async fn relations(client: &Client, only: Option<&[u32]>) -> Result<Vec<Relation>, TwinError> {
    let sql = "select * from architrave_twin.relations($1)";
    let rows = client.query(sql, &[&only]).await.map_err(TwinError::sql("list the twin's relations"))?;
    Ok(rows.iter().map(Relation::read).collect())
}

/// What `pg_class` is to say.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Size {
    pub(super) oid: u32,
    pub(super) pages: i64,
    pub(super) rows: f64,
    pub(super) all_visible_pages: i64,
    /// The number of its file, where it has one; none leaves it as it is.
    pub(super) file: Option<u32>,
    /// Whether a materialized view was filled.
    pub(super) populated: bool,
}

/// Pages as the planner counts them: of the file, else as last counted.
pub(super) fn table_pages(stats: &TableStats) -> u64 {
    let pages = stats.main_bytes.map_or(stats.pages, |bytes| bytes / page::BYTES);
    u64::try_from(pages).unwrap_or(0)
}

/// The same of an index.
pub(super) fn index_pages(stats: &IndexStats) -> u64 {
    let pages = stats.bytes.map_or(stats.pages, |bytes| bytes / page::BYTES);
    u64::try_from(pages).unwrap_or(0)
}

/// Writes the sizes into `pg_class`.
pub(super) async fn write_classes(client: &Client, sizes: &[Size]) -> Result<(), TwinError> {
    let json = serde_json::to_string(sizes)?;
    client.execute("select architrave_twin.write_classes($1)", &[&json]).await.map_err(TwinError::sql("write the sizes of relations"))?;
    Ok(())
}

/// Indexes that are not valid on the source, which the planner does not see there.
pub(super) async fn hide_invalid(admin: &Client, relations: &[Relation], snapshot: &Snapshot) -> Result<(), TwinError> {
    let of_tables = snapshot.catalog.tables.iter().flat_map(|t| t.indexes.iter().map(|i| (&t.name.schema, i)));
    let of_views = snapshot.catalog.views.iter().flat_map(|v| v.indexes.iter().map(|i| (&v.name.schema, i)));
    let invalid: BTreeSet<(&str, &str)> =
        of_tables.chain(of_views).filter(|(_, i)| !i.valid).map(|(schema, i)| (schema.as_str(), i.name.as_str())).collect();
    let is_invalid = |r: &&Relation| r.kind == 'i' && invalid.contains(&(r.name.schema.as_str(), r.name.name.as_str()));
    let oids: Vec<u32> = relations.iter().filter(is_invalid).map(|r| r.oid).collect();
    let sql = "update pg_catalog.pg_index set indisvalid = false where indexrelid = any ($1)";
    admin.execute(sql, &[&oids]).await.map(drop).map_err(TwinError::sql("hide invalid indexes"))
}

/// Makes the files of all relations as long as the source's, with pages that say what the source's say.
pub(super) struct Sizes<'a> {
    pub(super) files: &'a Files,
    pub(super) numbers: &'a FileNumbers,
    pub(super) major: u16,
    /// The statistics are those of a larger database: its trees may be higher than the source's.
    pub(super) grown: bool,
}

impl Sizes<'_> {
    /// Everything that `stats` knows of.
    pub(super) fn apply(&self, relations: &[Relation], snapshot: &Snapshot, stats: &Stats) -> Result<Vec<Size>, TwinError> {
        let names: HashMap<u32, &QualifiedName> = relations.iter().map(|r| (r.oid, &r.name)).collect();
        let mut sizes = Vec::with_capacity(relations.len());
        for relation in relations {
            if matches!(relation.kind, 'i' | 'I') {
                let Some(index) = stats.index(&relation.name.schema, &relation.name.name) else { continue };
                let heap = relation.table.and_then(|table| names.get(&table)).and_then(|name| stats.table(name));
                sizes.push(self.index(relation, index, heap.map_or(0, table_pages))?);
            } else if let Some(table) = stats.table(&relation.name) {
                let view = (relation.kind == 'm').then(|| snapshot.catalog.view(&relation.name.schema, &relation.name.name)).flatten();
                sizes.push(Size { populated: view.is_none_or(|view| view.populated), ..self.table(relation, table)? });
            }
        }
        Ok(sizes)
    }

    fn table(&self, relation: &Relation, stats: &TableStats) -> Result<Size, TwinError> {
        if let Some(path) = &relation.path {
            self.files.grow(&self.files.full(path), table_pages(stats))?;
        }
        // Before 14 a table that was never counted says 0 rows and 0 pages.
        let rows = if self.major < 14 { stats.rows.max(0.0) } else { stats.rows };
        let (pages, all_visible_pages) = (stats.pages, stats.all_visible_pages);
        Ok(Size { oid: relation.oid, pages, rows, all_visible_pages, file: None, populated: true })
    }

    fn index(&self, relation: &Relation, stats: &IndexStats, heap_pages: u64) -> Result<Size, TwinError> {
        let pages = index_pages(stats);
        let file =
            self.index_file(relation, &IndexShape { pages, rows: stats.rows, heap_pages, level: stats.tree_level, gin: stats.gin })?;
        Ok(Size { oid: relation.oid, pages: stats.pages, rows: stats.rows, all_visible_pages: 0, file, populated: true })
    }

    /// A new file for an index whose first pages matter; others keep theirs and only grow.
    pub(super) fn index_file(&self, relation: &Relation, shape: &IndexShape) -> Result<Option<u32>, TwinError> {
        let Some(path) = &relation.path else { return Ok(None) };
        let computed = || relation.tree_level(shape, self.major);
        let level = || match shape.level {
            Some(level) if self.grown => level.max(computed()),
            Some(level) => level,
            None => computed(),
        };
        let head = match relation.method.as_str() {
            "btree" => page::btree(level(), self.major),
            "gin" => page::gin(&shape.gin.unwrap_or_else(|| page::gin_counters(shape.pages, shape.rows, &relation.elements))),
            "brin" => page::brin(shape.heap_pages, relation.pages_per_range),
            _ => {
                self.files.grow(&self.files.full(path), shape.pages)?;
                return Ok(None);
            }
        };
        let number = self.numbers.next();
        self.files.write(&self.files.beside(path, number), &head, shape.pages)?;
        Ok(Some(number))
    }
}

/// What an index looks like to the planner.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct IndexShape {
    pub(super) pages: u64,
    pub(super) rows: f64,
    /// Of its table.
    pub(super) heap_pages: u64,
    /// Levels of a b-tree, where known.
    pub(super) level: Option<u32>,
    pub(super) gin: Option<GinCounters>,
}
