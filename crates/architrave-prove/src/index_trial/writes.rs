//! What keeping the indexes costs: the same rows inserted and updated with and without them, everything rolled back.
//!
//! Inserted are copies of existing rows with new keys. Updates run on a copy of some rows with room in its pages, where an update of
//! a column without index needs no new index entry (HOT); how many of them are lost is counted, not reckoned.

use super::Run;
use super::measure::{Measurement, read, text_of};
use crate::error::ProveError;
use crate::generated_rows::{one_text, texts};
use crate::round_trip::refusal;
use architrave_model::QualifiedName;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::{Client, DriverError};
use serde::Serialize;
use std::collections::BTreeSet;

/// Runs of each write; the fastest counts.
const RUNS: u32 = 3;
/// The schema of copies; it never outlives its transaction.
const COPIES: &str = "architrave_trial";

/// One kind of write.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WriteCost {
    /// Rows written.
    pub rows: u64,
    /// Milliseconds of the fastest run.
    pub ms: f64,
    /// WAL, bytes (13 and later; without images of full pages).
    pub wal_bytes: f64,
    /// Shared buffers touched.
    pub blocks: i64,
    /// Rows updated without new index entries.
    pub hot: u64,
}

/// Writes to a table without and with the advice.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WriteTrial {
    /// Table.
    pub table: QualifiedName,
    /// Inserts.
    pub insert: Option<(WriteCost, WriteCost)>,
    /// Updates of a column that a new index holds: the column, without, with.
    pub update_indexed: Option<(String, WriteCost, WriteCost)>,
    /// Updates of a column in no index: the column, without, with.
    pub update_other: Option<(String, WriteCost, WriteCost)>,
    /// What could not be tried, one sentence each.
    pub notes: Vec<String>,
}

impl WriteTrial {
    /// Updates of the newly indexed column that were heap-only without the indexes and are not with them, as a share: 0–1.
    pub fn hot_lost(&self) -> Option<f64> {
        let (_, without, with) = self.update_indexed.as_ref()?;
        (without.rows > 0).then(|| (without.hot as f64 - with.hot as f64).max(0.0) / without.rows as f64)
    }
}

/// A column as the server describes it.
#[derive(Debug, Clone)]
struct Attribute {
    name: String,
    type_name: String,
    /// Of types and places where a new value can be made; else empty.
    category: String,
}

