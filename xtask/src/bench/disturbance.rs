//! What a review does to the server it reads: throughput of others meanwhile, write-ahead log, counters of writes.

use super::cases::{database, start};
use super::program::Program;
use super::{RUNS, Row, median, schema, times};
use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;

/// Length of one measurement of throughput, seconds.
const LENGTH: &str = "6";
/// Tables beside those of `pgbench`.
const TABLES: u32 = 300;
/// The share of the throughput that noise may take.
const NOISE: f64 = 0.05;
/// What the server has written since it started: its place in the write-ahead log, and rows.
const WRITTEN: &str = "select pg_current_wal_insert_lsn()::text, \
     (select sum(tup_inserted + tup_updated + tup_deleted)::text from pg_stat_database), \
     (select sum(n_tup_ins + n_tup_upd + n_tup_del)::text from pg_stat_all_tables)";

/// An idle server's position in the write-ahead log and its counters of writes, before and after reviews.
pub(super) fn wal(program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let server = start(runtime)?;
    let database = database(runtime, &server, &schema::statements(TABLES))?;
    let target = database.connection_string();
    let written = || {
        runtime.block_on(async {
            let client = database.connect().await?;
            let row = client.query_one(WRITTEN, &[]).await.context("the server's counters")?;
            let text = |at: usize| row.get::<_, Option<String>>(at).unwrap_or_default();
            anyhow::Ok(format!("{} {} {}", text(0), text(1), text(2)))
        })
    };
    // The first connection of all settles what any connection settles once.
    written()?;
    let before = written()?;
    for _ in 0..RUNS {
        program.review_once(&[&target], &["--prove", "none"])?;
    }
    let after = written()?;
    let measured = if before == after { format!("unmoved ({before})") } else { format!("{before} → {after}") };
    let what = format!("WAL position, rows written, after {RUNS} reviews of {TABLES} tables");
    Ok(vec![Row::new(what, measured).bar("unmoved", before == after)])
}

/// Throughput of `pgbench` while reviews run one after the other, against quiet and against `pg_dump -s` in the same place.
pub(super) fn pgbench(program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let server = start(runtime)?;
    let bin = server.bin_dir();
    if !bin.join("pgbench").exists() {
        return Ok(vec![Row::new("throughput of pgbench during reviews", "no pgbench here")]);
    }
    let database = database(runtime, &server, &schema::statements(TABLES))?;
    let target = database.connection_string();
    run(Command::new(bin.join("pgbench")).args(["--initialize", "--quiet", "--scale", "10", &target]))?;
    let dump = || run(Command::new(bin.join("pg_dump")).args(["--schema-only", "--dbname", &target]));
    let review = || program.review_once(&[&target], &["--prove", "none"]).map(drop);
    let mut figures = Vec::new();
    for rate in [None, Some("400")] {
        let (mut quiet, mut reviewed, mut dumped) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            quiet.push(throughput(bin, &target, rate, None)?);
            reviewed.push(throughput(bin, &target, rate, Some(&review))?);
            dumped.push(throughput(bin, &target, rate, Some(&dump))?);
        }
        let of = |all: &[f64]| median(all).unwrap_or_default();
        figures.push((of(&quiet), of(&reviewed), of(&dumped)));
    }
    let [(quiet, reviewed, dumped), (quiet_paced, reviewed_paced, dumped_paced)] = figures[..] else { return Ok(Vec::new()) };
    let paced = Row::new("transactions per second at a pace of 400", format!("{reviewed_paced:.0}, quiet {quiet_paced:.0}"))
        .ratio(format!("{} quiet; pg_dump -s {}", times(reviewed_paced, quiet_paced), times(dumped_paced, quiet_paced)))
        .bar(format!("≥ {:.2}× quiet", 1.0 - NOISE), reviewed_paced >= quiet_paced * (1.0 - NOISE));
    let flat_out = Row::new("the same flat out, sharing this machine's cores", format!("{reviewed:.0}, quiet {quiet:.0}")).ratio(format!(
        "{} quiet; pg_dump -s {}",
        times(reviewed, quiet),
        times(dumped, quiet)
    ));
    Ok(vec![paced, flat_out])
}

/// Transactions per second of `pgbench`, with something else running over and over meanwhile.
fn throughput(bin: &Path, target: &str, rate: Option<&str>, meanwhile: Option<&dyn Fn() -> anyhow::Result<()>>) -> anyhow::Result<f64> {
    let mut command = Command::new(bin.join("pgbench"));
    command.args(["--no-vacuum", "--client", "2", "--jobs", "1", "--time", LENGTH]);
    if let Some(rate) = rate {
        command.args(["--rate", rate]);
    }
    command.arg(target);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot run pgbench")?;
    let ended = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(child, &ended));
        if let Some(meanwhile) = meanwhile {
            while !ended.load(Ordering::Relaxed) {
                meanwhile()?;
            }
        }
        waiting.join().map_err(|_| anyhow::anyhow!("waiting for pgbench panicked"))?
    })?;
    let line = output.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench gave no tps")?;
    line.split_whitespace().next().unwrap_or_default().parse().context("pgbench's tps")
}

fn wait(child: Child, ended: &AtomicBool) -> anyhow::Result<String> {
    let output = child.wait_with_output();
    ended.store(true, Ordering::Relaxed);
    let output = output?;
    ensure!(output.status.success(), "pgbench ended with {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(())
}
