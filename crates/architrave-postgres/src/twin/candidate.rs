//! What-if: indexes that exist on the twin only, and which indexes the planner sees.

use super::Twin;
use super::error::TwinError;
use super::sizes::{self, IndexShape, Relation, Size, Sizes};
use architrave_model::QualifiedName;
use std::collections::BTreeSet;
use tokio_postgres::Client;

/// An index that does not exist, as it would be if it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its table or materialized view.
    pub table: QualifiedName,
    /// `CREATE INDEX …`, of any kind, on that table.
    pub definition: String,
    /// Pages it would have, 8 KiB each.
    pub pages: i64,
    /// Entries it would have: the table's rows, or those of its predicate.
    pub rows: f64,
    /// Levels of a b-tree above its leaves; computed from pages and key width when none.
    pub height: Option<u32>,
}

/// An index on the twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinIndex {
    /// Object id on the twin.
    pub oid: u32,
    /// Name.
    pub name: QualifiedName,
}

impl Twin {
    /// Creates a candidate, sized as it says and seen by all sessions of the twin from then on. On a partitioned table every partition
    /// gets its share by rows.
    pub async fn add_index(&self, candidate: &Candidate) -> Result<TwinIndex, TwinError> {
        let client = self.connect().await?;
        self.add_index_with(&client, candidate).await
    }

    /// The same on a session that has no transaction open, for many candidates one after the other.
    pub async fn add_index_with(&self, client: &Client, candidate: &Candidate) -> Result<TwinIndex, TwinError> {
        client.batch_execute("begin").await.map_err(TwinError::sql("begin"))?;
        let mut written = Vec::new();
        let added = self.add(client, candidate, &mut written).await;
        let end = if added.is_ok() { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await.map_err(TwinError::sql("keep an index"));
        let added = added.and_then(|index| ended.map(|()| index));
        if added.is_err() {
            for path in written {
                self.files.remove(&path);
            }
        }
        added
    }

    async fn add(&self, client: &Client, candidate: &Candidate, written: &mut Vec<std::path::PathBuf>) -> Result<TwinIndex, TwinError> {
        let table = self.find(client, &candidate.table).await?;
        let family = self.family(client, table).await?;
        let members = sizes::relations(client, Some(&family)).await?;
        let before = indexes_of(client, &family).await?;
        // The build reads the table, which must be empty for it; the lengths of files belong to the planner only.
        let empty: Vec<Size> =
            members.iter().filter(|m| m.path.is_some()).map(|m| Size { file: Some(self.empty_file), ..m.size.clone() }).collect();
        sizes::write_classes(client, &empty).await?;
        let what = "create the index";
        client.simple_query(&candidate.definition).await.map_err(TwinError::sql(what))?;
        let made: Vec<u32> = indexes_of(client, &family).await?.difference(&before).copied().collect();
        let made = sizes::relations(client, Some(&made)).await?;
        let mut sizes: Vec<Size> = members.iter().map(|m| m.size.clone()).collect();
        let work = Sizes { files: &self.files, numbers: &self.numbers, major: self.major };
        for index in &made {
            let size = size_of(&work, index, &members, candidate)?;
            if let (Some(file), Some(path)) = (size.file, &index.path) {
                written.push(self.files.beside(path, file));
            }
            sizes.push(size);
        }
        sizes::write_classes(client, &sizes).await?;
        let own = made.iter().find(|index| index.table == Some(table));
        let own = own.ok_or_else(|| TwinError::Missing { what: format!("new index on {}", candidate.table) })?;
        Ok(TwinIndex { oid: own.oid, name: own.name.clone() })
    }

    /// The object id of a table, materialized view or index.
    pub async fn find(&self, client: &Client, name: &QualifiedName) -> Result<u32, TwinError> {
        let sql = "select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = $1 and c.relname = $2";
        let row = client.query_opt(sql, &[&name.schema, &name.name]).await.map_err(TwinError::sql("find a relation"))?;
        row.map(|row| row.get(0)).ok_or_else(|| TwinError::Missing { what: format!("relation {name}") })
    }

    /// Lets the planner of this session see `shown` and not see `hidden` (object ids of indexes; those of partitions go with their
    /// parent's). Inside a transaction that is rolled back nobody else notices; two sessions that change the same index wait for each
    /// other, so plan in parallel on several twins.
    pub async fn show(&self, client: &Client, shown: &[u32], hidden: &[u32]) -> Result<(), TwinError> {
        let sql = "select architrave_twin.show($1, $2)";
        client.execute(sql, &[&shown, &hidden]).await.map(drop).map_err(TwinError::sql("show or hide indexes"))
    }

    async fn family(&self, client: &Client, table: u32) -> Result<Vec<u32>, TwinError> {
        let sql = "select architrave_twin.family(array[$1]::oid[])";
        let row = client.query_one(sql, &[&table]).await.map_err(TwinError::sql("list partitions"))?;
        Ok(row.get(0))
    }
}

async fn indexes_of(client: &Client, tables: &[u32]) -> Result<BTreeSet<u32>, TwinError> {
    let sql = "select indexrelid from pg_catalog.pg_index where indrelid = any ($1)";
    let rows = client.query(sql, &[&tables]).await.map_err(TwinError::sql("list indexes"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// One index of a candidate: its share of the pages and rows is the share of its table in the rows of all partitions.
fn size_of(work: &Sizes<'_>, index: &Relation, members: &[Relation], candidate: &Candidate) -> Result<Size, TwinError> {
    let rows_of = |member: &Relation| if member.path.is_some() { member.size.rows.max(0.0) } else { 0.0 };
    let all: f64 = members.iter().map(rows_of).sum();
    let own = members.iter().find(|member| Some(member.oid) == index.table);
    let share = if index.path.is_none() {
        1.0
    } else if all > 0.0 {
        own.map_or(0.0, rows_of) / all
    } else {
        1.0 / members.iter().filter(|m| m.path.is_some()).count().max(1) as f64
    };
    let pages = (candidate.pages.max(1) as f64 * share).ceil().max(1.0);
    let heap_pages = own.map_or(0, |own| u64::try_from(own.size.pages).unwrap_or(0));
    let shape = IndexShape { pages: pages as u64, heap_pages, level: candidate.height, gin: None };
    let file = work.index_file(index, &shape)?;
    let rows = candidate.rows.max(0.0) * share;
    Ok(Size {
        oid: index.oid,
        pages: if index.path.is_some() { pages as i64 } else { 0 },
        rows,
        all_visible_pages: 0,
        file,
        populated: true,
    })
}