impl Run<'_> {
    /// Measures writes to every table with a new or dropped index that survived.
    pub(super) async fn writes(&mut self) -> Result<(), ProveError> {
        let rows = self.trial.options.write_rows;
        if rows == 0 {
            return Ok(());
        }
        let survived = self.outcome.indexes.iter().filter(|i| i.survived());
        let mut tables: BTreeSet<QualifiedName> = survived.map(|i| i.table.clone()).collect();
        for drop in self.outcome.drops.iter().filter(|d| d.withdrawn.is_none() && d.refused.is_none()) {
            tables.extend(table_of(&self.admin, &drop.name).await?);
        }
        // Nobody writes to a materialized view.
        let mut there = Vec::new();
        for table in tables {
            let kind = format!(
                "select relkind in ('r', 'p') from pg_catalog.pg_class where oid = pg_catalog.to_regclass({})",
                quote_literal(&table.sql())
            );
            if one_text(&self.admin, &kind).await.map_err(ProveError::doing(format!("look up {table}")))?.as_deref() == Some("t") {
                there.push(table);
            }
        }
        for table in there {
            let trial = self.table_writes(&table, rows).await?;
            self.outcome.writes.push(trial);
        }
        Ok(())
    }

    async fn table_writes(&self, table: &QualifiedName, rows: u32) -> Result<WriteTrial, ProveError> {
        let mut trial = WriteTrial { table: table.clone(), ..WriteTrial::default() };
        let attributes = attributes(&self.admin, table).await?;
        let indexed = self.newly_indexed(table).await?;
        let free = in_no_index(&self.admin, table).await?;
        let indexed = attributes.iter().find(|a| indexed.contains(&a.name));
        let free = attributes.iter().find(|a| free.contains(&a.name));
        let insert = Insert::of(&self.admin, table, &attributes, rows).await?;
        let mut sides = Vec::new();
        for with in [false, true] {
            self.show_advice(with).await?;
            let mut notes = Vec::new();
            let inserted = kept(insert.run(&self.owner).await, "inserts", &mut notes);
            let mut updated = Vec::new();
            for column in [indexed, free] {
                updated.push(match column {
                    Some(column) => kept(update(&self.owner, table, &attributes, column, rows).await, "updates", &mut notes),
                    None => None,
                });
            }
            trial.notes.extend(notes);
            sides.push((inserted, updated));
        }
        trial.notes.dedup();
        if let [(insert_before, before), (insert_after, after)] = sides.as_slice() {
            trial.insert = insert_before.clone().zip(insert_after.clone());
            let pair = |at: usize, column: Option<&Attribute>| Some((column?.name.clone(), before[at].clone()?, after[at].clone()?));
            trial.update_indexed = pair(0, indexed);
            trial.update_other = pair(1, free);
        }
        Ok(trial)
    }

    /// Columns of the surviving new indexes of a table.
    async fn newly_indexed(&self, table: &QualifiedName) -> Result<Vec<String>, ProveError> {
        let mut columns = Vec::new();
        for index in &self.outcome.indexes {
            if index.table == *table && index.survived() {
                let query = format!(
                    "select a.attname from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) \
                     where i.indexrelid = pg_catalog.to_regclass({}) and a.attnum > 0 and not exists (select from pg_catalog.pg_index k \
                     where k.indrelid = i.indrelid and k.indisunique and a.attnum = any(k.indkey)) \
                     order by pg_catalog.array_position(i.indkey::int2[], a.attnum)",
                    quote_literal(&index.name.sql())
                );
                columns.extend(texts(&self.admin, &query).await.map_err(ProveError::doing(format!("read the columns of {}", index.name)))?);
            }
        }
        Ok(columns)
    }
}

/// The cost, or a note.
fn kept(outcome: Result<WriteCost, DriverError>, what: &str, notes: &mut Vec<String>) -> Option<WriteCost> {
    match outcome {
        Ok(cost) => Some(cost),
        Err(error) => {
            notes.push(format!("{what} could not be tried: {}", refusal(&error)));
            None
        }
    }
}

async fn table_of(client: &Client, index: &QualifiedName) -> Result<Option<QualifiedName>, ProveError> {
    let query = format!(
        "select pg_catalog.json_build_array(n.nspname, c.relname) from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indrelid \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace where i.indexrelid = pg_catalog.to_regclass({}) and c.relkind in ('r', 'p')",
        quote_literal(&index.sql())
    );
    let answer = one_text(client, &query).await.map_err(ProveError::doing(format!("look up the index {index}")))?;
    let names: Option<(String, String)> = answer.and_then(|json| serde_json::from_str(&json).ok());
    Ok(names.map(|(schema, name)| QualifiedName::new(schema, name)))
}

/// Columns that can be written.
async fn attributes(client: &Client, table: &QualifiedName) -> Result<Vec<Attribute>, ProveError> {
    let query = format!(
        "select pg_catalog.json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
         case when exists (select from pg_catalog.pg_partitioned_table p where p.partrelid = a.attrelid and p.partstrat <> 'h' \
         and a.attnum = any(p.partattrs)) then '' when t.typname in ('int2', 'int4', 'int8', 'numeric', 'uuid', 'date', 'timestamp', 'timestamptz') then t.typname \
         when t.typcategory = 'S' then 'text' else '' end) \
         from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid \
         where a.attrelid = {}::pg_catalog.regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum",
        quote_literal(&table.sql())
    );
    let rows = texts(client, &query).await.map_err(ProveError::doing(format!("read the columns of {table}")))?;
    let parse = |row: &String| serde_json::from_str::<(String, String, String)>(row).ok();
    Ok(rows.iter().filter_map(parse).map(|(name, type_name, category)| Attribute { name, type_name, category }).collect())
}

