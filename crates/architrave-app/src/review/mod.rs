//! The main job: targets in, review out.

mod allow;
mod check;
mod clock;
mod drift;
mod exposure;
pub(crate) mod live;
mod on_twin;
pub(crate) mod open;
mod plan;
mod proof;
mod rebuild;
pub(crate) mod replayed;
mod since;

use crate::error::AppError;
use crate::target::TargetSpec;
use architrave_model::coverage::Gap;
use architrave_model::project::{Note, Project};
use architrave_model::review::{Review, Run, Target};
use architrave_model::rule::Rule;
use architrave_model::{Finding, Severity};
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{Progress, ServerOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use clock::Stopwatch;
pub use on_twin::GROWTH;

/// How many fixes to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofExtent {
    /// None.
    None,
    /// Up to this many per rule, worst first.
    PerRule(usize),
    /// All.
    All,
}

/// What to review, and how.
#[derive(Debug)]
pub struct ReviewOptions {
    /// Targets.
    pub targets: Vec<TargetSpec>,
    /// Execute on a private server; false takes the static path.
    pub execute: bool,
    /// Proofs.
    pub proofs: ProofExtent,
    /// Baseline to read.
    pub baseline: Option<PathBuf>,
    /// Only these rules; empty for all.
    pub only_rules: Vec<String>,
    /// Databases of the project to review (folder names); empty for all.
    pub only_databases: Vec<String>,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds.
    pub now: f64,
    /// Plan the workload on a twin.
    pub twin: bool,
    /// File or directory of the workload, when it is not the server's own.
    pub workload: Option<PathBuf>,
    /// Factors of growth to plan the workload for.
    pub grow: Vec<f64>,
    /// Factors of single tables.
    pub grow_tables: BTreeMap<String, f64>,
    /// An older snapshot of one of the targets, to tell the pace of growth by.
    pub since: Option<PathBuf>,
}

/// Reads, checks, proves and assembles.
pub async fn review(options: &ReviewOptions, progress: &dyn Progress) -> Result<Review, AppError> {
    let mut watch = Stopwatch::start();
    let mut opened = open::open(options, progress, &mut watch).await?;
    allow::validate(&opened.project)?;
    let earlier = options.since.as_deref().map(|path| since::read(path, &opened.targets)).transpose()?;
    on_twin::plan_all(&mut opened, options, progress).await;
    watch.step("workload");
    let mut findings: Vec<Finding> = Vec::new();
    let mut rules_run: Vec<&'static Rule> = Vec::new();
    let mut rules_not_run: Vec<&'static Rule> = Vec::new();
    let mut coverage: BTreeSet<Gap> = opened.project.gaps.iter().cloned().collect();
    let drift = drift::between(&opened.targets, &opened.project.stack);
    for (at, target) in opened.targets.iter().enumerate() {
        let found = check::run(target, &opened.project, drift.get(at).and_then(|d| d.as_deref()), options);
        coverage.extend(found.gaps);
        coverage.extend(target.snapshot.gaps.iter().cloned());
        rules_run.extend(found.ran);
        rules_not_run.extend(found.not_run);
        findings.extend(found.findings);
    }
    watch.step("rules");
    on_twin::prove(&mut findings, &opened.targets);
    on_twin::reconcile(&mut findings);
    let settled = allow::settle(&opened.project, findings, options.now);
    let mut findings = settled.findings;
    proof::prove(&mut opened, &mut findings, options, progress).await?;
    watch.step("proofs");
    let baselined = hide_known(&mut findings, options)?;
    findings
        .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.target, &a.rule, &a.object).cmp(&(&b.target, &b.rule, &b.object))));
    unique(&mut rules_run);
    unique(&mut rules_not_run);
    rules_not_run.retain(|rule| !rules_run.iter().any(|r| r.id == rule.id));
    let copies = std::mem::take(&mut opened.copies);
    let mut review = Review {
        tool_version: crate::VERSION.to_owned(),
        run: Run { round_trips: opened.round_trips, ..Run::default() },
        title: title(&opened.project, &opened.targets),
        notes: notes(&opened.project),
        targets: opened.targets,
        house: opened.project.house.clone(),
        overruled: settled.overruled,
        stack: opened.project.stack.clone(),
        brief: opened.project.brief.clone(),
        questions: Vec::new(),
        assessment: Vec::new(),
        checklist: Vec::new(),
        scorecard: Vec::new(),
        rules_run,
        rules_not_run,
        findings,
        baselined,
        allowed: settled.allowed,
        roadmap: Vec::new(),
        coverage: coverage.into_iter().collect(),
        suggestions: Vec::new(),
        earlier,
        limits: Vec::new(),
    };
    architrave_advise::advise(&mut review);
    watch.step("advice");
    plan::try_whole(&mut review, &copies, &opened.project, options, progress).await?;
    watch.step("whole plan");
    watch.finish(&mut review.run, options.now);
    Ok(review)
}

/// The worst severity that is left, for `--fail-on`.
pub fn worst(review: &Review) -> Option<Severity> {
    review.findings.iter().map(|f| f.severity).max()
}

fn unique(rules: &mut Vec<&'static Rule>) {
    rules.sort_by_key(|r| r.id);
    rules.dedup_by_key(|r| r.id);
}

fn hide_known(findings: &mut Vec<Finding>, options: &ReviewOptions) -> Result<u32, AppError> {
    let Some(path) = &options.baseline else { return Ok(0) };
    let known = crate::baseline::read(path)?;
    let before = findings.len();
    findings.retain(|f| !known.contains(&f.fingerprint));
    Ok(u32::try_from(before - findings.len()).unwrap_or(u32::MAX))
}

fn title(project: &Project, targets: &[Target]) -> String {
    if !project.name.is_empty() {
        return project.name.clone();
    }
    targets.first().map_or_else(String::new, |t| t.name.clone())
}

fn notes(project: &Project) -> Vec<Note> {
    let mut notes: Vec<Note> = project.databases.iter().flat_map(|d| d.notes.iter().cloned()).collect();
    notes.sort();
    notes
}
