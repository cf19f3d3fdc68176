//! Statistics of a live server: what its views have counted. Times are unix seconds, sizes bytes, durations milliseconds.

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};

/// Everything the statistics views told at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// When they were read, unix seconds of the server's clock.
    pub captured_at: f64,
    /// Per table, sorted by name.
    pub tables: Vec<TableStats>,
    /// Per index, sorted by schema and name.
    pub indexes: Vec<IndexStats>,
    /// `pg_stats`, sorted by table and column.
    pub columns: Vec<ColumnStats>,
    /// Extended statistics that were gathered, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<ExtendedStats>,
    /// The current database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseStats>,
    /// All databases of the cluster.
    #[serde(default)]
    pub databases: Vec<DatabaseFacts>,
    /// Background writer and checkpointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpointer: Option<CheckpointerStats>,
    /// WAL archiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archiver: Option<ArchiverStats>,
    /// Connected standbys and other WAL receivers.
    #[serde(default)]
    pub replication: Vec<ReplicationStats>,
    /// Replication slots.
    #[serde(default)]
    pub slots: Vec<SlotStats>,
    /// Sessions at that moment, counted; none when not readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityStats>,
    /// `pg_stat_statements` of this database, dearest first.
    #[serde(default)]
    pub statements: Vec<StatementStats>,
    /// `pg_stat_io` (16 and later), one row per backend type, object and context with any work.
    #[serde(default)]
    pub io: Vec<IoStats>,
    /// The largest tables of the system catalogue, largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_tables: Vec<SystemTableStats>,
    /// Client sessions of the cluster by role, sorted; empty when they are hidden.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<RoleSessions>,
    /// Subscriptions of this database at work, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionStats>,
    /// State of the recovery, of a standby.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby: Option<StandbyStats>,
    /// WAL written (14 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal: Option<WalStats>,
    /// Vacuums that were running, sorted by table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vacuums: Vec<VacuumProgress>,
    /// Statements that `pg_stat_statements` has thrown out for want of room since its reset (14 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements_thrown_out: Option<StatementsThrownOut>,
    /// Tablespaces beside the built-in ones, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tablespaces: Vec<TablespaceFacts>,
}

impl Stats {
    /// The table's counters.
    pub fn table(&self, name: &QualifiedName) -> Option<&TableStats> {
        self.tables.binary_search_by(|t| t.name.cmp(name)).ok().and_then(|at| self.tables.get(at))
    }

    /// The index's counters.
    pub fn index(&self, schema: &str, name: &str) -> Option<&IndexStats> {
        let at = self.indexes.binary_search_by(|i| (i.name.schema.as_str(), i.name.name.as_str()).cmp(&(schema, name))).ok()?;
        self.indexes.get(at)
    }

    /// The column's planner statistics (its own rows, not those of children).
    pub fn column(&self, table: &QualifiedName, column: &str) -> Option<&ColumnStats> {
        let key = (table, column, false);
        let at = self.columns.binary_search_by(|c| (&c.table, c.column.as_str(), c.inherited).cmp(&key)).ok()?;
        self.columns.get(at)
    }

    /// Puts every vector into its order; readers call this last. Lookups rely on it.
    pub fn sort(&mut self) {
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.columns.sort_by(|a, b| (&a.table, &a.column, a.inherited).cmp(&(&b.table, &b.column, b.inherited)));
        self.extended.sort_by(|a, b| (&a.name, a.inherited).cmp(&(&b.name, b.inherited)));
        self.databases.sort_by(|a, b| a.name.cmp(&b.name));
        self.replication.sort_by(|a, b| a.application_name.cmp(&b.application_name));
        self.slots.sort_by(|a, b| a.name.cmp(&b.name));
        self.sessions.sort_by(|a, b| a.role.cmp(&b.role));
        self.subscriptions.sort_by(|a, b| a.name.cmp(&b.name));
        self.vacuums.sort_by(|a, b| (&a.table, &a.phase).cmp(&(&b.table, &b.phase)));
        self.tablespaces.sort_by(|a, b| a.name.cmp(&b.name));
        self.io.sort_by(|a, b| (&a.backend_type, &a.object, &a.context).cmp(&(&b.backend_type, &b.object, &b.context)));
    }
}