/// Columns that no visible index holds, in keys, included columns or expressions.
async fn in_no_index(client: &Client, table: &QualifiedName) -> Result<Vec<String>, ProveError> {
    let query = format!(
        "select a.attname from pg_catalog.pg_attribute a where a.attrelid = {0}::pg_catalog.regclass and a.attnum > 0 and not a.attisdropped \
         and a.attgenerated = '' and not exists (select from pg_catalog.pg_depend d join pg_catalog.pg_index i on i.indexrelid = d.objid \
         where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum) \
         and not exists (select from pg_catalog.pg_index i where i.indrelid = a.attrelid and a.attnum = any(i.indkey)) order by a.attnum",
        quote_literal(&table.sql())
    );
    texts(client, &query).await.map_err(ProveError::doing(format!("read the indexes of {table}")))
}

/// Rows to insert, and how.
struct Insert {
    prepare: String,
    statement: String,
    rows: u64,
}

impl Insert {
    /// Copies of rows from all over the table, with a new value in one column of every unique index.
    async fn of(client: &Client, table: &QualifiedName, attributes: &[Attribute], rows: u32) -> Result<Self, ProveError> {
        let query = format!(
            "select pg_catalog.json_agg(a.attname order by pg_catalog.array_position(i.indkey::int2[], a.attnum)) from pg_catalog.pg_index i \
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum > 0 and (a.attnum = any(i.indkey) or exists ( \
             select from pg_catalog.pg_depend d where d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid = a.attnum)) \
             where i.indrelid = {}::pg_catalog.regclass and i.indisunique group by i.indexrelid order by i.indexrelid",
            quote_literal(&table.sql())
        );
        let sets = texts(client, &query).await.map_err(ProveError::doing(format!("read the keys of {table}")))?;
        let mut new_keys: BTreeSet<String> = BTreeSet::new();
        for set in sets {
            let set: Vec<String> = serde_json::from_str(&set).unwrap_or_default();
            let changeable = |name: &&String| attributes.iter().any(|a| a.name == **name && !a.category.is_empty());
            if !set.iter().any(|name| new_keys.contains(name)) {
                new_keys.extend(set.iter().rfind(changeable).cloned());
            }
        }
        let from = table.sql();
        let value = |a: &Attribute| {
            let name = quote_ident(&a.name);
            if new_keys.contains(&a.name) { format!("{} as {name}", new_key(a, &name, &from)) } else { name }
        };
        let values: Vec<String> = attributes.iter().map(value).collect();
        let names: Vec<String> = attributes.iter().map(|a| quote_ident(&a.name)).collect();
        let share = format!(
            "(select least(100, 120.0 * {rows} / greatest(reltuples, 1))::float4 from pg_catalog.pg_class where oid = {}::pg_catalog.regclass)",
            quote_literal(&from)
        );
        let prepare = format!(
            "create temporary table architrave_rows on commit drop as select {} from (select *, pg_catalog.row_number() over () as architrave_row \
             from {from} tablesample bernoulli (({share})) repeatable (1) limit {rows}) s; analyze architrave_rows",
            values.join(", ")
        );
        let names = names.join(", ");
        let statement = format!("insert into {from} ({names}) overriding system value select {names} from architrave_rows");
        Ok(Self { prepare, statement, rows: u64::from(rows) })
    }

    async fn run(&self, client: &Client) -> Result<WriteCost, DriverError> {
        best(client, &self.prepare, &self.statement, None, self.rows).await
    }
}

/// A value that is not in the table yet.
fn new_key(attribute: &Attribute, name: &str, table: &str) -> String {
    let highest = format!("(select pg_catalog.max({name}) from {table})");
    let value = match attribute.category.as_str() {
        "int2" | "int4" | "int8" | "numeric" => format!("{highest} + architrave_row"),
        "uuid" => "pg_catalog.md5('architrave' || architrave_row)::uuid".to_owned(),
        "date" => format!("{highest} + architrave_row::int4"),
        "timestamp" | "timestamptz" => format!("{highest} + architrave_row * interval '1 microsecond'"),
        _ => format!("pg_catalog.left({name}::text, 8) || '~' || pg_catalog.md5('architrave' || architrave_row)"),
    };
    format!("({value})::{}", attribute.type_name)
}

