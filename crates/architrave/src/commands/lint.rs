//! `architrave lint`: pending migrations, judged by running them.

use super::delivery::{self, Delivery};
use crate::args::{Global, Lint as Options, ReportFormat};
use crate::output::{self, Buffered};
use crate::progress::Bars;
use crate::request;
use anyhow::bail;
use architrave_app::TargetSpec;
use architrave_app::lint::{Lint, LintOptions, Pending, lint};
use architrave_report::documents::{self, Document};
use architrave_report::renderers::text::Style;
use std::io::Write as _;
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let delivery = Delivery::check(&options.output, options.format, options.write_baseline.as_deref(), options.fail_on, global)?;
    let request = prepare(options)?;
    let found = Box::pin(lint(&request, &Bars::new(global))).await?;
    let mut written = Vec::new();
    if options.write {
        let (paths, notes) = architrave_app::lint::write(&found, &request)?;
        written.extend(paths.into_iter().map(|p| p.display().to_string()));
        for note in notes {
            output::note(&note, global);
        }
    }
    let outcome = delivery.deliver(&found.review, written, |format, style, out| render(&found, format, style, out));
    // The process ends here: taking thousands of findings apart before would take as long as making them.
    std::mem::forget(found);
    outcome
}

/// Lines of a file of a safe version that a terminal gets.
const LINES: usize = 14;

fn render(found: &Lint, format: ReportFormat, style: Style, out: &mut Buffered<'_>) -> anyhow::Result<()> {
    let document = |lines| -> Document { documents::lint(&found.report, lines) };
    let text = match format {
        ReportFormat::Text => document(Some(LINES)).text(style),
        ReportFormat::Md => document(None).markdown(),
        ReportFormat::Html => document(None).html(),
        ReportFormat::Comment => documents::lint_comment(&found.report),
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &found.report)?;
            "\n".to_owned()
        }
        ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit => return delivery::findings(&found.review, format, out),
    };
    Ok(out.write_all(text.as_bytes())?)
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
        time: options.time.0,
        down: !options.no_down && !options.no_execute,
        baseline: options.baseline.clone(),
        only_rules: options.rules.clone(),
        only_databases: options.databases.clone(),
        server: options.server.options(),
        environment: architrave_app::Environment::from_process(),
        now: request::now(),
    })
}