/// One table (materialized views too): size, traffic, maintenance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableStats {
    /// Table.
    pub name: QualifiedName,
    /// `pg_class.reltuples`; -1 when never vacuumed or analyzed.
    pub rows: f64,
    /// `pg_class.relpages`, 8 KiB pages at the last vacuum or analyze.
    pub pages: i64,
    /// `pg_class.relallvisible`.
    pub all_visible_pages: i64,
    /// Main fork plus free space and visibility maps, bytes. None when it could not be measured (locked).
    pub table_bytes: Option<i64>,
    /// Main fork alone, bytes: the size that the planner sees. None as above, and for partitioned tables.
    pub main_bytes: Option<i64>,
    /// TOAST and its index, bytes.
    pub toast_bytes: Option<i64>,
    /// All indexes, bytes.
    pub index_bytes: Option<i64>,
    /// Sequential scans since the reset.
    pub seq_scans: i64,
    /// Rows read by sequential scans.
    pub seq_rows_read: i64,
    /// Index scans.
    pub index_scans: i64,
    /// Rows fetched by index scans.
    pub index_rows_fetched: i64,
    /// Rows inserted.
    pub inserted: i64,
    /// Rows updated.
    pub updated: i64,
    /// Rows deleted.
    pub deleted: i64,
    /// Rows updated without a new index entry.
    pub hot_updated: i64,
    /// Estimated live rows.
    pub live_rows: i64,
    /// Estimated dead rows.
    pub dead_rows: i64,
    /// Rows changed since the last analyze.
    pub modified_since_analyze: i64,
    /// Last manual vacuum.
    pub last_vacuum: Option<f64>,
    /// Last autovacuum.
    pub last_autovacuum: Option<f64>,
    /// Last manual analyze.
    pub last_analyze: Option<f64>,
    /// Last autoanalyze.
    pub last_autoanalyze: Option<f64>,
    /// Heap blocks read from outside shared buffers.
    pub heap_blocks_read: i64,
    /// Heap blocks found in shared buffers.
    pub heap_blocks_hit: i64,
    /// Index blocks read from outside shared buffers.
    pub index_blocks_read: i64,
    /// Index blocks found in shared buffers.
    pub index_blocks_hit: i64,
    /// `age(relfrozenxid)`, transactions; the TOAST table's when that is older. None for partitioned parents.
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    pub multixact_age: Option<i64>,
}

impl TableStats {
    /// Table, TOAST and indexes together, bytes.
    pub fn total_bytes(&self) -> Option<i64> {
        Some(self.table_bytes? + self.toast_bytes.unwrap_or(0) + self.index_bytes.unwrap_or(0))
    }

    /// The best figure for its rows: the planner's, else the live-row counter; none when nothing is known.
    pub fn row_estimate(&self) -> Option<f64> {
        if self.rows >= 0.0 && (self.rows > 0.0 || self.live_rows == 0) {
            Some(self.rows)
        } else {
            (self.live_rows > 0).then_some(self.live_rows as f64)
        }
    }

    /// Rows written (inserted, updated, deleted) since the reset.
    pub fn writes(&self) -> i64 {
        self.inserted + self.updated + self.deleted
    }
}

/// One index: size and use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexStats {
    /// Index.
    pub name: QualifiedName,
    /// Name of its table (same schema).
    pub table: String,
    /// A session is building it at this moment (`pg_stat_progress_create_index`), as far as the role may see that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub building: bool,
    /// Scans since the reset.
    pub scans: i64,
    /// Last scan (16 and later).
    pub last_scan: Option<f64>,
    /// Entries returned.
    pub rows_read: i64,
    /// Table rows fetched by simple index scans.
    pub rows_fetched: i64,
    /// Size of the main fork, bytes. None when it could not be measured (locked).
    pub bytes: Option<i64>,
    /// Levels of a b-tree above its leaves, as its meta page says; superusers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree_level: Option<u32>,
    /// Counters of a GIN index's meta page; superusers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gin: Option<GinCounters>,
    /// `pg_class.relpages`.
    pub pages: i64,
    /// `pg_class.reltuples`.
    pub rows: f64,
    /// Blocks read.
    pub blocks_read: i64,
    /// Blocks hit.
    pub blocks_hit: i64,
}

/// What a GIN index counts in its meta page; vacuum brings all but the pending pages up to date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GinCounters {
    /// Pages of the pending list.
    pub pending_pages: u32,
    /// Rows in it.
    pub pending_rows: i64,
    /// All pages.
    pub total_pages: u32,
    /// Pages of the entry tree.
    pub entry_pages: u32,
    /// Pages of posting trees.
    pub data_pages: u32,
    /// Distinct keys.
    pub entries: i64,
}

