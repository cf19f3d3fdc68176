//! The cases: what is generated, what is run, which bar it has to hold.

use super::program::{Measured, Program, peer};
use super::{RUNS, Row, disturbance, median, project, schema, seconds, times};
use anyhow::Context as _;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, installations};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A case.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) run: fn(&Program, &Runtime) -> anyhow::Result<Vec<Row>>,
}

/// All cases, quick ones first.
pub(super) static ALL: &[Case] = &[
    Case { name: "server", run: private_server },
    Case { name: "prisma", run: prisma },
    Case { name: "thousand", run: thousand_tables },
    Case { name: "wal", run: disturbance::wal },
    Case { name: "pgbench", run: disturbance::pgbench },
    Case { name: "ten-thousand", run: ten_thousand_tables },
];

/// Bytes.
const MEGABYTE: u64 = 1_000_000;

/// A server of an installation with client programs, where there is one: the peers come from there.
pub(super) fn start(runtime: &Runtime) -> anyhow::Result<PrivateServer> {
    let mut options = ServerOptions::from_env();
    if let Some(found) = installations(&options).into_iter().find(|found| found.program("pg_dump").exists()) {
        options.bin_dirs.insert(0, found.bin_dir);
    }
    Ok(runtime.block_on(PrivateServer::start(&options, &NoProgress))?)
}

/// A database after these statements, one after the other.
pub(super) fn database(runtime: &Runtime, server: &PrivateServer, statements: &[String]) -> anyhow::Result<Database> {
    runtime.block_on(async {
        let database = server.create_database("bench").await?;
        let client = database.connect().await?;
        for sql in statements {
            client.batch_execute(sql).await.with_context(|| sql.chars().take(80).collect::<String>())?;
        }
        Ok(database)
    })
}

/// The private server itself: from nothing running to the first answer, and a clone of a project's database.
fn private_server(_program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    // The first start makes the template.
    drop(start(runtime)?);
    let mut starts = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        let server = start(runtime)?;
        runtime.block_on(async {
            let client = server.connect("postgres").await?;
            client.simple_query("select 1").await.context("select 1")
        })?;
        starts.push(started.elapsed());
    }
    let server = start(runtime)?;
    let base = database(runtime, &server, &project::scripts(160))?;
    let mut clones = Vec::new();
    // The first clone writes the template's pages out.
    for run in 0..=RUNS {
        let started = Instant::now();
        let clone = runtime.block_on(server.clone_database(base.name()))?;
        if run > 0 {
            clones.push(started.elapsed());
        }
        drop(clone);
    }
    let version = format!("PostgreSQL {}", server.major());
    Ok(vec![
        Row::at_most(format!("warm start to first answer, {version}"), median(&starts).unwrap_or_default(), Duration::from_millis(600)),
        Row::at_most("clone of a database with 50 tables", median(&clones).unwrap_or_default(), Duration::from_millis(150)),
    ])
}

/// A project with 160 migrations: replayed, read, checked, proved, reported.
fn prisma(program: &Program, _runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    project::write(folder.path(), 160)?;
    let target = folder.path().to_string_lossy();
    let measured = program.review(&[&target], &[])?;
    let reading = program.review(&[&target], &["--prove", "none"])?;
    Ok(vec![
        Row::at_most(format!("160 migrations, {} findings", measured.findings()), measured.time, Duration::from_secs(10)),
        Row::new("its steps", measured.steps()),
        Row::new("the same without trying fixes", seconds(reading.time)),
        memory(&measured),
    ])
}

fn thousand_tables(program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let server = start(runtime)?;
    let database = database(runtime, &server, &schema::statements(1_000))?;
    live(program, &server, &database, "1,000 tables, 4,000 indexes live", Duration::from_secs(2), None)
}

fn ten_thousand_tables(program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let server = start(runtime)?;
    let database = database(runtime, &server, &schema::statements(10_000))?;
    live(program, &server, &database, "10,000 tables, 40,000 indexes live", Duration::from_secs(10), Some((600 * MEGABYTE, 25)))
}

/// A review of a live database, beside `pg_dump --schema-only` of the same.
fn live(
    program: &Program,
    server: &PrivateServer,
    database: &Database,
    what: &str,
    bar: Duration,
    limits: Option<(u64, u64)>,
) -> anyhow::Result<Vec<Row>> {
    let target = database.connection_string();
    let measured = program.review(&[&target], &[])?;
    let reading = program.review(&[&target], &["--prove", "none"])?;
    let mut pg_dump = Command::new(server.bin_dir().join("pg_dump"));
    let dumped = peer(pg_dump.args(["--schema-only", "--dbname", &target]))?;
    let against_dump =
        |time: Duration| dumped.map(|peer| format!("{} pg_dump -s ({})", times(time.as_secs_f64(), peer.as_secs_f64()), seconds(peer)));
    let mut rows = vec![
        Row::at_most(format!("{what}, {} findings", measured.findings()), measured.time, bar)
            .ratio(against_dump(measured.time).unwrap_or_default()),
        Row::new("its steps", measured.steps()),
        Row::new("the same without trying fixes", seconds(reading.time)).ratio(against_dump(reading.time).unwrap_or_default()),
    ];
    let trips = measured.round_trips();
    let (mut memory, mut round_trips) = (memory(&measured), Row::new("round trips", trips.to_string()));
    if let Some((most_bytes, most_trips)) = limits {
        memory = memory.bar(format!("≤ {} MB", most_bytes / MEGABYTE), measured.peak_memory <= most_bytes);
        round_trips = round_trips.bar(format!("≤ {most_trips}"), trips <= most_trips);
    }
    rows.extend([memory, round_trips]);
    if let Some(file) = &program.peer_sql {
        // Splinter asks what these may do, and stops where they are missing. What is run as a peer is run several times.
        let made = "do $$ begin create role anon; create role authenticated; exception when duplicate_object then null; end $$";
        let mut roles = Command::new(server.bin_dir().join("psql"));
        peer(roles.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &target, "-c", made]))?;
        let mut psql = Command::new(server.bin_dir().join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &target, "-o", "/dev/null", "-f"]).arg(file);
        if let Some(taken) = peer(&mut psql)? {
            let ratio = times(reading.time.as_secs_f64(), taken.as_secs_f64());
            rows.push(
                Row::new(format!("the queries of {} on the same server", file.display()), seconds(taken))
                    .ratio(format!("reading and checking {ratio}")),
            );
        }
    }
    Ok(rows)
}

fn memory(measured: &Measured) -> Row {
    Row::new("peak memory of the process", format!("{} MB", measured.peak_memory / MEGABYTE))
}
