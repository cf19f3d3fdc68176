//! How long judging takes: reading beside squawk, executing, a long chain up, down and up again, and what thousands of statements need.

use super::super::program::Program;
use super::super::{RUNS, Row, median, seconds, times};
use super::corpus;
use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A bar of speed.
pub(super) type Case = fn(&Program, Option<&Path>) -> anyhow::Result<Vec<Row>>;

/// All of them; the last takes minutes.
pub(super) const ALL: [Case; 4] =
    [reading, |program, _| executing(program), |program, _| chain(program), |program, _| statements(program, 10_000)];

/// Longest time for a statement beyond its own, milliseconds.
const LONGEST: f64 = 60.0;

/// 1,000 files read, not executed: processor time, beside the peer's in the same run; the report that each prints when it is asked for none, and JSON.
fn reading(program: &Program, squawk: Option<&Path>) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations)?;
    corpus::write(&migrations, 1_000, false)?;
    let mut rows = Vec::new();
    for (form, asked, asked_of_peer) in [("text", &[][..], &[][..]), ("JSON", &["--format", "json"][..], &["--reporter", "json"][..])] {
        let mut lint = program.command();
        lint.args(["lint", "--no-execute", "--fail-on", "never"]).args(asked).arg(folder.path());
        let ours = processor_time(&lint)?;
        let row = Row::new(format!("1,000 files of 500 bytes read and judged, report as {form}: processor time"), seconds(ours));
        rows.push(match squawk {
            None => row.ratio("no squawk here; --squawk FILE names it"),
            Some(squawk) => {
                let mut peer = Command::new(squawk);
                peer.args(asked_of_peer).arg(format!("{}/*.sql", migrations.display()));
                let theirs = processor_time(&peer)?;
                let row = row.ratio(times(ours.as_secs_f64(), theirs.as_secs_f64()));
                // As text ours shows the worst findings and counts the others: only JSON holds the same on both sides.
                if form == "JSON" { row.bar(format!("≤ {} (squawk)", seconds(theirs)), ours <= theirs) } else { row }
            }
        });
    }
    Ok(rows)
}

/// What the trace adds to a statement's own time: the same files once replayed and once traced.
fn executing(program: &Program) -> anyhow::Result<Vec<Row>> {
    let folder = project(160, false)?;
    let mut took = Vec::new();
    let mut counted = 0;
    for _ in 0..RUNS {
        let report = folder.path().join("report.json");
        let mut lint = program.command();
        lint.args(["lint", "--quiet", "--no-prove", "--no-down", "--fail-on", "never", "-o"]).arg(&report).arg(folder.path());
        timed(&mut lint)?;
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&report)?)?;
        counted = report
            .pointer("/databases/0/scripts")
            .and_then(serde_json::Value::as_array)
            .map_or(0, |scripts| scripts.iter().filter_map(|s| s.get("statements")?.as_array().map(Vec::len)).sum::<usize>());
        let steps = report.pointer("/run/steps_ms").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let of = |name: &str| steps.iter().find(|s| s.get(0).is_some_and(|n| n == name)).and_then(|s| s.get(1)?.as_f64());
        took.push(of("migrations").context("the report has no step `migrations`")?);
    }
    let statements = counted.max(1) as f64;
    let each = median(&took).unwrap_or_default() / statements;
    Ok(vec![
        Row::new(format!("{counted} statements traced, server start and replay with them, per statement"), format!("{each:.1} ms"))
            .bar(format!("≤ {LONGEST} ms"), each <= LONGEST),
    ])
}

/// A chain of 350 migrations, up, down and up again.
fn chain(program: &Program) -> anyhow::Result<Vec<Row>> {
    let folder = project(350, true)?;
    let report = folder.path().join("report.json");
    let mut lint = program.command();
    lint.args(["lint", "--quiet", "--no-prove", "--fail-on", "never", "-o"]).arg(&report).arg(folder.path());
    let taken = timed(&mut lint)?;
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&report)?)?;
    let scripts = report.pointer("/databases/0/scripts").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let restored =
        scripts.iter().filter(|s| s.pointer("/down/is").is_some_and(|is| is == "restored" || is == "other_column_order")).count();
    Ok(vec![Row::at_most(format!("350 migrations traced, then up, down and up: {restored} restored"), taken, Duration::from_secs(90))])
}

/// Many statements in one chain: time for each, and memory of the process.
pub(super) fn statements(program: &Program, least: usize) -> anyhow::Result<Vec<Row>> {
    // Four files hold eighteen statements.
    let folder = project(least.div_ceil(18) * 4, false)?;
    let report = folder.path().join("report.json");
    let mut lint = program.command();
    lint.args(["lint", "--quiet", "--no-prove", "--no-down", "--fail-on", "never", "-o"]).arg(&report).arg(folder.path());
    let started = Instant::now();
    let peak = peak_of(&mut lint)?;
    let taken = started.elapsed();
    let text = std::fs::read_to_string(&report)?;
    let counted = text.matches("\"weight\"").count();
    ensure!(counted >= least * 9 / 10, "only {counted} statements were judged");
    let each = taken.as_secs_f64() * 1000.0 / counted.max(1) as f64;
    Ok(vec![
        Row::new(format!("{counted} statements traced and judged, the whole run, per statement"), format!("{each:.1} ms"))
            .bar(format!("≤ {LONGEST} ms"), each <= LONGEST)
            .ratio(format!("in {}", seconds(taken))),
        Row::new(format!("{counted} statements traced: peak memory of the process"), format!("{} MB", peak / 1_000_000))
            .bar("≤ 1000 MB", peak <= 1_000_000_000),
    ])
}

fn project(files: usize, down: bool) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations)?;
    corpus::write(&migrations, files, down)?;
    Ok(folder)
}

fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        command.get_program().display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(started.elapsed())
}

/// User and system time of a command, by the shell's account; the least of several runs, because others share the machine.
fn processor_time(command: &Command) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS + 2 {
        let mut shell = Command::new("bash");
        shell.args(["-c", "TIMEFORMAT='%3U %3S'; { time \"$@\" >/dev/null 2>/dev/null || true; }", "bash"]);
        shell.arg(command.get_program()).args(command.get_args());
        let output = shell.stdin(Stdio::null()).output().context("bash")?;
        let text = String::from_utf8_lossy(&output.stderr);
        let seconds: f64 = text.split_whitespace().filter_map(|n| n.parse::<f64>().ok()).sum();
        ensure!(seconds > 0.0, "the shell told no processor time: {text}");
        best = best.min(Duration::from_secs_f64(seconds));
    }
    Ok(best)
}

fn peak_of(command: &mut Command) -> anyhow::Result<u64> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut peak = 0;
    loop {
        peak = peak.max(super::super::program::peak_memory(child.id()));
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "lint ended with {status}");
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
