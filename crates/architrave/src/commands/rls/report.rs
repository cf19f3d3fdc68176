//! `architrave rls audit` and `architrave rls prove`: the report of both.

use crate::args::rls::{Access, Audit, Prove};
use crate::args::{Global, ReportFormat};
use crate::commands::review::reaches;
use crate::progress::Bars;
use crate::{output, request};
use anyhow::Context as _;
use architrave_app::review::{AttackOptions, Attacking};
use architrave_app::rls::{Rls, RlsRequest, rls};
use architrave_app::{Environment, baseline};
use architrave_report::documents;
use architrave_report::renderers::{self, text::Style};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) async fn audit(options: &Audit, global: &Global) -> anyhow::Result<ExitCode> {
    let places = Places::check(&options.access)?;
    let request = prepare(&options.access, !options.no_execute, None)?;
    let found = Box::pin(rls(&request, &Bars::new(global))).await?;
    finish(&found, &options.access, &places, Vec::new(), global)
}

pub(crate) async fn prove(options: &Prove, global: &Global) -> anyhow::Result<ExitCode> {
    let places = Places::check(&options.access)?;
    if let Some(path) = &options.pgtap {
        output::check_place(path)?;
    }
    let attack = AttackOptions {
        depth: usize::from(options.depth),
        time_limit: options.time.0,
        mutations: !options.no_mutations,
        ..AttackOptions::default()
    };
    let request = prepare(&options.access, true, Some(Attacking { attack, repairs: !options.no_repairs }))?;
    let found = Box::pin(rls(&request, &Bars::new(global))).await?;
    let mut written = Vec::new();
    if let Some(directory) = &options.transcripts {
        written.extend(transcripts(directory, &found)?);
    }
    if let Some(path) = &options.pgtap {
        output::write_file(path, found.pgtap().as_bytes())?;
        written.push(path.display().to_string());
    }
    if options.write {
        let (paths, notes) = architrave_app::rls::write(&found, &request)?;
        written.extend(paths.into_iter().map(|p| p.display().to_string()));
        for note in notes {
            output::note(&note, global);
        }
    }
    finish(&found, &options.access, &places, written, global)
}

/// One script for each way in.
fn transcripts(directory: &Path, found: &Rls) -> anyhow::Result<Vec<String>> {
    let scripts = found.transcripts();
    if scripts.is_empty() {
        return Ok(Vec::new());
    }
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let mut written = Vec::new();
    for (name, text) in scripts {
        let path = directory.join(name);
        output::write_file(&path, text.as_bytes())?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

/// Where the report goes, checked before any work is done.
struct Places {
    files: Vec<(PathBuf, ReportFormat)>,
}

impl Places {
    fn check(options: &Access) -> anyhow::Result<Self> {
        let files = request::report_files(&options.output, options.format)?;
        for path in options.write_baseline.iter().chain(&options.matrix) {
            output::check_place(path)?;
        }
        Ok(Self { files })
    }
}

fn prepare(options: &Access, execute: bool, attack: Option<Attacking>) -> anyhow::Result<RlsRequest> {
    Ok(RlsRequest {
        target: request::target(options.target.as_deref().unwrap_or("."))?,
        databases: options.databases.clone(),
        execute,
        attack,
        baseline: options.baseline.clone(),
        server: options.server.options(),
        environment: Environment::from_process(),
        now: request::now(),
    })
}

fn finish(found: &Rls, options: &Access, places: &Places, mut written: Vec<String>, global: &Global) -> anyhow::Result<ExitCode> {
    for (path, format) in &places.files {
        output::write_file(path, &render(found, *format, Style { color: false, width: 100 })?)?;
        written.push(path.display().to_string());
    }
    if let Some(path) = &options.matrix {
        output::write_file(path, found.matrix_csv().as_bytes())?;
        written.push(path.display().to_string());
    }
    if let Some(path) = &options.write_baseline {
        let day: String = found.report.run.started_at.chars().take(10).collect();
        baseline::write(path, &found.review.baseline, &day)?;
        written.push(format!("{} ({} known findings)", path.display(), found.review.baseline.len()));
    }
    let style = Style { color: output::colored(global), width: output::width() };
    match options.format {
        Some(format) => output::print(&render(found, format, style)?)?,
        None if !global.quiet => output::print(&render(found, ReportFormat::Text, style)?)?,
        None => {}
    }
    if !written.is_empty() {
        output::note(&format!("written: {}", written.join(", ")), global);
    }
    let worst = found.report.findings.iter().map(|f| f.severity).max();
    Ok(ExitCode::from(u8::from(reaches(worst, options.fail_on))))
}

fn render(found: &Rls, format: ReportFormat, style: Style) -> anyhow::Result<Vec<u8>> {
    let document = || documents::access(&found.report);
    Ok(match format {
        ReportFormat::Text => document().text(style).into_bytes(),
        ReportFormat::Md => document().markdown().into_bytes(),
        ReportFormat::Html => document().html().into_bytes(),
        ReportFormat::Json => format!("{}\n", serde_json::to_string_pretty(&found.report)?).into_bytes(),
        ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit | ReportFormat::Comment => {
            let mut bytes = Vec::new();
            let report = architrave_report::build(&found.review);
            let format = renderers::by_name(format.name()).with_context(|| format!("no report format is called {}", format.name()))?;
            format.renderer.render(&report, &mut bytes)?;
            bytes
        }
    })
}
