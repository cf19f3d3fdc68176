//! `architrave review`: the main job.

use crate::args::{FailOn, Global, Review as Options};
use crate::document::formats;
use crate::output;
use crate::progress::Bars;
use anyhow::{Context as _, bail};
use architrave_app::server::ServerOptions;
use architrave_app::{ReviewOptions, TargetSpec, baseline, review};
use architrave_model::Severity;
use architrave_report::{Renderer as _, Report, renderers};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let formats = formats(&options.output, options.format)?;
    let review_options = prepare(options)?;
    let review = Box::pin(review(&review_options, &Bars::new(global))).await?;
    let report = architrave_report::build(&review);
    let mut to_stdout = false;
    let mut written = Vec::new();
    for (path, format) in &formats {
        if path == Path::new("-") {
            to_stdout = true;
            output::print(&render(&report, format.name(), &[], global)?)?;
        } else {
            output::write_file(path, &render(&report, format.name(), &[], global)?)?;
            written.push(path.display().to_string());
        }
    }
    if let Some(path) = &options.write_baseline {
        baseline::write(path, &review.findings)?;
        written.push(format!("{} ({} known findings)", path.display(), review.findings.len()));
    }
    if !to_stdout && !global.quiet {
        output::print(&render(&report, "text", &written, global)?)?;
    }
    let worst = review.findings.iter().map(|f| f.severity).max();
    Ok(ExitCode::from(u8::from(reaches(worst, options.fail_on))))
}

fn prepare(options: &Options) -> anyhow::Result<ReviewOptions> {
    let mut targets = Vec::new();
    for text in &options.targets {
        targets.push(TargetSpec::parse(text)?);
    }
    match options.db.as_deref() {
        Some("env") => targets.push(TargetSpec::parse(&database_url()?)?),
        Some(url) => targets.push(TargetSpec::parse(url)?),
        None => {}
    }
    if targets.is_empty() || (options.targets.is_empty() && options.db.is_some()) {
        targets.insert(0, TargetSpec::parse(".")?);
    }
    for id in &options.rules {
        if architrave_app::rules::find(id).is_none() {
            let nearest = architrave_app::rules::nearest(id).map_or_else(String::new, |n| format!(", did you mean {n}?"));
            bail!("there is no rule {id}{nearest}; `architrave rules` lists them");
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    Ok(ReviewOptions {
        targets,
        execute: !options.no_execute,
        proofs: options.prove.0,
        baseline: options.baseline.clone(),
        only_rules: options.rules.clone(),
        only_databases: options.databases.clone(),
        server: ServerOptions { major: options.server.postgres, offline: options.server.offline, ..ServerOptions::from_env() },
        environment: architrave_app::Environment::from_process(),
        now,
        twin: !options.no_twin,
        workload: options.workload.clone(),
        grow: options.grow.factors.clone(),
        grow_tables: options.grow.tables.clone(),
        since: options.since.clone(),
    })
}

/// `$DATABASE_URL`, asked for by name.
pub(crate) fn database_url() -> anyhow::Result<String> {
    std::env::var("DATABASE_URL").context("DATABASE_URL is not set; export it, or give the URL instead of `env`")
}

fn render(report: &Report, name: &str, written: &[String], global: &Global) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if name == "text" {
        let style = renderers::text::Style { color: output::colored(global), width: output::width() };
        renderers::text::Terminal { style, written: written.to_vec() }.render(report, &mut bytes)?;
        return Ok(bytes);
    }
    let format = renderers::by_name(name).with_context(|| format!("no report format is called {name}"))?;
    format.renderer.render(report, &mut bytes)?;
    Ok(bytes)
}

fn reaches(worst: Option<Severity>, fail_on: FailOn) -> bool {
    let least = match fail_on {
        FailOn::Never => return false,
        FailOn::Info => Severity::Info,
        FailOn::Low => Severity::Low,
        FailOn::Medium => Severity::Medium,
        FailOn::High => Severity::High,
        FailOn::Critical => Severity::Critical,
    };
    worst.is_some_and(|w| w >= least)
}
