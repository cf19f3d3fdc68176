//! What several commands make of their arguments: the private server, the clock, targets, rules, places of reports.

use crate::args::{ReportFormat, Server};
use crate::output;
use anyhow::{Context as _, bail};
use architrave_app::TargetSpec;
use architrave_app::server::ServerOptions;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

impl Server {
    /// The private server that is asked for, with what the environment says.
    pub(crate) fn options(&self) -> ServerOptions {
        ServerOptions { major: self.postgres, offline: self.offline, ..ServerOptions::from_env() }
    }
}

/// Unix seconds.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// A target; `env` is `$DATABASE_URL`, asked for by name.
pub(crate) fn target(text: &str) -> anyhow::Result<TargetSpec> {
    if text == "env" {
        let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set; export it, or give the URL instead of `env`")?;
        return Ok(TargetSpec::parse(&url)?);
    }
    Ok(TargetSpec::parse(text)?)
}

/// Targets and the database of `--db`, which goes last; the current directory where no other is named.
pub(crate) fn targets(texts: &[String], db: Option<&str>) -> anyhow::Result<Vec<TargetSpec>> {
    let mut targets: Vec<TargetSpec> = texts.iter().map(|t| Ok(TargetSpec::parse(t)?)).collect::<anyhow::Result<_>>()?;
    if targets.is_empty() {
        targets.push(TargetSpec::parse(".")?);
    }
    if let Some(db) = db {
        targets.push(target(db)?);
    }
    Ok(targets)
}

/// Fails over the first that is no rule.
pub(crate) fn check_rules(ids: &[String]) -> anyhow::Result<()> {
    match ids.iter().find(|id| architrave_app::rules::find(id).is_none()) {
        Some(id) => Err(no_such_rule(id)),
        None => Ok(()),
    }
}

/// Names the nearest rule there is.
pub(crate) fn no_such_rule(id: &str) -> anyhow::Error {
    let nearest = architrave_app::rules::nearest(id).map_or_else(String::new, |n| format!(", did you mean {n}?"));
    anyhow::anyhow!("there is no rule {id}{nearest}; `architrave rules` lists them")
}

/// The files of `-o` with the format that each one's ending picks, checked before any work is done. `-` needs `--format`.
pub(crate) fn report_files(outputs: &[PathBuf], format: Option<ReportFormat>) -> anyhow::Result<Vec<(PathBuf, ReportFormat)>> {
    let known = ".md, .html, .json, .sarif, .xml (JUnit) or .txt";
    let mut files = Vec::new();
    for path in outputs {
        if path == Path::new("-") {
            format.context("-o - needs --format text, md, html, json, sarif, github, junit or comment")?;
            continue;
        }
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let format = match ending.as_deref() {
            Some("md" | "markdown") => ReportFormat::Md,
            Some("html" | "htm") => ReportFormat::Html,
            Some("json") => ReportFormat::Json,
            Some("sarif") => ReportFormat::Sarif,
            Some("xml") => ReportFormat::Junit,
            Some("txt") => ReportFormat::Text,
            Some(other) => bail!("no report format ends in .{other}; use {known} ({})", path.display()),
            None => bail!("{} has no ending; {known} picks the format", path.display()),
        };
        output::check_place(path)?;
        files.push((path.clone(), format));
    }
    Ok(files)
}