/// A row of `pg_stats`. Most-common values and histogram bounds are row values: never printed, dropped by `--mask`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnStats {
    /// Table (or the index, for expression statistics).
    pub table: QualifiedName,
    /// Column.
    pub column: String,
    /// Over the table and its children.
    pub inherited: bool,
    /// Share of NULLs, 0–1.
    pub null_fraction: f64,
    /// Average width, bytes.
    pub average_width: i32,
    /// Distinct values: positive a count, negative a share of the rows.
    pub distinct: f64,
    /// Physical against logical order, -1–1.
    pub correlation: Option<f64>,
    /// Array text of most-common values.
    pub most_common_values: Option<String>,
    /// Their frequencies, 0–1.
    pub most_common_frequencies: Option<Vec<f64>>,
    /// Array text of histogram bounds.
    pub histogram_bounds: Option<String>,
    /// Array text of most-common elements (arrays, tsvector).
    pub most_common_elements: Option<String>,
    /// Their frequencies, then minimum, maximum and (arrays) the share of null elements.
    pub most_common_element_frequencies: Option<Vec<f64>>,
    /// Histogram of distinct element counts.
    pub element_count_histogram: Option<Vec<f64>>,
    /// Array text of range lengths (ranges; 17 and later, or superuser).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_length_histogram: Option<String>,
    /// Share of empty ranges, 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_empty_fraction: Option<f64>,
    /// Array text of ranges whose lower and upper bounds are two histograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_bounds_histogram: Option<String>,
}

/// What `ANALYZE` found for one `CREATE STATISTICS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtendedStats {
    /// The statistics object.
    pub name: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// Over the table and its children.
    pub inherited: bool,
    /// Attribute numbers of its columns there, ascending: the texts below name columns by them.
    pub keys: Vec<i16>,
    /// Distinct combinations, `{"2, 3": 11}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<String>,
    /// Functional dependencies, `{"2 => 3": 0.5}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<String>,
    /// There is a list of most-common combinations.
    pub has_most_common: bool,
    /// As stored; superusers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredExtendedStats>,
    /// Statistics of its expressions; `table` is the object, `column` the number of the expression from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<ColumnStats>,
}

/// Extended statistics as the server stores them, in hexadecimal. The most-common combinations are row values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredExtendedStats {
    /// `pg_ndistinct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<String>,
    /// `pg_dependencies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<String>,
    /// `pg_mcv_list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_common: Option<String>,
    /// Labels of enumerated values, by the object ids that stand for them in the list.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub labels: std::collections::BTreeMap<u32, String>,
}

/// `pg_stat_database` of the current database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseStats {
    /// Size, bytes.
    pub bytes: Option<i64>,
    /// Sessions connected.
    pub backends: i64,
    /// Transactions committed.
    pub commits: i64,
    /// Transactions rolled back.
    pub rollbacks: i64,
    /// Blocks read.
    pub blocks_read: i64,
    /// Blocks hit.
    pub blocks_hit: i64,
    /// Temporary files.
    pub temp_files: i64,
    /// Bytes in them.
    pub temp_bytes: i64,
    /// Deadlocks.
    pub deadlocks: i64,
    /// Queries cancelled by recovery conflicts.
    pub conflicts: i64,
    /// Data page checksum failures.
    pub checksum_failures: Option<i64>,
    /// When the counters were reset; none when never since the cluster was made.
    pub stats_reset: Option<f64>,
    /// Sessions begun (14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<i64>,
    /// Time spent by sessions, milliseconds (14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_ms: Option<f64>,
    /// Sessions whose client went away without a word (14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_abandoned: Option<i64>,
    /// Sessions ended by a fatal error (14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_fatal: Option<i64>,
    /// Sessions ended by an operator (14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_killed: Option<i64>,
}

