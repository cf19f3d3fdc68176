//! `architrave rls audit` and `architrave rls prove`: the report of both.

use crate::args::rls::{Access, Audit, Prove};
use crate::args::{Global, ReportFormat};
use crate::commands::delivery::{self, Delivery};
use crate::output::{self, Buffered};
use crate::progress::Bars;
use crate::request;
use anyhow::Context as _;
use architrave_app::Environment;
use architrave_app::review::{AttackOptions, Attacking};
use architrave_app::rls::{Rls, RlsRequest, rls};
use architrave_report::documents;
use architrave_report::renderers::text::Style;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn audit(options: &Audit, global: &Global) -> anyhow::Result<ExitCode> {
    let delivery = destination(&options.access, global)?;
    let request = prepare(&options.access, !options.no_execute, None)?;
    let found = Box::pin(rls(&request, &Bars::new(global))).await?;
    finish(&found, &options.access, &delivery, Vec::new())
}

pub(crate) async fn prove(options: &Prove, global: &Global) -> anyhow::Result<ExitCode> {
    let delivery = destination(&options.access, global)?;
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
    finish(&found, &options.access, &delivery, written)
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

fn destination<'a>(options: &'a Access, global: &'a Global) -> anyhow::Result<Delivery<'a>> {
    if let Some(path) = &options.matrix {
        output::check_place(path)?;
    }
    Delivery::check(&options.output, options.format, options.write_baseline.as_deref(), options.fail_on, global)
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

fn finish(found: &Rls, options: &Access, delivery: &Delivery<'_>, mut written: Vec<String>) -> anyhow::Result<ExitCode> {
    if let Some(path) = &options.matrix {
        output::write_file(path, found.matrix_csv().as_bytes())?;
        written.push(path.display().to_string());
    }
    delivery.deliver(&found.review, written, |format, style, out| render(found, format, style, out))
}

fn render(found: &Rls, format: ReportFormat, style: Style, out: &mut Buffered<'_>) -> anyhow::Result<()> {
    let document = || documents::access(&found.report);
    let text = match format {
        ReportFormat::Text => document().text(style),
        ReportFormat::Md => document().markdown(),
        ReportFormat::Html => document().html(),
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &found.report)?;
            "\n".to_owned()
        }
        ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit | ReportFormat::Comment => {
            return delivery::findings(&found.review, format, out);
        }
    };
    Ok(out.write_all(text.as_bytes())?)
}
