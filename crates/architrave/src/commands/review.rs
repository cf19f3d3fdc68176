//! `architrave review`: the main job.

use crate::args::{FailOn, Global, ReportFormat, Review as Options};
use crate::output;
use crate::progress::Bars;
use crate::request;
use anyhow::{Context as _, bail};
use architrave_app::review::{AttackOptions, Attacking};
use architrave_app::{ReviewOptions, baseline, review};
use architrave_model::Severity;
use architrave_report::{Renderer as _, Report, renderers};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let outputs = Outputs::check(options)?;
    let review_options = prepare(options)?;
    let review = Box::pin(review(&review_options, &Bars::new(global))).await?;
    let report = architrave_report::build(&review);
    let mut printer = Printer { report: &report, written: Vec::new(), allowed: options.with_allowed, global };
    for (path, name) in &outputs.files {
        output::write_file(path, &printer.render(name, false)?)?;
        printer.written.push(path.display().to_string());
    }
    let reports = printer.written.clone();
    if let Some(path) = &options.write_baseline {
        baseline::write(path, &review.baseline, &review.run.started_at.chars().take(10).collect::<String>())?;
        printer.written.push(format!("{} ({} known findings)", path.display(), review.baseline.len()));
    }
    match outputs.printed {
        Some(name) => {
            printer.written = reports;
            output::print(&printer.render(name, true)?)?;
        }
        None if !global.quiet => output::print(&printer.render("text", true)?)?,
        None => {}
    }
    let worst = review.findings.iter().map(|f| f.severity).max();
    Ok(ExitCode::from(u8::from(reaches(worst, options.fail_on))))
}

/// Where reports go, checked before any work is done.
struct Outputs {
    /// Files, each with the name of its renderer.
    files: Vec<(PathBuf, &'static str)>,
    /// What standard output gets instead of the summary.
    printed: Option<&'static str>,
}

impl Outputs {
    fn check(options: &Options) -> anyhow::Result<Self> {
        let files = request::report_files(&options.output, options.format)?;
        if let Some(path) = &options.write_baseline {
            output::check_place(path)?;
        }
        if options.new_only && options.baseline.is_none() && options.since.is_none() {
            bail!("--new-only needs something to compare with: --baseline FILE or --since FILE");
        }
        let files = files.into_iter().map(|(path, format)| (path, format.name())).collect();
        Ok(Self { files, printed: options.format.map(ReportFormat::name) })
    }
}

/// Renders the report of a run.
struct Printer<'a> {
    report: &'a Report,
    /// Files written so far.
    written: Vec<String>,
    /// Allowed findings go into SARIF, too.
    allowed: bool,
    global: &'a Global,
}

impl Printer<'_> {
    fn render(&self, name: &str, to_terminal: bool) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match name {
            "text" if to_terminal => {
                let style = renderers::text::Style { color: output::colored(self.global), width: output::width() };
                renderers::text::Terminal { style, written: self.written.clone() }.render(self.report, &mut bytes)?;
            }
            "comment" => renderers::comment::Comment { written: self.written.clone() }.render(self.report, &mut bytes)?,
            "sarif" => renderers::sarif::Sarif { allowed: self.allowed }.render(self.report, &mut bytes)?,
            _ => {
                let format = renderers::by_name(name).with_context(|| format!("no report format is called {name}"))?;
                format.renderer.render(self.report, &mut bytes)?;
            }
        }
        Ok(bytes)
    }
}

/// Longest attack of a review; `architrave rls prove` takes longer.
const ATTACK: Duration = Duration::from_secs(30);

fn attacking() -> Attacking {
    Attacking { attack: AttackOptions { mutations: false, time_limit: ATTACK, ..AttackOptions::default() }, repairs: false }
}

fn prepare(options: &Options) -> anyhow::Result<ReviewOptions> {
    request::check_rules(&options.rules)?;
    Ok(ReviewOptions {
        targets: request::targets(&options.targets, options.db.as_deref())?,
        execute: !options.no_execute,
        proofs: options.prove.0,
        proof_limit: None,
        baseline: options.baseline.clone(),
        only_rules: options.rules.clone(),
        only_databases: options.databases.clone(),
        server: options.server.options(),
        environment: architrave_app::Environment::from_process(),
        now: request::now(),
        twin: !options.no_twin,
        workload: options.workload.clone(),
        attack: (options.attack && !options.no_execute).then(attacking),
        grow: options.grow.factors.clone(),
        grow_tables: options.grow.tables.clone(),
        since: options.since.clone(),
        new_only: options.new_only,
    })
}

pub(crate) fn reaches(worst: Option<Severity>, fail_on: FailOn) -> bool {
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