/// One database of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseFacts {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Encoding.
    pub encoding: String,
    /// LC_COLLATE.
    pub collate: String,
    /// LC_CTYPE.
    pub ctype: String,
    /// `libc`, `icu` or `builtin` (15 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale_provider: Option<String>,
    /// Locale of the ICU or builtin provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Accepts connections.
    pub allows_connections: bool,
    /// Is a template.
    pub is_template: bool,
    /// CONNECTION LIMIT; -1 is none.
    pub connection_limit: i32,
    /// Size, bytes; only for the current database.
    pub bytes: Option<i64>,
    /// `age(datfrozenxid)`, transactions.
    pub xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub multixact_age: i64,
    /// Collation version recorded (15 and later).
    pub collation_version: Option<String>,
    /// Collation version of the operating system now (15 and later).
    pub actual_collation_version: Option<String>,
}

/// Background writer and checkpointer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointerStats {
    /// Checkpoints by timeout.
    pub timed: i64,
    /// Checkpoints asked for (WAL volume, command).
    pub requested: i64,
    /// Milliseconds writing.
    pub write_ms: f64,
    /// Milliseconds in fsync.
    pub sync_ms: f64,
    /// Buffers written by checkpoints.
    pub buffers_written: i64,
    /// Buffers written by the background writer.
    pub buffers_cleaned: i64,
    /// Buffers written by backends (before 17).
    pub buffers_backend: Option<i64>,
    /// Reset.
    pub stats_reset: Option<f64>,
}

/// WAL archiver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchiverStats {
    /// WAL files archived.
    pub archived: i64,
    /// Last success.
    pub last_archived: Option<f64>,
    /// Failures.
    pub failed: i64,
    /// Last failure.
    pub last_failed: Option<f64>,
    /// Reset.
    pub stats_reset: Option<f64>,
}

/// One row of `pg_stat_replication`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplicationStats {
    /// application_name of the receiver.
    pub application_name: String,
    /// `streaming`, `catchup` …
    pub state: String,
    /// `sync`, `async`, `quorum` …
    pub sync_state: String,
    /// Bytes behind.
    pub lag_bytes: Option<i64>,
    /// Seconds behind.
    pub lag_seconds: Option<f64>,
    /// Age of the oldest transaction that the standby's feedback asks to keep rows for, transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmin_age: Option<i64>,
}

/// One replication slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotStats {
    /// Name.
    pub name: String,
    /// `physical` or `logical`.
    pub kind: String,
    /// In use.
    pub active: bool,
    /// WAL held back, bytes.
    pub retained_bytes: Option<i64>,
    /// `reserved`, `extended`, `unreserved`, `lost` (13 and later).
    pub wal_status: Option<String>,
    /// Gone with its session.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
    /// Age of the oldest transaction whose rows it keeps, transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xmin_age: Option<i64>,
    /// The same for rows of the system catalogue (logical slots).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_xmin_age: Option<i64>,
    /// Bytes of WAL that can still be written before the slot is lost (13 and later, with `max_slot_wal_keep_size`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_wal_bytes: Option<i64>,
    /// Seconds that it has not been in use (17 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive_seconds: Option<f64>,
    /// `wal_removed`, `rows_removed`, `wal_level_insufficient`, `idle_timeout` (17 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalidation_reason: Option<String>,
    /// Kept on standbys, too (17 and later, logical slots).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover: Option<bool>,
}

/// Sessions, counted. Query texts are not kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityStats {
    /// Client sessions of the whole cluster, our own left out.
    pub clients: i64,
    /// Running.
    pub active: i64,
    /// Idle.
    pub idle: i64,
    /// Idle in a transaction.
    pub idle_in_transaction: i64,
    /// Waiting for a lock.
    pub waiting_for_lock: i64,
    /// Age of the oldest open transaction, seconds.
    pub oldest_transaction_seconds: Option<f64>,
    /// Age of the oldest session idle in a transaction, seconds.
    pub oldest_idle_in_transaction_seconds: Option<f64>,
    /// Sessions encrypted with TLS.
    pub tls: i64,
    /// Prepared transactions open.
    pub prepared_transactions: i64,
    /// Oldest of them, seconds.
    pub oldest_prepared_seconds: Option<f64>,
    /// Age of the oldest of them, transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_prepared_age: Option<i64>,
    /// Running statement of a client that began the longest ago, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_statement_seconds: Option<f64>,
    /// Longest time that a session now waiting for a lock has been in its statement, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_lock_wait_seconds: Option<f64>,
    /// Age of the oldest snapshot of a client session, transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_snapshot_age: Option<i64>,
    /// Autovacuum workers at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autovacuum_workers: Option<i64>,
    /// Client sessions from other machines: no socket, no loopback address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<i64>,
    /// Those of them without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_plain: Option<i64>,
}

