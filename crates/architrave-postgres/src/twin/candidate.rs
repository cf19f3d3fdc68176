//! What-if: indexes that exist on the twin only, and which indexes the planner sees.

use super::error::TwinError;
use super::sizes::{self, IndexShape, Relation, Size, Sizes};
use super::{Twin, files};
use architrave_model::QualifiedName;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use tokio_postgres::{Client, SimpleQueryMessage};

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

    /// The same on a session that has no transaction open.
    pub async fn add_index_with(&self, client: &Client, candidate: &Candidate) -> Result<TwinIndex, TwinError> {
        let mut added = self.add_indexes(client, std::slice::from_ref(candidate)).await?;
        added.pop().unwrap_or_else(|| Err(TwinError::Missing { what: format!("new index on {}", candidate.table) }))
    }

    /// Many candidates, in their order, each with the reason when PostgreSQL refuses it. All of a table are made in one transaction: a
    /// thousand take seconds.
    pub async fn add_indexes(&self, client: &Client, candidates: &[Candidate]) -> Result<Vec<Result<TwinIndex, TwinError>>, TwinError> {
        let mut tables: BTreeMap<&QualifiedName, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            tables.entry(&candidate.table).or_default().push(at);
        }
        let mut all: Vec<Option<Result<TwinIndex, TwinError>>> = candidates.iter().map(|_| None).collect();
        for places in tables.values() {
            let own: Vec<&Candidate> = places.iter().map(|at| &candidates[*at]).collect();
            for (at, added) in places.iter().zip(self.add_to_table(client, &own).await?) {
                all[*at] = Some(added);
            }
        }
        Ok(all.into_iter().flatten().collect())
    }

    async fn add_to_table(&self, client: &Client, candidates: &[&Candidate]) -> Result<Vec<Result<TwinIndex, TwinError>>, TwinError> {
        client.batch_execute("begin").await.map_err(TwinError::sql("begin"))?;
        let mut written = Vec::new();
        let added = self.add(client, candidates, &mut written).await;
        let end = if added.is_ok() { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await.map_err(TwinError::sql("keep an index"));
        let added = added.and_then(|all| ended.map(|()| all));
        if added.is_err() {
            for path in written {
                files::remove(&path);
            }
        }
        match added {
            // The table itself is not there: that is no reason against the candidates of others.
            Err(TwinError::Missing { what }) => Ok(candidates.iter().map(|_| Err(TwinError::Missing { what: what.clone() })).collect()),
            other => other,
        }
    }

    async fn add(
        &self,
        client: &Client,
        candidates: &[&Candidate],
        written: &mut Vec<PathBuf>,
    ) -> Result<Vec<Result<TwinIndex, TwinError>>, TwinError> {
        let Some(first) = candidates.first() else { return Ok(Vec::new()) };
        let table = self.find(client, &first.table).await?;
        let family = self.family(client, table).await?;
        let members = sizes::relations(client, Some(&family)).await?;
        // The build reads the table, which must be empty for it; the lengths of files belong to the planner only.
        let empty: Vec<Size> =
            members.iter().filter(|m| m.path.is_some()).map(|m| Size { file: Some(self.empty_file), ..m.size.clone() }).collect();
        sizes::write_classes(client, &empty).await?;
        let made = create_all(client, candidates, &family).await?;
        let all: Vec<u32> = made.iter().flatten().flatten().copied().collect();
        let relations = sizes::relations(client, Some(&all)).await?;
        let relations: HashMap<u32, &Relation> = relations.iter().map(|relation| (relation.oid, relation)).collect();
        let mut sizes: Vec<Size> = members.iter().map(|m| m.size.clone()).collect();
        let work = Sizes { files: &self.files, numbers: &self.numbers, major: self.major, grown: false };
        let mut result = Vec::with_capacity(candidates.len());
        for (candidate, made) in candidates.iter().zip(made) {
            let made = match made {
                Ok(made) => made,
                Err(refused) => {
                    result.push(Err(refused));
                    continue;
                }
            };
            let indexes: Vec<&Relation> = made.iter().filter_map(|oid| relations.get(oid).copied()).collect();
            for index in &indexes {
                let size = size_of(&work, index, &members, candidate)?;
                if let (Some(file), Some(path)) = (size.file, &index.path) {
                    written.push(self.files.beside(path, file));
                }
                sizes.push(size);
            }
            let own = indexes.iter().find(|index| index.table == Some(table));
            let own = own.map(|own| TwinIndex { oid: own.oid, name: own.name.clone() });
            result.push(own.ok_or_else(|| TwinError::Missing { what: format!("new index on {}", candidate.table) }));
        }
        sizes::write_classes(client, &sizes).await?;
        Ok(result)
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
        let list = |oids: &[u32]| oids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        // One round trip: thousands of configurations are shown.
        let sql = format!("select architrave_twin.show('{{{}}}', '{{{}}}')", list(shown), list(hidden));
        client.simple_query(&sql).await.map(drop).map_err(TwinError::sql("show or hide indexes"))
    }

    async fn family(&self, client: &Client, table: u32) -> Result<Vec<u32>, TwinError> {
        let sql = "select architrave_twin.family(array[$1]::oid[])";
        let row = client.query_one(sql, &[&table]).await.map_err(TwinError::sql("list partitions"))?;
        Ok(row.get(0))
    }
}

/// Creates the candidates' indexes, each behind a savepoint; the object ids of each (of partitions too), or why there is none.
async fn create_all(client: &Client, candidates: &[&Candidate], tables: &[u32]) -> Result<Vec<Result<Vec<u32>, TwinError>>, TwinError> {
    let tables = tables.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let list = format!("select indexrelid from pg_catalog.pg_index where indrelid in ({tables})");
    let mut known = oids(&client.simple_query(&list).await.map_err(TwinError::sql("list indexes"))?);
    let mut all = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let definition = candidate.definition.trim().trim_end_matches(';');
        let made = client.simple_query(&format!("savepoint candidate; {definition}; release candidate; {list}")).await;
        match made.map_err(TwinError::sql("create the index")) {
            Ok(answer) => {
                let now = oids(&answer);
                all.push(Ok(now.difference(&known).copied().collect()));
                known = now;
            }
            Err(refused) => {
                all.push(Err(refused));
                client.batch_execute("rollback to candidate").await.map_err(TwinError::sql("go on without an index"))?;
            }
        }
    }
    Ok(all)
}

/// Object ids in the first column.
fn oids(answer: &[SimpleQueryMessage]) -> BTreeSet<u32> {
    let first = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten().and_then(|text| text.parse().ok()),
        _ => None,
    };
    answer.iter().filter_map(first).collect()
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
    let rows = candidate.rows.max(0.0) * share;
    let shape = IndexShape { pages: pages as u64, rows, heap_pages, level: candidate.height, gin: None };
    let file = work.index_file(index, &shape)?;
    Ok(Size {
        oid: index.oid,
        pages: if index.path.is_some() { pages as i64 } else { 0 },
        rows,
        all_visible_pages: 0,
        file,
        populated: true,
    })
}
