//! How fast this private server reads, rewrites and builds, and what that means for the real tables.

use super::{TraceError, outside};
use architrave_model::QualifiedName;
use architrave_model::migration::{Estimate, Migrations, SizeSource, Step, TableSize};
use architrave_postgres::Client;
use architrave_postgres::replay::Confined;
use std::collections::BTreeSet;
use std::time::Instant;

/// Rows of the table that is measured: about 12 MB, some tenths of a second.
const ROWS: u32 = 80_000;
/// Keys of an index on a real table, bytes each, where nothing tells.
const BYTES_PER_KEY: f64 = 24.0;
/// Bytes of a row where nothing tells.
const BYTES_PER_ROW: f64 = 120.0;
/// The real server reads from disk, is busy, has other hardware: from half of what was measured here to three times as long.
const BEST: f64 = 0.5;
const WORST: f64 = 3.0;
/// A build that does not fit into `maintenance_work_mem` sorts in several passes: measured at 1.6 times the proportional time.
const SORT: f64 = 1.6;

/// Bytes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Reading a table from end to end.
    pub scan: f64,
    /// Writing it anew, without indexes.
    pub rewrite: f64,
    /// Rows per second while a B-tree is built.
    pub index_rows: f64,
}

/// How often everything is measured: what else the machine does makes each time longer, never shorter, so the best one counts.
const ROUNDS: usize = 3;

/// Measures with a table of its own, some tenths of a second each time.
pub async fn calibrate(server: &Confined<'_>) -> Result<Throughput, TraceError> {
    let database = server.create_database("calibrate").await?;
    let client = server.admin(&database).await?;
    let make = format!(
        "create table public.measured as select g as a, g % 1000 as b, repeat('x', 100) as c from generate_series(1, {ROWS}) g;
         set max_parallel_workers_per_gather = 0; set max_parallel_maintenance_workers = 0; set synchronous_commit = off"
    );
    client.batch_execute(&make).await.map_err(TraceError::own("measure its speed"))?;
    let size = "select pg_catalog.pg_table_size('public.measured')";
    let bytes: f64 = outside::texts(&client, size, "measure its speed").await?.pop().and_then(|t| t.parse().ok()).unwrap_or(1.0);
    let scan = "select count(*) from public.measured where c is null";
    // The first one sets hint bits.
    timed(&client, scan).await?;
    let mut best = Throughput { scan: 0.0, rewrite: 0.0, index_rows: 0.0 };
    for round in 0..ROUNDS {
        best.scan = best.scan.max(bytes / timed(&client, scan).await?);
        best.index_rows = best.index_rows.max(f64::from(ROWS) / timed(&client, "create index on public.measured (a)").await?);
        client.batch_execute("drop index public.measured_a_idx").await.map_err(TraceError::own("measure its speed"))?;
        let other = if round % 2 == 0 { "bigint" } else { "integer" };
        let rewrite = format!("alter table public.measured alter column b type {other}");
        best.rewrite = best.rewrite.max(bytes / timed(&client, &rewrite).await?);
    }
    Ok(best)
}

async fn timed(client: &Client, sql: &str) -> Result<f64, TraceError> {
    let started = Instant::now();
    client.batch_execute(sql).await.map_err(TraceError::own("measure its speed"))?;
    Ok(started.elapsed().as_secs_f64().max(0.000_1))
}

/// What each step will take on tables of the known sizes; steps without work that grows with the data, or on tables of unknown size, have none.
pub fn estimate(migrations: &Migrations, throughput: &Throughput) -> Vec<Estimate> {
    migrations.steps.iter().enumerate().filter_map(|(at, step)| of_step(migrations, at, step, throughput)).collect()
}

/// Less is nothing.
const LEAST: f64 = 0.001;

/// The next of 1, 2, 5, 10, 20, 50 … below: more figures than that would say more than is known.
fn step_below(seconds: f64) -> f64 {
    let unit = unit(seconds);
    [5.0, 2.0, 1.0].into_iter().map(|step| step * unit).find(|step| *step <= seconds * (1.0 + 1e-9)).unwrap_or(0.0)
}

