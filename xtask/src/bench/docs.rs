//! `bench docs`: diagrams and dictionary of large schemas, from a snapshot to the finished file.

use super::cases::{database, start};
use super::program::Program;
use super::{RUNS, Row, median, print, seconds, times};
use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A size of schema and its bar.
struct Case {
    name: &'static str,
    tables: u32,
    bar: Duration,
}

static ALL: &[Case] = &[
    Case { name: "fifteen-hundred", tables: 1_500, bar: Duration::from_secs(5) },
    Case { name: "five-thousand", tables: 5_000, bar: Duration::from_secs(30) },
];

/// Bytes of one HTML file, at most.
const LARGEST: usize = 10_000_000;
/// Tables made by one transaction.
const BATCH: u32 = 250;

/// Runs the named cases, all when none is named; `--program PATH` measures that binary.
pub(super) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let (path, names) = match arguments {
        ["--program", path, names @ ..] => (Some(Path::new(*path)), names),
        names => (None, names),
    };
    if let Some(name) = names.iter().find(|name| !ALL.iter().any(|case| case.name == **name)) {
        bail!("there is no case {name}; there are {}", ALL.iter().map(|c| c.name).collect::<Vec<_>>().join(", "));
    }
    let program = Program::named(path, root)?;
    let runtime = Runtime::new()?;
    let mut missed = print::head();
    for case in ALL.iter().filter(|case| names.is_empty() || names.contains(&case.name)) {
        missed += print::rows(case.name, measure(case, &program, &runtime)?);
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

fn measure(case: &Case, program: &Program, runtime: &Runtime) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let snapshot = folder.path().join("large.snapshot.json");
    {
        let server = start(runtime)?;
        let database = database(runtime, &server, &statements(case.tables))?;
        complete(program.command().args(["snapshot", "--quiet", &database.connection_string(), "-o"]).arg(&snapshot))?;
    }
    let docs = |file: &str, more: &[&str]| -> anyhow::Result<(Duration, String)> {
        let out = folder.path().join(file);
        let mut taken = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            complete(program.command().args(["docs", "--quiet", "--no-code"]).args(more).arg(&snapshot).arg("-o").arg(&out))?;
            taken.push(started.elapsed());
        }
        Ok((median(&taken).unwrap_or_default(), std::fs::read_to_string(&out)?))
    };
    let (time, html) = docs("erd.html", &["--diagram"])?;
    let shape = shape(&html)?;
    let (markdown_time, markdown) = docs("erd.md", &["--diagram"])?;
    let (longest, most) = blocks(&markdown);
    let (dot_time, _) = docs("erd.dot", &[])?;
    let (dictionary_time, dictionary) = docs("dictionary.html", &[])?;
    let mut rows = vec![
        Row::at_most(format!("diagram of {} tables as HTML, from a snapshot", case.tables), time, case.bar),
        Row::new("its size", megabytes(html.len())).bar(format!("≤ {}", megabytes(LARGEST)), html.len() <= LARGEST),
        Row::new("its shape", format!("{shape:.2}:1")).bar("≤ 3:1", (1.0 / 3.0..=3.0).contains(&shape)),
        Row::new("longest Mermaid block", format!("{longest} characters")).bar("< 45,000", longest < 45_000),
        Row::new("most relations in one", most.to_string()).bar("< 450", most < 450),
        Row::new("Mermaid in Markdown", seconds(markdown_time)),
        Row::new("dictionary as HTML", seconds(dictionary_time)),
        Row::new("its size", megabytes(dictionary.len())),
    ];
    if case.tables <= 1_500
        && let Some(peer) = graphviz(&folder.path().join("erd.dot"))?
    {
        let row = Row::new("DOT, and Graphviz laying it out", format!("{} + {}", seconds(dot_time), seconds(peer)));
        rows.push(row.ratio(format!("HTML {} dot", times(time.as_secs_f64(), peer.as_secs_f64()))));
    }
    Ok(rows)
}

fn megabytes(bytes: usize) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

fn complete(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{:?} ended with {}: {}", command, output.status, String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// Width to height of the picture in a page.
fn shape(html: &str) -> anyhow::Result<f64> {
    let data = html.split_once("type=\"application/json\">").and_then(|(_, rest)| rest.split_once("</script>"));
    let data: Value = serde_json::from_str(data.context("the page has no data")?.0)?;
    let length = |key: &str| data.get(key).and_then(Value::as_f64).with_context(|| format!("the data has no {key}"));
    Ok(length("w")? / length("h")?)
}

/// Characters of the longest Mermaid block, and the relations of the one that has most.
fn blocks(markdown: &str) -> (usize, usize) {
    let blocks = markdown.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.fold((0, 0), |(longest, most), block| {
        let relations = block.lines().filter(|line| line.contains("--") || line.contains("..")).count();
        (longest.max(block.chars().count()), most.max(relations))
    })
}

/// How long Graphviz takes for the same tables, once; none where it is not installed.
fn graphviz(file: &Path) -> anyhow::Result<Option<Duration>> {
    let started = Instant::now();
    let status = Command::new("dot").arg("-Tsvg").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(_) => Ok(Some(started.elapsed())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("cannot run dot"),
    }
}

/// One table that six of ten refer to, modules of 25, about 1.5 foreign keys per table, some across modules.
fn statements(tables: u32) -> Vec<String> {
    let mut all = vec!["create table tenants (id bigint generated always as identity primary key, name text not null)".to_owned()];
    let mut batch = String::new();
    for n in 1..tables {
        batch.push_str(&table(n));
        if n % BATCH == 0 || n + 1 == tables {
            all.push(std::mem::take(&mut batch));
        }
    }
    all
}

fn name(n: u32) -> String {
    format!("m{:03}_{}{}", n / 25, ["account", "order", "line", "event", "rule"][n as usize % 5], n % 25)
}

fn table(n: u32) -> String {
    let dice = |salt: u32, below: u32| n.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)).rotate_left(13) % below.max(1);
    let mut columns = vec!["id bigint generated always as identity primary key".to_owned()];
    if dice(1, 10) < 6 {
        columns.push("tenant_id bigint not null references tenants".to_owned());
    }
    let first = n / 25 * 25;
    if n > first.max(1) {
        let near = first.max(1) + dice(2, n - first.max(1));
        columns.push(format!("parent_id bigint references {}", name(near)));
    }
    if n > 1 && dice(3, 10) == 0 {
        columns.push(format!("other_id bigint not null references {}", name(1 + dice(4, n - 1))));
    }
    columns.extend((0..8).map(|at| format!("attribute_{at} {}", ["text", "integer not null", "timestamptz"][at % 3])));
    format!("create table {} ({});\ncomment on table {0} is 'Table {n} of the bench';\n", name(n), columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_refer_to_earlier_ones_only() {
        assert!(table(1).starts_with("create table m000_order1 ("));
        assert_eq!(statements(501).len(), 3);
    }

    #[test]
    fn blocks_are_measured() {
        assert_eq!(blocks("x\n```mermaid\na -- b\n```\n```mermaid\nabc\n```\n"), (7, 1));
    }
}
