//! `cargo xtask bench twin`: plans of source and twin side by side, and what the twin costs to make.

use super::options::Options;
use super::plans::{Plan, difference, plan_all};
use super::program::Program;
use super::tpc::{Keys, Query, Source, Suite, source_options};
use super::{Row, median, print, seconds};
use crate::say;
use anyhow::{Context as _, bail, ensure};
use architrave_postgres::Client;
use architrave_postgres::connect::{Connection, Environment, Limits, connect, parse};
use architrave_postgres::server::{NoProgress, PrivateServer};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The cases, in this order.
const CASES: [&str; 3] = ["tpch", "tpcds", "thousand"];

/// Runs the wanted cases; status 1 when a bar is missed.
pub(super) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let options = Options::parse(arguments, &CASES)?;
    let program = Program::named(options.program.as_deref(), root)?;
    let runtime = Runtime::new()?;
    let empty = empty_cluster(&runtime)?;
    let mut missed = print::head();
    for (case, suite) in [("tpch", Suite::H), ("tpcds", Suite::Ds)] {
        if options.wants(case) {
            missed += print::rows(case, fidelity(&program, &runtime, suite, &options, empty)?);
        }
    }
    if options.wants("thousand") {
        missed += print::rows("thousand", thousand(&program, &runtime, empty)?);
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

/// A twin kept up by the program under measurement.
struct Twin {
    process: Child,
    connection: Connection,
    /// From the start of the program to the connection string.
    built: Duration,
}

impl Twin {
    fn start(program: &Program, runtime: &Runtime, target: &str) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut command = program.command();
        command.args(["twin", "--quiet", target]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn()?;
        let lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let mut address = None;
        for line in lines {
            let line = line?;
            if let Some(found) = connection_string(&line) {
                address = Some((found.to_owned(), started.elapsed()));
                break;
            }
        }
        let Some((address, built)) = address else {
            bail!("architrave twin ended with {} and no connection string", process.wait()?);
        };
        let environment = Environment::from_process();
        let connection = runtime.block_on(async { connect(&parse(&address, &environment)?, &Limits::default()).await })?;
        Ok(Self { process, connection, built })
    }

    fn data_directory(&self, runtime: &Runtime) -> anyhow::Result<PathBuf> {
        let row = runtime.block_on(self.connection.client.query_one("show data_directory", &[]))?;
        Ok(PathBuf::from(row.get::<_, String>(0)))
    }

    /// Asks the program to end as Ctrl-C does, and waits for it.
    fn end(mut self, runtime: &Runtime) -> anyhow::Result<()> {
        runtime.block_on(self.connection.close());
        let process = self.process.id().to_string();
        std::process::Command::new("kill").args(["-INT", &process]).status().context("kill")?;
        self.process.wait()?;
        Ok(())
    }
}

/// The connection string in a line of output.
fn connection_string(line: &str) -> Option<&str> {
    let start = ["postgres://", "postgresql://", "host="].iter().filter_map(|mark| line.find(mark)).min()?;
    let text = line[start..].trim();
    Some(if text.starts_with("host=") { text } else { text.split_whitespace().next()? })
}

/// Both roles against the same source.
fn fidelity(program: &Program, runtime: &Runtime, suite: Suite, options: &Options, empty: u64) -> anyhow::Result<Vec<Row>> {
    let queries = suite.queries(options.tpcds_queries.as_deref())?;
    let source = suite.open(runtime, options.scale, Keys::Usual, options.major)?;
    let planned = runtime.block_on(async { plan_all(&source.connect().await?, &queries).await })?;
    let planned: Vec<(&Query, &Plan)> =
        queries.iter().zip(&planned).filter_map(|(query, plan)| Some((query, plan.as_ref().ok()?))).collect();
    ensure!(planned.len() == queries.len(), "the source refuses {} of the queries", queries.len() - planned.len());
    let mut rows = Vec::new();
    for (role, target) in roles(runtime, &source)? {
        let twin = Twin::start(program, runtime, &target)?;
        let plans = runtime.block_on(plan_all(&twin.connection.client, &queries))?;
        rows.extend(compare(suite, role, &planned, &plans));
        if role == SUPERUSER {
            let bytes = allocated(&twin.data_directory(runtime)?)?.saturating_sub(empty);
            rows.extend(size(suite, twin.built, bytes));
        } else {
            rows.push(Row::new(format!("{}, built as {role}", suite.name()), seconds(twin.built)));
        }
        twin.end(runtime)?;
    }
    Ok(rows)
}

const SUPERUSER: &str = "superuser";
const READER: &str = "a role that may read the tables";

/// Who reads the source, and as whom: connection strings.
fn roles(runtime: &Runtime, source: &Source) -> anyhow::Result<[(&'static str, String); 2]> {
    let grant = "do $$ begin create role reader login; exception when duplicate_object then end $$; grant select on all tables in schema public to reader";
    runtime.block_on(async { source.connect().await?.batch_execute(grant).await.context("a role that may read") })?;
    let address = source.connection_string();
    let reader = address.replace("user=postgres", "user=reader");
    ensure!(reader != address, "the server's connection string names no user");
    Ok([(SUPERUSER, address), (READER, reader)])
}

fn compare(suite: Suite, role: &str, planned: &[(&Query, &Plan)], plans: &[Result<Plan, String>]) -> Vec<Row> {
    let mut same = 0;
    let mut errors = Vec::new();
    for ((query, source), twin) in planned.iter().zip(plans) {
        let twin = match twin {
            Ok(twin) => twin,
            Err(reason) => {
                say(&format!("<!-- {} query {}: the twin says {reason} -->", suite.name(), query.number));
                continue;
            }
        };
        let error = (twin.cost - source.cost).abs() / source.cost * 100.0;
        errors.push(error);
        match difference(&source.shape, &twin.shape) {
            None => same += 1,
            Some(where_) => say(&format!("<!-- {} query {}, {role}: {where_} -->", suite.name(), query.number)),
        }
        if error > 0.1 {
            say(&format!("<!-- {} query {}, {role}: cost {:.2} instead of {:.2} -->", suite.name(), query.number, twin.cost, source.cost));
        }
    }
    let all = planned.len();
    let fewest = match (suite, role == SUPERUSER) {
        (Suite::H, true) => all,
        (Suite::H, false) | (Suite::Ds, true) => all - 1,
        (Suite::Ds, false) => all - 4,
    };
    let what = |figure: &str| format!("{}, {role}: {figure}", suite.name());
    errors.sort_by(f64::total_cmp);
    let at = |share: f64| errors.get(((errors.len() as f64 * share).ceil() as usize).saturating_sub(1)).copied().unwrap_or(f64::INFINITY);
    let percent = |figure: f64| format!("{figure:.4} %");
    let (middle, high, most) = (median(&errors).unwrap_or(f64::INFINITY), at(0.95), at(1.0));
    let mut middle_row = Row::new(what("cost error, median"), percent(middle));
    let mut high_row = Row::new(what("cost error, 95th percentile"), percent(high)).ratio(format!("largest {}", percent(most)));
    if role == SUPERUSER {
        middle_row = middle_row.bar("≤ 0.1 %", middle <= 0.1);
        high_row = high_row.bar("≤ 1 %", high <= 1.0);
    }
    vec![
        Row::new(what("identical plan shapes"), format!("{same} of {all}")).bar(format!("≥ {fewest}"), same >= fewest),
        middle_row,
        high_row,
    ]
}

/// Build time and disk; the bars are for the larger suite and hold for the smaller one too.
fn size(suite: Suite, built: Duration, bytes: u64) -> [Row; 2] {
    const MOST: u64 = 20_000_000;
    let megabytes = format!("{:.1} MB", bytes as f64 / 1e6);
    [
        Row::at_most(format!("{}, built and answering", suite.name()), built, Duration::from_secs(2)),
        Row::new(format!("{}, disk beyond an empty cluster", suite.name()), megabytes).bar("≤ 20 MB", bytes <= MOST),
    ]
}

/// Many small tables.
fn thousand(program: &Program, runtime: &Runtime, empty: u64) -> anyhow::Result<Vec<Row>> {
    let server = runtime.block_on(PrivateServer::start(&source_options(), &NoProgress))?;
    let client: Client = runtime.block_on(server.connect("postgres"))?;
    for schema in 0..10 {
        runtime.block_on(client.batch_execute(&hundred_tables(schema))).context("a thousand tables")?;
    }
    runtime.block_on(client.batch_execute("vacuum (analyze)"))?;
    let twin = Twin::start(program, runtime, &server.connection_string("postgres"))?;
    let built = twin.built;
    let bytes = allocated(&twin.data_directory(runtime)?)?.saturating_sub(empty);
    twin.end(runtime)?;
    Ok(vec![
        Row::at_most("1,000 tables, 5 columns and 2 indexes each, built and answering", built, Duration::from_secs(10)),
        Row::new("their disk beyond an empty cluster", format!("{:.1} MB", bytes as f64 / 1e6)),
    ])
}

fn hundred_tables(schema: usize) -> String {
    format!(
        "create schema s{schema};
do $$ begin
    for n in 1..100 loop
        execute format('create table s{schema}.t%s (id bigint primary key, parent bigint, name text, state text, at timestamptz)', n);
        execute format('create index on s{schema}.t%s (parent, at)', n);
        execute format('insert into s{schema}.t%s select i, i / 7, ''name '' || i, case when i %% 9 = 0 then ''open'' else ''done'' end,
            timestamptz ''2026-01-01'' + i * interval ''1 hour'' from generate_series(1, 200) i', n);
    end loop;
end $$"
    )
}

/// Allocated bytes of an empty cluster, for comparison.
fn empty_cluster(runtime: &Runtime) -> anyhow::Result<u64> {
    let server = runtime.block_on(PrivateServer::start(&source_options(), &NoProgress))?;
    allocated(server.data_dir())
}

/// Bytes that the files below a directory take on disk; a hole takes none.
fn allocated(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        // A running server removes files.
        let Ok(found) = entry.metadata() else { continue };
        bytes += if found.is_dir() { allocated(&entry.path())? } else { blocks(&found) };
    }
    Ok(bytes)
}

#[cfg(unix)]
fn blocks(file: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(file) * 512
}

#[cfg(not(unix))]
fn blocks(file: &std::fs::Metadata) -> u64 {
    file.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_found_in_a_sentence() {
        assert_eq!(
            connection_string("the twin answers at postgresql://x@/db?host=/tmp until Ctrl-C"),
            Some("postgresql://x@/db?host=/tmp")
        );
        assert_eq!(
            connection_string("  host=/tmp/x port=5432 user=postgres dbname=a"),
            Some("host=/tmp/x port=5432 user=postgres dbname=a")
        );
        assert_eq!(connection_string("reading 8 tables"), None);
    }
}
