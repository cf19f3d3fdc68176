//! What the second session tells: relations as they are committed, who could get at them now, what another session waits for.

use super::TraceError;
use super::inside::{ForeignKey, Seen};
use architrave_postgres::{Client, SimpleQueryMessage};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// Who waits for a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Waits {
    pub(super) oid: u32,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) reads: bool,
    pub(super) writes: bool,
}

/// The committed state of some relations.
#[derive(Debug, Clone, Default)]
pub(super) struct Committed {
    pub(super) relations: HashMap<u32, Seen>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) waits: Vec<Waits>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    Relation(Seen),
    ForeignKey(ForeignKey),
    Waits(Waits),
}

const RELATIONS: &str =
    "select pg_catalog.json_build_object('relation', pg_catalog.json_build_object('oid', c.oid::int8, 'schema', n.nspname,
    'name', c.relname, 'kind', c.relkind, 'file', c.relfilenode::int8, 'table', i.indrelid::int8, 'parent', h.inhparent::int8))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace left join pg_catalog.pg_index i on i.indexrelid = c.oid
left join pg_catalog.pg_inherits h on h.inhrelid = c.oid and c.relispartition and c.relkind in ('r', 'p', 'f')";

/// Asks who waits for these tables now.
pub(super) async fn who_waits(admin: &Client, tested: &[u32]) -> Result<Vec<Waits>, TraceError> {
    if tested.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select pg_catalog.json_build_object('waits', pg_catalog.json_build_object('oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname,
         'reads', w.reads, 'writes', w.writes))
         from architrave_replay.who_waits('{{{}}}') w join pg_catalog.pg_class c on c.oid = w.relation
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace",
        tested.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    );
    Ok(ask(admin, &sql).await?.waits)
}

const FOREIGN_KEYS: &str =
    "select pg_catalog.json_build_object('foreign_key', pg_catalog.json_build_object('oid', k.oid::int8, 'table', k.conrelid::int8,
    'referenced', k.confrelid::int8)) from pg_catalog.pg_constraint k where k.contype = 'f' and k.convalidated";

/// All relations of the database that are not the system's, with the validated foreign keys.
pub(super) async fn everything(admin: &Client) -> Result<Committed, TraceError> {
    ask(admin, &format!("{RELATIONS} where c.oid >= 16384 and n.nspname <> 'pg_toast'; {FOREIGN_KEYS}")).await
}

/// The same of these relations only; what is gone is absent.
pub(super) async fn some(admin: &Client, oids: &BTreeSet<u32>) -> Result<Committed, TraceError> {
    if oids.is_empty() {
        return Ok(Committed::default());
    }
    let list = listed(oids);
    let sql = format!(
        "{RELATIONS} where c.oid = any ('{{{list}}}'::oid[]) and n.nspname <> 'pg_toast'; {FOREIGN_KEYS} and k.conrelid = any ('{{{list}}}'::oid[])"
    );
    ask(admin, &sql).await
}

/// These relations with all that they can have to do with.
pub(super) async fn around(admin: &Client, oids: &BTreeSet<u32>) -> Result<Vec<u32>, TraceError> {
    let sql = include_str!("around.sql").replace("{oids}", &listed(oids));
    let texts = texts(admin, &sql, "look for what hangs together").await?;
    Ok(texts.iter().filter_map(|oid| oid.parse().ok()).collect())
}

pub(super) fn listed(oids: &BTreeSet<u32>) -> String {
    oids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

async fn ask(admin: &Client, sql: &str) -> Result<Committed, TraceError> {
    let mut committed = Committed::default();
    for text in texts(admin, sql, "look at relations").await? {
        match serde_json::from_str::<Row>(&text).map_err(|source| TraceError::Answer { what: "relations", source })? {
            Row::Relation(seen) => {
                committed.relations.insert(seen.oid, seen);
            }
            Row::ForeignKey(key) => committed.foreign_keys.push(key),
            Row::Waits(waits) => committed.waits.push(waits),
        }
    }
    Ok(committed)
}

/// What another session holds and waits for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Other {
    /// Relations with all modes, granted or awaited.
    pub(super) held: Vec<Seen>,
    /// It waits for a lock.
    pub(super) waiting: bool,
    /// It waits for the end of a transaction.
    pub(super) for_transaction: bool,
}

/// Looks at the locks of another session.
pub(super) async fn watch(admin: &Client, process: i32) -> Result<Other, TraceError> {
    let sql = format!(
        "with l as (select * from pg_catalog.pg_locks where pid = {process}), held as (
             select relation, pg_catalog.json_agg(distinct mode) as modes from l where locktype = 'relation' and relation >= 16384
                 and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) group by relation)
         select pg_catalog.json_build_object('waiting', exists (select from l where not granted),
             'for_transaction', exists (select from l where not granted and locktype in ('virtualxid', 'transactionid')),
             'held', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('oid', h.relation::int8, 'schema', n.nspname,
                 'name', c.relname, 'kind', c.relkind, 'file', c.relfilenode::int8, 'table', i.indrelid::int8, 'modes', h.modes)), '[]')
                 from held h left join pg_catalog.pg_class c on c.oid = h.relation left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 left join pg_catalog.pg_index i on i.indexrelid = h.relation))"
    );
    let text = texts(admin, &sql, "look at another session's locks").await?.pop().unwrap_or_default();
    serde_json::from_str(&text).map_err(|source| TraceError::Answer { what: "another session's locks", source })
}

/// The first column of all rows.
pub(super) async fn texts(client: &Client, sql: &str, what: &'static str) -> Result<Vec<String>, TraceError> {
    let mut texts = Vec::new();
    for message in client.simple_query(sql).await.map_err(TraceError::own(what))? {
        if let SimpleQueryMessage::Row(row) = message {
            texts.push(row.try_get(0).map_err(TraceError::own(what))?.unwrap_or_default().to_owned());
        }
    }
    Ok(texts)
}

/// The first two columns of all rows.
pub(super) async fn pairs(client: &Client, sql: &str) -> Result<Vec<(String, String)>, TraceError> {
    let what = "list its roles and databases";
    let mut pairs = Vec::new();
    for message in client.simple_query(sql).await.map_err(TraceError::own(what))? {
        if let SimpleQueryMessage::Row(row) = message {
            let column = |at: usize| row.try_get(at).map(|text| text.unwrap_or_default().to_owned());
            pairs.push((column(0).map_err(TraceError::own(what))?, column(1).map_err(TraceError::own(what))?));
        }
    }
    Ok(pairs)
}