/// The next of them above.
fn step_above(seconds: f64) -> f64 {
    let unit = unit(seconds);
    [1.0, 2.0, 5.0].into_iter().map(|step| step * unit).find(|step| *step >= seconds * (1.0 - 1e-9)).unwrap_or(10.0 * unit)
}

fn unit(seconds: f64) -> f64 {
    10_f64.powi(seconds.max(LEAST).log10().floor() as i32)
}

/// Work in proportion to the data.
#[derive(Default)]
struct Work {
    seconds: f64,
    disk: f64,
    wal: f64,
    source: Option<SizeSource>,
}

fn of_step(migrations: &Migrations, at: usize, step: &Step, throughput: &Throughput) -> Option<Estimate> {
    let mut work = Work::default();
    let effect = &step.effect;
    let heaps: BTreeSet<&QualifiedName> =
        effect.rewrites.iter().filter(|r| r.existed && r.index_of.is_none()).map(|r| &r.relation).collect();
    let emptied = |name: &QualifiedName| !effect.scans.iter().any(|s| s.relation == *name);
    for heap in heaps.iter().filter(|h| !emptied(h)) {
        let Some(size) = migrations.size(heap) else { continue };
        let bytes = heap_bytes(size);
        work.add(size, bytes / throughput.rewrite, bytes, bytes);
    }
    let rebuilt = effect.rewrites.iter().filter(|r| r.existed).filter_map(|r| Some((&r.relation, r.index_of.as_ref()?)));
    for (_, table) in rebuilt.chain(effect.built.iter().map(|(index, table)| (index, table))) {
        let emptied = heaps.contains(table) && emptied(table);
        let Some(size) = migrations.size(table).filter(|_| !emptied) else { continue };
        let bytes = index_bytes(step, table, size);
        work.add(size, size.rows / throughput.index_rows, bytes, bytes);
    }
    for scan in effect.scans.iter().filter(|s| s.existed && !heaps.contains(&s.relation)) {
        let Some(size) = migrations.size(&scan.relation) else { continue };
        work.add(size, heap_bytes(size) / throughput.scan, 0.0, 0.0);
    }
    let sizes = work.source?;
    let sorts = !effect.built.is_empty() || effect.rewrites.iter().any(|r| r.index_of.is_some());
    Some(Estimate {
        step: at,
        seconds_low: step_below(work.seconds * BEST),
        seconds_high: step_above(work.seconds * WORST * if sorts { SORT } else { 1.0 }),
        disk_bytes: work.disk as i64,
        wal_bytes: work.wal as i64,
        sizes,
        throughput: SizeSource::Measured,
    })
}

impl Work {
    fn add(&mut self, size: &TableSize, seconds: f64, disk: f64, wal: f64) {
        self.seconds += seconds;
        self.disk += disk;
        self.wal += wal;
        // The weakest source speaks for the sum.
        self.source = self.source.max(Some(size.source));
    }
}

fn heap_bytes(size: &TableSize) -> f64 {
    size.heap_bytes.map_or(size.rows * BYTES_PER_ROW, |bytes| bytes as f64)
}

/// One index: its share of all where their size is known, else by the rows.
fn index_bytes(step: &Step, table: &QualifiedName, size: &TableSize) -> f64 {
    let by_rows = size.rows * BYTES_PER_KEY;
    let indexes = step.table(table).map_or(0, |t| t.indexes.len());
    match size.index_bytes {
        Some(bytes) if indexes > 0 => bytes as f64 / indexes as f64,
        _ => by_rows,
    }
}

#[cfg(test)]
mod tests {
    use super::{step_above, step_below};

    #[test]
    fn seconds_come_in_steps() {
        let steps = |seconds: f64| (step_below(seconds), step_above(seconds));
        assert_eq!(steps(0.0), (0.0, 0.001));
        assert_eq!(steps(0.000_4), (0.0, 0.001));
        assert_eq!(steps(0.03), (0.02, 0.05));
        assert_eq!(steps(1.0), (1.0, 1.0));
        assert_eq!(steps(7.3), (5.0, 10.0));
        assert_eq!(steps(1000.0), (1000.0, 1000.0));
        assert_eq!(steps(14.4), (10.0, 20.0));
    }
}
