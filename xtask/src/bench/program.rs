//! The release binary under measurement: built once, run as a user would, with time, peak memory and its JSON report.

use super::{RUNS, median};
use crate::say;
use anyhow::{Context as _, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The binary.
pub(super) struct Program {
    path: PathBuf,
    /// A file of queries that a peer checks a live database with (Supabase's splinter).
    pub(super) peer_sql: Option<PathBuf>,
}

/// What several equal runs brought; medians.
pub(super) struct Measured {
    /// From start to exit.
    pub(super) time: Duration,
    /// Peak resident memory of the process itself, bytes; servers it starts are not in it. 0 where the system does not tell.
    pub(super) peak_memory: u64,
    /// Report of the last run.
    pub(super) report: serde_json::Value,
}

impl Program {
    /// This binary, or the release build.
    pub(super) fn named(path: Option<&Path>, root: &Path) -> anyhow::Result<Self> {
        path.map_or_else(|| Self::build(root), |path| Ok(Self { path: path.to_owned(), peer_sql: None }))
    }

    /// Builds the release binary.
    pub(super) fn build(root: &Path) -> anyhow::Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["build", "--release", "--quiet", "--locked", "--package", "architrave", "--message-format", "json"];
        let output = Command::new(cargo).args(arguments).current_dir(root).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "the release build failed");
        let messages = String::from_utf8_lossy(&output.stdout);
        let path = messages.lines().rev().find_map(executable).context("cargo named no executable")?;
        Ok(Self { path, peer_sql: None })
    }

    /// A command that runs it.
    pub(super) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// Reviews the targets with more options, several times.
    pub(super) fn review(&self, targets: &[&str], more: &[&str]) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir()?;
        let report = folder.path().join("report.json");
        let (mut times, mut peaks) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (time, peak) = self.run_once(targets, more, &report)?;
            times.push(time);
            peaks.push(peak);
        }
        let text = std::fs::read_to_string(&report)?;
        let report = serde_json::from_str(&text).context("the report is no JSON")?;
        Ok(Measured { time: median(&times).unwrap_or_default(), peak_memory: median(&peaks).unwrap_or_default(), report })
    }

    /// One review without reading its report.
    pub(super) fn review_once(&self, targets: &[&str], more: &[&str]) -> anyhow::Result<Duration> {
        let folder = tempfile::tempdir()?;
        Ok(self.run_once(targets, more, &folder.path().join("report.json"))?.0)
    }

    fn run_once(&self, targets: &[&str], more: &[&str], report: &Path) -> anyhow::Result<(Duration, u64)> {
        let mut command = Command::new(&self.path);
        command.arg("review").args(targets).args(more).args(["--quiet", "-o"]).arg(report).stdin(Stdio::null());
        let started = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_memory(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(3));
        };
        let time = started.elapsed();
        if !status.success() {
            let mut text = String::new();
            if let Some(mut errors) = child.stderr.take() {
                std::io::Read::read_to_string(&mut errors, &mut text)?;
            }
            bail!("the review of {} ended with {status}: {}", targets.join(" "), text.trim());
        }
        Ok((time, peak))
    }
}

impl Measured {
    /// `run.round_trips` of the report.
    pub(super) fn round_trips(&self) -> u64 {
        self.report.pointer("/run/round_trips").and_then(serde_json::Value::as_u64).unwrap_or(u64::MAX)
    }

    /// The steps of the last run and their durations.
    pub(super) fn steps(&self) -> String {
        let steps = self.report.pointer("/run/steps").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let step = |step: &serde_json::Value| Some(format!("{} {} ms", step.get("name")?.as_str()?, step.get("ms")?));
        steps.iter().filter_map(step).collect::<Vec<_>>().join(", ")
    }

    /// How much was found, so that a fast run that saw nothing stands out.
    pub(super) fn findings(&self) -> usize {
        self.report.get("findings").and_then(serde_json::Value::as_array).map_or(0, Vec::len)
    }
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    Some(PathBuf::from(message.get("executable")?.as_str()?))
}

/// `VmHWM` of a process on Linux; it only grows, so that the last look before the end is the peak.
pub(super) fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).map_or(0, |kilobytes| kilobytes * 1024)
}

/// Runs a peer to its end; none where it is not installed.
pub(super) fn peer(command: &mut Command) -> anyhow::Result<Option<Duration>> {
    let mut taken = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => taken.push(started.elapsed()),
            Ok(status) => bail!("{} ended with {status}", command.get_program().display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                say(&format!("<!-- no {} here -->", command.get_program().display()));
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot run {}", command.get_program().display())),
        }
    }
    Ok(median(&taken))
}
