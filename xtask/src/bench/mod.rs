//! `cargo xtask bench access|review|twin|index|lint|rules|docs`: measures the bars on inputs generated on the spot, and prints bar, figure and ratio.

mod access;
mod advice;
mod cases;
mod data;
mod disturbance;
mod docs;
mod execution;
mod index;
mod lint;
mod options;
mod plans;
mod print;
mod program;
mod project;
mod rules;
mod schema;
mod tpc;
mod twin;

use anyhow::{Context as _, bail};
use program::Program;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often each figure is taken; the median counts.
const RUNS: usize = 3;

/// One line of the result.
struct Row {
    what: String,
    /// The bar in words; empty for a figure that is only for information.
    bar: String,
    measured: String,
    /// Against a peer, or what else puts the figure into proportion.
    ratio: String,
    /// None where there is no bar.
    holds: Option<bool>,
}

impl Row {
    fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), bar: String::new(), measured: measured.into(), ratio: String::new(), holds: None }
    }

    fn bar(mut self, bar: impl Into<String>, holds: bool) -> Self {
        self.bar = bar.into();
        self.holds = Some(holds);
        self
    }

    fn ratio(mut self, ratio: impl Into<String>) -> Self {
        self.ratio = ratio.into();
        self
    }

    /// At most so many seconds.
    fn at_most(what: impl Into<String>, measured: Duration, bar: Duration) -> Self {
        Self::new(what, seconds(measured)).bar(format!("≤ {}", seconds(bar)), measured <= bar)
    }
}

/// Runs the benchmark that the first argument names.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    match arguments {
        ["access", arguments @ ..] => access::run(root, arguments),
        ["review", cases @ ..] => review(root, cases),
        ["twin", arguments @ ..] => twin::run(root, arguments),
        ["index", arguments @ ..] => index::run(root, arguments),
        ["lint", arguments @ ..] => lint::run(root, arguments),
        ["docs", arguments @ ..] => docs::run(root, arguments),
        ["data", arguments @ ..] => data::run(arguments),
        ["rules", arguments @ ..] => rules::run(arguments),
        other => {
            bail!(
                "there is no benchmark {}; there are access, review, twin, index, lint, data, rules and docs",
                other.first().unwrap_or(&"without a name")
            )
        }
    }
}

/// Runs the named cases (all when none is named) and prints the table; status 1 when a bar is missed.
fn review(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let (mut names, mut binary, mut peer_sql) = (Vec::new(), None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut file = || rest.next().map(PathBuf::from).with_context(|| format!("{argument} needs a file"));
        match *argument {
            "--program" => binary = Some(file()?),
            "--splinter" => peer_sql = Some(file()?),
            name => names.push(name),
        }
    }
    for name in &names {
        if !cases::ALL.iter().any(|case| case.name == *name) {
            let known: Vec<&str> = cases::ALL.iter().map(|case| case.name).collect();
            bail!("there is no case {name}; there are {}", known.join(", "));
        }
    }
    let mut program = Program::named(binary.as_deref(), root)?;
    program.peer_sql = peer_sql;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut missed = print::head();
    for case in cases::ALL.iter().filter(|case| names.is_empty() || names.contains(&case.name)) {
        missed += print::rows(case.name, (case.run)(&program, &runtime)?);
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

fn median<T: PartialOrd + Copy>(figures: &[T]) -> Option<T> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    sorted.get(sorted.len() / 2).copied()
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.9995 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

fn times(of: f64, peer: f64) -> String {
    format!("{:.2}×", of / peer)
}
