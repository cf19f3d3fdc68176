//! Back-fills: one DO block that fills a table in batches along its key, with COMMIT between them, slowed down by what would suffer.
//!
//! Where it is stands in a small table of its own, written in the transaction of each batch: an interrupted back-fill goes on where it
//! stopped, two that run at once take turns, and one that has ended does nothing. The last key is looked up once, at the start: rows that
//! come later must be right from the beginning, by a default or a trigger.

use super::{Ground, names};
use architrave_model::catalog::{Column, Table};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::{QualifiedName, catalog::ConstraintKind};

/// What a back-fill does.
#[derive(Debug, Clone)]
pub struct Backfill<'a> {
    /// The table.
    pub table: &'a Table,
    /// What the table is called in `set` and `only`: `t`, its own name, the alias of an UPDATE.
    pub alias: String,
    /// What stands behind SET: `a = lower(b), c = 1`.
    pub set: String,
    /// Which rows need it; none for all.
    pub only: Option<String>,
    /// The table that keeps the place; [`place_of`] gives a free name.
    pub place: QualifiedName,
    /// Limits.
    pub limits: Limits,
}

/// When a back-fill pauses, and how much it does at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one batch.
    pub batch_rows: u32,
    /// It pauses while a standby is further behind than this, in bytes.
    pub lag_bytes: u64,
    /// The same in seconds.
    pub lag_seconds: u32,
    /// It pauses while a transaction of the database is older than this, in seconds: dead rows could not be cleaned away.
    pub transaction_seconds: u32,
    /// It stops (and can be started again) after a pause of this length, in seconds.
    pub patience_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_rows: 5_000, lag_bytes: 64 << 20, lag_seconds: 10, transaction_seconds: 600, patience_seconds: 3_600 }
    }
}

/// A free name for the table that keeps the place of a back-fill of these columns.
pub fn place_of(ground: &Ground<'_>, table: &QualifiedName, what: &str) -> QualifiedName {
    QualifiedName::new(&table.schema, names::own(ground, table, what, "backfill"))
}

/// The columns to walk along: the primary key, else a unique index over columns that are not null. None when there is neither.
pub fn key_of(table: &Table) -> Option<Vec<&Column>> {
    let columns = |names: &[String]| names.iter().map(|name| table.column(name)).collect::<Option<Vec<_>>>();
    if let Some(key) = table.constraints.iter().find(|c| c.kind == ConstraintKind::PrimaryKey) {
        return columns(&key.columns);
    }
    let ascending = |i: &&architrave_model::catalog::Index| i.keys.iter().all(|k| !k.descending);
    let unique = table.indexes.iter().filter(|i| i.unique && i.immediate && i.is_complete() && i.method == "btree").filter(ascending);
    unique
        .filter_map(|i| i.keys.iter().map(|k| k.column.clone()).collect::<Option<Vec<_>>>())
        .filter_map(|names| columns(&names))
        .find(|columns| !columns.is_empty() && columns.iter().all(|c| c.not_null))
}

/// A list of the key's columns, each with a prefix and the number or name behind it.
struct Key<'a> {
    columns: Vec<&'a Column>,
    /// The table's alias with a dot.
    table: String,
}

impl Key<'_> {
    fn numbered(&self, prefix: &str) -> String {
        (1..=self.columns.len()).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(", ")
    }

    fn named(&self) -> String {
        self.columns.iter().map(|c| format!("{}{}", self.table, quote_ident(&c.name))).collect::<Vec<_>>().join(", ")
    }

    /// The key in its order backwards.
    fn backwards(&self) -> String {
        self.columns.iter().map(|c| format!("{}{} desc", self.table, quote_ident(&c.name))).collect::<Vec<_>>().join(", ")
    }

    /// Definitions with the types of the key.
    fn typed(&self, prefix: &str, end: &str, collate: bool) -> String {
        let each = self.columns.iter().zip(1..).map(|(c, n)| {
            let collation = c.collation.as_ref().filter(|_| collate).map_or_else(String::new, |c| format!(" collate {}", collation_sql(c)));
            format!("  {prefix}{n} {}{collation}{end}\n", c.data_type)
        });
        each.collect()
    }

    fn compare(&self, operator: &str, variable: &str) -> String {
        if self.columns.len() == 1 {
            return format!("{} {operator} {}", self.named(), self.numbered(variable));
        }
        format!("({}) {operator} ({})", self.named(), self.numbered(variable))
    }
}

/// `schema.name` of a collation, quoted.
pub(super) fn collation_sql(collation: &str) -> String {
    collation.split('.').map(|part| quote_ident(part.trim_matches('"'))).collect::<Vec<_>>().join(".")
}

