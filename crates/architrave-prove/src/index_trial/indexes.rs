//! Building, hiding and showing indexes on the scratch database.

use super::NewIndex;
use crate::error::ProveError;
use crate::generated_rows::{one_text, texts};
use crate::round_trip::refusal;
use architrave_model::QualifiedName;
use architrave_model::name::quote_literal;
use architrave_postgres::Client;
use serde::Serialize;

/// What building an index took.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Build {
    /// Milliseconds of the server's clock.
    pub ms: f64,
    /// Bytes, partitions included.
    pub bytes: i64,
    /// WAL written, bytes (without images of full pages).
    pub wal_bytes: i64,
}

/// An index on the database: its object ids, partitions included, and the names that plans show.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    pub(super) oids: Vec<String>,
    pub(super) names: Vec<String>,
}

impl Placed {
    /// Looks an index up; nothing when it is not there.
    pub(super) async fn find(client: &Client, index: &QualifiedName) -> Result<Self, ProveError> {
        let literal = quote_literal(&index.sql());
        let query = format!(
            "select i.oid || ' ' || c.relname from (select pg_catalog.to_regclass({literal})::oid as oid \
             union select relid::oid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass({literal}))) i \
             join pg_catalog.pg_class c on c.oid = i.oid order by 1"
        );
        let rows = texts(client, &query).await.map_err(ProveError::doing(format!("look up the index {index}")))?;
        let pairs = rows.iter().filter_map(|row| row.split_once(' '));
        let (oids, names) = pairs.map(|(oid, name)| (oid.to_owned(), name.to_owned())).unzip();
        Ok(Self { oids, names })
    }

    pub(super) async fn bytes(&self, client: &Client) -> Result<i64, ProveError> {
        let query =
            format!("select coalesce(sum(pg_catalog.pg_relation_size(oid)), 0) from unnest('{{{}}}'::oid[]) oid", self.oids.join(","));
        let text = one_text(client, &query).await.map_err(ProveError::doing("measure an index"))?;
        text.and_then(|t| t.parse().ok()).ok_or_else(|| ProveError::Answer { what: "the size of an index".to_owned() })
    }

    /// Takes it out of sight of the planner and of writes, or puts it back. Nothing may be written in between that stays.
    pub(super) async fn show(&self, client: &Client, visible: bool) -> Result<(), ProveError> {
        if self.oids.is_empty() {
            return Ok(());
        }
        let statement = format!(
            "update pg_catalog.pg_index set indisvalid = {visible}, indisready = {visible} where indexrelid = any('{{{}}}'::oid[])",
            self.oids.join(",")
        );
        client.batch_execute(&statement).await.map_err(ProveError::doing("hide or show an index"))
    }
}

/// The server's clock (milliseconds) and the end of its WAL (bytes).
async fn meter(client: &Client) -> Result<(f64, i64), ProveError> {
    let query = "select extract(epoch from pg_catalog.clock_timestamp())::float8 * 1000 || ' ' || \
        pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::int8";
    let text = one_text(client, query).await.map_err(ProveError::doing("read its clock"))?.unwrap_or_default();
    let parsed = text.split_once(' ').and_then(|(ms, wal)| Some((ms.parse().ok()?, wal.parse().ok()?)));
    parsed.ok_or_else(|| ProveError::Answer { what: "its clock".to_owned() })
}

/// Builds an index; the server's message when it refuses.
pub(super) async fn build(client: &Client, index: &NewIndex) -> Result<Result<(Build, Placed), String>, ProveError> {
    if !Placed::find(client, &index.name).await?.oids.is_empty() {
        return Ok(Err("there is an index of that name already".to_owned()));
    }
    let before = meter(client).await?;
    if let Err(error) = client.batch_execute(&index.create).await {
        if error.is_closed() {
            return Err(ProveError::doing(format!("build {}", index.name))(error));
        }
        // What a concurrent build leaves behind when it fails.
        let remains = format!("drop index if exists {}", index.name.sql());
        client.batch_execute(&remains).await.map_err(ProveError::doing(format!("drop {}", index.name)))?;
        return Ok(Err(refusal(&error)));
    }
    let after = meter(client).await?;
    let placed = Placed::find(client, &index.name).await?;
    if placed.oids.is_empty() {
        return Ok(Err("the statement did not create an index of that name".to_owned()));
    }
    let bytes = placed.bytes(client).await?;
    Ok(Ok((Build { ms: after.0 - before.0, bytes, wal_bytes: after.1 - before.1 }, placed)))
}

/// Why an index must not be taken away, if so.
pub(super) async fn needed(client: &Client, index: &QualifiedName) -> Result<Option<String>, ProveError> {
    let query = format!(
        "select case when i.indisprimary then 'it backs the primary key' when i.indisexclusion then 'it backs an exclusion constraint' \
         when exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) then 'a constraint needs it' \
         when i.indisunique then 'it keeps values unique' when i.indisreplident then 'it is the replica identity' else '' end \
         from pg_catalog.pg_index i where i.indexrelid = pg_catalog.to_regclass({})",
        quote_literal(&index.sql())
    );
    let answer = one_text(client, &query).await.map_err(ProveError::doing(format!("look up the index {index}")))?;
    Ok(match answer {
        Some(reason) if reason.is_empty() => None,
        Some(reason) => Some(reason),
        None => Some("it is not there".to_owned()),
    })
}