/// Client sessions of one role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleSessions {
    /// Role that logged in.
    pub role: String,
    /// Its sessions.
    pub sessions: i64,
    /// Those from other machines.
    pub remote: i64,
}

/// One table of the system catalogue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SystemTableStats {
    /// Name in `pg_catalog`.
    pub name: String,
    /// `pg_class.relpages`, 8 KiB pages at the last vacuum or analyze.
    pub pages: i64,
    /// `pg_class.reltuples`.
    pub rows: f64,
    /// Average width of a row as `pg_statistic` tells it, bytes; none when it is not readable.
    pub row_width: Option<f64>,
    /// Estimated dead rows.
    pub dead_rows: i64,
}

/// One subscription at work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionStats {
    /// Name.
    pub name: String,
    /// Enabled.
    pub enabled: bool,
    /// Its apply worker is running.
    pub running: bool,
    /// Errors while applying changes since the reset (15 and later).
    pub apply_errors: Option<i64>,
    /// Errors while copying tables since the reset (15 and later).
    pub sync_errors: Option<i64>,
    /// Tables that are not in step yet.
    pub tables_behind: i64,
}

/// A standby's recovery.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StandbyStats {
    /// Replay was paused by hand.
    pub replay_paused: bool,
    /// Seconds since the newest transaction that was replayed; grows on an idle primary, too.
    pub replayed_seconds_ago: Option<f64>,
    /// WAL received and not replayed yet, bytes.
    pub unreplayed_bytes: Option<i64>,
    /// A WAL receiver is at work.
    pub receiving: Option<bool>,
}

/// `pg_stat_wal`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WalStats {
    /// Records.
    pub records: i64,
    /// Full-page images.
    pub full_page_images: i64,
    /// Bytes.
    pub bytes: f64,
    /// Times that the buffers were full.
    pub buffers_full: i64,
    /// Reset.
    pub stats_reset: Option<f64>,
}

/// A vacuum that is running.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VacuumProgress {
    /// Table.
    pub table: QualifiedName,
    /// `scanning heap`, `vacuuming indexes` …
    pub phase: String,
    /// Passes over the indexes that are done.
    pub index_passes: i64,
}

/// `pg_stat_statements_info`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementsThrownOut {
    /// Times that the least used ones were thrown out.
    pub times: i64,
    /// Reset.
    pub stats_reset: Option<f64>,
}

/// A tablespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TablespaceFacts {
    /// Name.
    pub name: String,
    /// It lies inside of the data directory.
    pub inside_data_directory: bool,
}

/// One statement of `pg_stat_statements`; the text is the normalised one, without constants.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementStats {
    /// `queryid`.
    pub query_id: i64,
    /// Normalised text.
    pub query: String,
    /// Role that ran it.
    pub role: String,
    /// Calls.
    pub calls: i64,
    /// Execution time in all, milliseconds.
    pub total_ms: f64,
    /// Mean, milliseconds.
    pub mean_ms: f64,
    /// Maximum, milliseconds.
    pub max_ms: f64,
    /// Standard deviation, milliseconds.
    pub stddev_ms: f64,
    /// Planning time in all, milliseconds (when tracked).
    pub plan_ms: Option<f64>,
    /// Rows.
    pub rows: i64,
    /// Shared blocks hit.
    pub blocks_hit: i64,
    /// Shared blocks read.
    pub blocks_read: i64,
    /// Shared blocks dirtied.
    pub blocks_dirtied: i64,
    /// Temporary blocks written.
    pub temp_blocks_written: i64,
    /// WAL bytes (13 and later).
    pub wal_bytes: Option<f64>,
    /// Sent by a client, not run inside a function (14 and later).
    pub top_level: Option<bool>,
    /// Parallel workers planned for in all (18 and later).
    pub workers_planned: Option<i64>,
    /// Parallel workers that started (18 and later).
    pub workers_launched: Option<i64>,
}

/// One row of `pg_stat_io`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IoStats {
    /// Backend type.
    pub backend_type: String,
    /// Object.
    pub object: String,
    /// Context.
    pub context: String,
    /// Reads.
    pub reads: i64,
    /// Writes.
    pub writes: i64,
    /// Extends.
    pub extends: i64,
    /// Hits.
    pub hits: i64,
    /// Evictions.
    pub evictions: i64,
    /// Fsyncs.
    pub fsyncs: i64,
}
