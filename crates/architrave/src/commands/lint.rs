//! `architrave lint`: pending migrations, judged by running them.

use super::review::reaches;
use crate::args::{Global, Lint as Options, ReportFormat};
use crate::output;
use crate::progress::Bars;
use crate::request;
use anyhow::{Context as _, bail};
use architrave_app::lint::{Lint, LintOptions, Pending, lint};
use architrave_app::{TargetSpec, baseline};
use architrave_report::documents::{self, Document};
use architrave_report::renderers::{self, text::Style};
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let files = request::report_files(&options.output, options.format)?;
    if let Some(path) = &options.write_baseline {
        output::check_place(path)?;
    }
    let request = prepare(options)?;
    let found = Box::pin(lint(&request, &Bars::new(global))).await?;
    let mut written = Vec::new();
    for (path, format) in &files {
        let style = Style { color: false, width: 100 };
        output::write_file(path, &render(&found, *format, style)?)?;
        written.push(path.display().to_string());
    }
    if options.write {
        let (paths, notes) = architrave_app::lint::write(&found, &request)?;
        written.extend(paths.into_iter().map(|p| p.display().to_string()));
        for note in notes {
            output::note(&note, global);
        }
    }
    if let Some(path) = &options.write_baseline {
        baseline::write(path, &found.review.baseline, &found.report.run.started_at.chars().take(10).collect::<String>())?;
        written.push(format!("{} ({} known findings)", path.display(), found.review.baseline.len()));
    }
    let style = Style { color: output::colored(global), width: output::width() };
    match options.format {
        Some(format) => output::print(&render(&found, format, style)?)?,
        None if !global.quiet => output::print(&render(&found, ReportFormat::Text, style)?)?,
        None => {}
    }
    if !written.is_empty() {
        output::note(&format!("written: {}", written.join(", ")), global);
    }
    let worst = found.report.findings.iter().map(|f| f.severity).max();
    Ok(ExitCode::from(u8::from(reaches(worst, options.fail_on))))
}

/// Lines of a file of a safe version that a terminal gets.
const LINES: usize = 14;

fn render(found: &Lint, format: ReportFormat, style: Style) -> anyhow::Result<Vec<u8>> {
    let document = |lines| -> Document { documents::lint(&found.report, lines) };
    Ok(match format {
        ReportFormat::Text => document(Some(LINES)).text(style).into_bytes(),
        ReportFormat::Md => document(None).markdown().into_bytes(),
        ReportFormat::Html => document(None).html().into_bytes(),
        ReportFormat::Json => {
            let mut bytes = serde_json::to_vec_pretty(&found.report)?;
            bytes.push(b'\n');
            bytes
        }
        ReportFormat::Comment => documents::lint_comment(&found.report).into_bytes(),
        ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit => {
            let format = renderers::by_name(format.name()).with_context(|| format!("no report format is called {}", format.name()))?;
            let mut bytes = Vec::new();
            format.renderer.render(&architrave_report::build(&found.review), &mut bytes)?;
            bytes
        }
    })
}

fn prepare(options: &Options) -> anyhow::Result<LintOptions> {
    request::check_rules(&options.rules)?;
    let database = options.db.as_deref().map(request::target).transpose()?;
    if let (true, Some(TargetSpec::Snapshot(_))) = (options.applied || options.probe, &database) {
        bail!("--applied and --probe ask a live database; a snapshot holds no rows and no history table");
    }
    let pending = match (&options.since, options.applied) {
        (Some(reference), _) => Pending::Since(reference.clone()),
        (None, true) => Pending::Unapplied,
        (None, false) => Pending::All,
    };
    Ok(LintOptions {
        paths: request::targets(&options.paths, None)?,
        pending,
        database,
        probe: options.probe,
        workload: options.workload.clone(),
        execute: !options.no_execute,
        prove: !options.no_prove && !options.no_execute,
        down: !options.no_down && !options.no_execute,
        baseline: options.baseline.clone(),
        only_rules: options.rules.clone(),
        only_databases: options.databases.clone(),
        server: options.server.options(),
        environment: architrave_app::Environment::from_process(),
        now: request::now(),
    })
}