impl Backfill<'_> {
    /// The DO block, to be run outside of a transaction and alone in its message; none for a table without a key to walk along.
    pub fn statement(&self) -> Option<String> {
        let key = Key { columns: key_of(self.table)?, table: format!("{}.", quote_ident(&self.alias)) };
        let body = format!("{}begin\n{}{}end\n", self.declarations(&key), self.start(&key), self.batches(&key));
        let tag = (0..100).map(|n| if n == 0 { "$backfill$".to_owned() } else { format!("$backfill{n}$") }).find(|t| !body.contains(t))?;
        Some(format!("do {tag}\n#variable_conflict use_column\n<<backfill>>\n{body}{tag}"))
    }

    /// Takes the table with the place away; for the next file.
    pub fn clean_up(&self) -> String {
        format!("drop table if exists {}", self.place.sql())
    }

    fn declarations(&self, key: &Key<'_>) -> String {
        let limits = self.limits;
        format!(
            "declare
  batch_rows constant bigint := {};
  lag_bytes constant numeric := {};
  lag_time constant interval := '{} s';
  transaction_age constant interval := '{} s';
  patience constant interval := '{} s';
  is_done boolean;
  is_found boolean;
  changed bigint;
  total bigint;
  failures integer := 0;
  obstacle text;
  paused_at timestamptz;
{}{}{}",
            limits.batch_rows,
            limits.lag_bytes,
            limits.lag_seconds,
            limits.transaction_seconds,
            limits.patience_seconds,
            key.typed("at_", ";", false),
            key.typed("upto_", ";", false),
            key.typed("next_", ";", false),
        )
    }

    /// The place: made and set once, whatever happened before.
    fn start(&self, key: &Key<'_>) -> String {
        let (place, table, alias) = (self.place.sql(), self.table.name.sql(), quote_ident(&self.alias));
        format!(
            "  create table if not exists {place} (
  one boolean primary key default true check (one),
  done boolean not null default false,
  rows_changed bigint not null default 0,
{}  {});
  if not exists (select from {place}) then
    insert into {place} ({}) select {} from {table} {alias} order by {} limit 1 on conflict do nothing;
    insert into {place} (done) values (true) on conflict do nothing;
  end if;
  commit;
",
            key.typed("at_", ",", true),
            key.typed("upto_", ",", true).trim().trim_end_matches(','),
            key.numbered("upto_"),
            key.named(),
            key.backwards(),
        )
    }

    /// The last key of the next batch, into `next_…`.
    fn next(&self, key: &Key<'_>, after: &str) -> String {
        format!(
            "select {numbered} into {into} from (select {named} from {table} {alias} where {after}{upto} order by {named} limit backfill.batch_rows) k({numbered}) order by {back} limit 1",
            numbered = key.numbered("k_"),
            into = key.numbered("backfill.next_"),
            named = key.named(),
            table = self.table.name.sql(),
            alias = quote_ident(&self.alias),
            upto = key.compare("<=", "backfill.upto_"),
            back = (1..=key.columns.len()).map(|n| format!("k_{n} desc")).collect::<Vec<_>>().join(", "),
        )
    }

    /// The change of one batch, up to `next_…`.
    fn update(&self, key: &Key<'_>, after: &str) -> String {
        let only = self.only.as_ref().map_or_else(String::new, |only| format!(" and ({only})"));
        let (table, alias) = (self.table.name.sql(), quote_ident(&self.alias));
        format!("update {table} {alias} set {} where {after}{}{only}", self.set, key.compare("<=", "backfill.next_"))
    }

    fn batches(&self, key: &Key<'_>) -> String {
        let (place, title) = (self.place.sql(), quote_literal(&self.table.name.to_string()));
        let after = format!("{} and ", key.compare(">", "backfill.at_"));
        format!(
            "  loop
    begin
      set local lock_timeout = '2s';
      set local plan_cache_mode = force_custom_plan;
      select p.done, p.rows_changed, {read} into is_done, total, {into} from {place} p for update;
      is_done := coalesce(is_done, true);
      changed := 0;
      if not is_done and at_1 is null then
        {next_first};
        is_found := found;
        {update_first};
        get diagnostics changed = row_count;
      elsif not is_done then
        {next_more};
        is_found := found;
        {update_more};
        get diagnostics changed = row_count;
      end if;
      if not is_done then
        is_done := not is_found;
        total := total + changed;
        update {place} p set done = is_done, rows_changed = total where not is_found;
        update {place} p set rows_changed = total, {advance} where is_found;
      end if;
      failures := 0;
    exception when lock_not_available or deadlock_detected or serialization_failure then
      failures := failures + 1;
      if failures >= 100 then
        raise;
      end if;
      is_done := false;
      changed := -1;
    end;
    commit;
    exit when is_done;
    if changed < 0 then
      raise notice 'back-fill of %: rows are locked, trying again', {title};
    else
      raise notice 'back-fill of %: % rows changed so far, up to %', {title}, total, {position};
    end if;
{pause}  end loop;
  raise notice 'back-fill of %: done, % rows changed', {title}, total;
",
            read = format_args!("{}, {}", key.numbered("p.at_"), key.numbered("p.upto_")),
            into = format_args!("{}, {}", key.numbered("at_"), key.numbered("upto_")),
            next_first = self.next(key, ""),
            next_more = self.next(key, &after),
            update_first = self.update(key, ""),
            update_more = self.update(key, &after),
            advance = (1..=key.columns.len()).map(|n| format!("at_{n} = next_{n}")).collect::<Vec<_>>().join(", "),
            position = if key.columns.len() == 1 { "next_1".to_owned() } else { format!("({})", key.numbered("next_")) },
            pause = pause(&title),
        )
    }
}

/// Waits, in short transactions, while a standby lags or an old transaction is open.
fn pause(title: &str) -> String {
    format!(
        "    paused_at := null;
    loop
      select case
        when changed < 0 and paused_at is null then 'rows that others have locked'
        when exists (select from pg_catalog.pg_stat_replication r
            where pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn) > lag_bytes or r.replay_lag > lag_time)
          then 'a standby that lags behind'
        when exists (select from pg_catalog.pg_stat_activity a
            where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
            and a.backend_type = 'client backend' and a.xact_start < pg_catalog.clock_timestamp() - transaction_age)
          then 'an old transaction'
        end into obstacle;
      commit;
      exit when obstacle is null;
      if paused_at is null then
        paused_at := pg_catalog.clock_timestamp();
        raise notice 'back-fill of %: waiting for %', {title}, obstacle;
      elsif pg_catalog.clock_timestamp() - paused_at > patience then
        raise exception 'back-fill of % stopped: it waited too long for %', {title}, obstacle
          using hint = 'Nothing is lost: run it again, and it goes on where it stopped.';
      end if;
      perform pg_catalog.pg_sleep(0.5);
      commit;
    end loop;
"
    )
}
