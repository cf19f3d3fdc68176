//! What the executing session itself tells of its transaction: locks, files, scans, foreign keys. Nobody else sees it before the commit.

use super::TraceError;
use architrave_model::migration::LockMode;
use architrave_postgres::read::PREPARED_TABLES;
use architrave_postgres::{Client, SimpleQueryMessage};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A relation as the transaction sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Seen {
    pub(super) oid: u32,
    /// Absent when the transaction has dropped it.
    pub(super) schema: Option<String>,
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    /// `pg_class.relfilenode`.
    pub(super) file: Option<u32>,
    /// The table of an index.
    pub(super) table: Option<u32>,
    /// The partitioned table of a partition; only in committed relations.
    pub(super) parent: Option<u32>,
    /// `pg_locks.mode`, all that are held.
    #[serde(default)]
    modes: Vec<String>,
    /// Scans from end to end so far, and tuples that they read.
    #[serde(default)]
    pub(super) scans: i64,
    #[serde(default)]
    pub(super) tuples: i64,
}

impl Seen {
    /// The strongest mode.
    pub(super) fn mode(&self) -> Option<LockMode> {
        self.modes.iter().filter_map(|m| LockMode::from_catalog(m)).max()
    }

    /// The same relation seen at another time: all modes count.
    pub(super) fn also(&mut self, other: &Self) {
        self.modes.extend(other.modes.iter().cloned());
    }
}

/// A validated foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct ForeignKey {
    pub(super) oid: u32,
    /// The referencing table.
    pub(super) table: u32,
    /// The referenced one.
    pub(super) referenced: u32,
}

/// One look.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) held: Vec<Seen>,
    /// Relations whose counters are not zero.
    pub(super) counted: Vec<Seen>,
    /// Validated foreign keys of the held relations.
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) settings: Settings,
}

/// What is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Settings {
    lock_timeout: String,
    statement_timeout: String,
    /// Position of the write-ahead log, in bytes.
    pub(super) wal: i64,
    /// The session has the statements by which changed tables are read.
    pub(super) can_read_tables: bool,
}

impl Settings {
    /// Commands that take time-outs away and that put them back; none where there are none.
    pub(super) fn without_limits(&self) -> Option<(String, String)> {
        if self.lock_timeout_ms() == 0 && self.statement_timeout_ms() == 0 {
            return None;
        }
        let back = format!("set lock_timeout = '{}'; set statement_timeout = '{}'", self.lock_timeout, self.statement_timeout);
        Some(("set lock_timeout = 0; set statement_timeout = 0".to_owned(), back))
    }

    pub(super) fn lock_timeout_ms(&self) -> u64 {
        milliseconds(&self.lock_timeout)
    }

    pub(super) fn statement_timeout_ms(&self) -> u64 {
        milliseconds(&self.statement_timeout)
    }
}

/// `5s`, `250ms`, `1min` as `SHOW` prints them.
fn milliseconds(text: &str) -> u64 {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 1,
    };
    number.parse::<u64>().unwrap_or(0) * factor
}

/// One row of the answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    Settings(Settings),
    Held(Seen),
    Counted(Seen),
    ForeignKey(ForeignKey),
}

/// Before anything else, so that a script's own settings are read, and then out of the way. It leaves no trace: settings and locks go
/// with the savepoint.
const OPENING: &str = "savepoint architrave_probe;
select pg_catalog.json_build_object('settings', pg_catalog.json_build_object(
    'lock_timeout', pg_catalog.current_setting('lock_timeout'), 'statement_timeout', pg_catalog.current_setting('statement_timeout'),
    'wal', pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'),
    'can_read_tables', exists (select from pg_catalog.pg_prepared_statements where name = '{prepared_tables}')));
set local statement_timeout = 0; set local search_path = pg_catalog, pg_temp; ";

pub(super) const CLOSING: &str = "rollback to savepoint architrave_probe; release savepoint architrave_probe";

const HELD: &str = "with held as (
    select l.relation, json_agg(distinct l.mode) as modes from pg_locks l
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384 {passed_over}
        and l.database = (select oid from pg_database where datname = current_database())
    group by l.relation)
select json_build_object('held', json_build_object('oid', h.relation::int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'file', c.relfilenode::int8, 'table', i.indrelid::int8, 'modes', h.modes,
    'scans', pg_stat_get_xact_numscans(h.relation), 'tuples', pg_stat_get_xact_tuples_returned(h.relation)))
from held h left join pg_class c on c.oid = h.relation left join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indexrelid = h.relation
union all
select json_build_object('foreign_key', json_build_object('oid', k.oid::int8, 'table', k.conrelid::int8, 'referenced', k.confrelid::int8))
from pg_constraint k join held h on h.relation = k.conrelid where k.contype = 'f' and k.convalidated;";

/// Counters of earlier transactions that the server has not taken over yet.
const COUNTED: &str = "select json_build_object('counted', json_build_object('oid', c.oid::int8,
    'scans', pg_stat_get_xact_numscans(c.oid), 'tuples', pg_stat_get_xact_tuples_returned(c.oid)))
from pg_class c where c.relkind in ('r', 'm', 'i') and c.oid >= 16384 {used} and pg_stat_get_xact_numscans(c.oid) > 0;";

/// Of which relations counters are asked that are not zero, whoever holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counters {
    /// Of none.
    None,
    /// Of those that can have some.
    Of(BTreeSet<u32>),
    /// Of all.
    All,
}

/// Looks, inside a transaction. Relations with ids above the first and up to the second of `passed_over` are left out.
pub(super) async fn look(client: &Client, counters: &Counters, passed_over: Option<(u32, u32)>) -> Result<Look, TraceError> {
    let range = |(first, last)| format!("and not (l.relation > {first} and l.relation <= {last})");
    let held = HELD.replace("{passed_over}", &passed_over.map(range).unwrap_or_default());
    let counted = match counters {
        Counters::None => String::new(),
        Counters::Of(used) if used.is_empty() => String::new(),
        Counters::Of(used) => COUNTED.replace("{used}", &format!("and c.oid = any ('{{{}}}'::oid[])", super::outside::listed(used))),
        Counters::All => COUNTED.replace("{used}", ""),
    };
    let opening = OPENING.replace("{prepared_tables}", PREPARED_TABLES);
    let sql = format!("{opening} {held} {counted} {CLOSING}");
    let what = "look at its own locks";
    let mut look = Look::default();
    for message in client.simple_query(&sql).await.map_err(TraceError::own(what))? {
        let SimpleQueryMessage::Row(row) = message else { continue };
        let text = row.try_get(0).map_err(TraceError::own(what))?.unwrap_or_default();
        match serde_json::from_str::<Row>(text).map_err(|source| TraceError::Answer { what: "locks", source })? {
            Row::Settings(settings) => look.settings = settings,
            Row::Held(seen) => look.held.push(seen),
            Row::Counted(seen) => look.counted.push(seen),
            Row::ForeignKey(key) => look.foreign_keys.push(key),
        }
    }
    Ok(look)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn time_outs_are_read_as_show_prints_them() {
        assert_eq!(["0", "250ms", "5s", "2min", "1h", "1d"].map(milliseconds), [0, 250, 5_000, 120_000, 3_600_000, 86_400_000]);
    }
}