/// Updates of one column on a copy of some rows that has the table's visible indexes.
async fn update(
    client: &Client,
    table: &QualifiedName,
    attributes: &[Attribute],
    column: &Attribute,
    rows: u32,
) -> Result<WriteCost, DriverError> {
    let from = table.sql();
    let copy = format!("{COPIES}.copy");
    let names: Vec<String> = attributes.iter().map(|a| quote_ident(&a.name)).collect();
    let names = names.join(", ");
    let definitions = format!(
        "select pg_catalog.pg_get_indexdef(indexrelid) from pg_catalog.pg_index where indrelid = {}::pg_catalog.regclass \
         and indisvalid and indisready and not indisexclusion order by indexrelid",
        quote_literal(&from)
    );
    let mut prepare = format!(
        "create schema {COPIES}; create table {copy} (like {from} including generated including storage) with (fillfactor = 45); \
         insert into {copy} ({names}) select {names} from {from} limit {rows};"
    );
    for definition in texts(client, &definitions).await? {
        // `CREATE UNIQUE INDEX name ON ONLY schema.table USING …`
        let unique = definition.starts_with("CREATE UNIQUE ");
        let Some((_, rest)) = definition.split_once(" USING ") else { continue };
        prepare.push_str(&format!("create {}index on {copy} using {rest};", if unique { "unique " } else { "" }));
    }
    let name = quote_ident(&column.name);
    prepare.push_str(&format!(
        "create temporary table architrave_next on commit drop as select ctid as place, pg_catalog.lead({name}) over (order by ctid desc) as value from {copy}; \
         analyze {copy}; analyze architrave_next"
    ));
    let statement = format!("update {copy} t set {name} = n.value from architrave_next n where t.ctid = n.place and n.value is not null");
    best(client, &prepare, &statement, Some(&copy), u64::from(rows)).await
}

/// The fastest of some runs, each in a transaction that is rolled back. `heap_only`: the table to count HOT updates of.
async fn best(client: &Client, prepare: &str, statement: &str, heap_only: Option<&str>, rows: u64) -> Result<WriteCost, DriverError> {
    let mut best: Option<WriteCost> = None;
    for _ in 0..RUNS {
        let outcome = once(client, prepare, statement, heap_only).await;
        let rolled_back = client.batch_execute("rollback").await;
        let (measured, hot) = outcome?;
        rolled_back?;
        let cost = WriteCost {
            rows: rows.min(measured.rows as u64),
            ms: measured.best_ms(),
            wal_bytes: measured.wal_bytes,
            blocks: measured.blocks,
            hot,
        };
        if best.as_ref().is_none_or(|b| cost.ms < b.ms) {
            best = Some(cost);
        }
    }
    Ok(best.unwrap_or_default())
}

async fn once(client: &Client, prepare: &str, statement: &str, heap_only: Option<&str>) -> Result<(Measurement, u64), DriverError> {
    client.batch_execute(&format!("begin; set local jit = off; {prepare}")).await?;
    let thirteen = one_text(client, "select pg_catalog.current_setting('server_version_num')::int4 >= 130000").await?;
    let wal = if thirteen.as_deref() == Some("t") { "wal, " } else { "" };
    let explain = format!("explain (analyze, buffers, {wal}timing off, format json) {statement}");
    let mut measured = read(&text_of(&client.simple_query(&explain).await?));
    // A writing statement returns no row; what it wrote is what its source gave.
    let written = "select pg_catalog.pg_stat_get_xact_tuples_updated(c), pg_catalog.pg_stat_get_xact_tuples_hot_updated(c)";
    let mut hot = 0;
    if let Some(table) = heap_only {
        let query = format!(
            "select u || ' ' || h from ({written}) x(u, h)",
            written = written.replace("(c)", &format!("({}::pg_catalog.regclass)", quote_literal(table)))
        );
        let counted = one_text(client, &query).await?.unwrap_or_default();
        if let Some((updated, heap)) = counted.split_once(' ') {
            measured.rows = updated.parse().unwrap_or(0.0);
            hot = heap.parse().unwrap_or(0);
        }
    } else {
        let count = one_text(client, "select count(*) from architrave_rows").await?;
        measured.rows = count.and_then(|c| c.parse().ok()).unwrap_or(0.0);
    }
    Ok((measured, hot))
}
