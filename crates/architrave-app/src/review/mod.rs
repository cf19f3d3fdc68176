//! The main job: targets in, review out.

pub(crate) mod allow;
mod attack;
mod check;
mod clock;
mod drift;
pub(crate) mod exposure;
mod fallback;
pub(crate) mod live;
mod on_twin;
pub(crate) mod open;
mod plan;
mod proof;
pub(crate) mod ratchet;
pub(crate) mod rebuild;
pub(crate) mod replayed;
pub(crate) mod repository;
pub(crate) mod since;
mod webhooks;

use crate::error::AppError;
use crate::target::TargetSpec;
use architrave_model::coverage::Gap;
use architrave_model::limits::EarlierReading;
use architrave_model::origin::Origins;
use architrave_model::project::{Note, Project};
use architrave_model::review::{Review, Run, Target, TargetKind};
use architrave_model::rule::Rule;
use architrave_model::{Finding, ObjectKind, Severity};
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{Progress, ServerOptions};
pub use architrave_prove::rls_attack::AttackOptions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

pub use attack::Attacking;
pub use clock::Stopwatch;
pub(crate) use clock::day;
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
    /// Longest time for trying fixes on one target; then the roadmap is not tried as a whole either. None: as long as it takes.
    pub proof_limit: Option<Duration>,
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
    /// Attack row level security on a private copy of the schema, this far.
    pub attack: Option<Attacking>,
    /// An older snapshot of one of the targets, to tell the pace of growth by, or an older report: both show what has become of findings.
    pub since: Option<PathBuf>,
    /// Hide what the older snapshot or report had, too.
    pub new_only: bool,
}

impl ReviewOptions {
    /// Reads one target and no more: executed, nothing tried, planned or compared.
    pub fn reading(target: TargetSpec, server: &ServerOptions, environment: &Environment, now: f64) -> Self {
        Self {
            targets: vec![target],
            execute: true,
            proofs: ProofExtent::None,
            proof_limit: None,
            baseline: None,
            only_rules: Vec::new(),
            only_databases: Vec::new(),
            server: server.clone(),
            environment: environment.clone(),
            now,
            twin: false,
            workload: None,
            grow: Vec::new(),
            grow_tables: BTreeMap::new(),
            attack: None,
            since: None,
            new_only: false,
        }
    }
}

/// Reads, checks, proves and assembles.
pub async fn review(options: &ReviewOptions, progress: &dyn Progress) -> Result<Review, AppError> {
    let mut watch = Stopwatch::start();
    let known = options.baseline.as_deref().map(crate::baseline::read).transpose()?;
    let mut opened = open::open(options, progress, &mut watch).await?;
    allow::validate(&opened.project)?;
    let (then, earlier) = older(&opened, options)?;
    Box::pin(on_twin::plan_all(&mut opened, options, progress)).await;
    watch.step("workload");
    Box::pin(attack::attack_all(&mut opened, options, progress)).await;
    watch.step("attack");
    Box::pin(webhooks::try_all(&mut opened, options, progress)).await;
    watch.step("webhooks");
    let checked = check_all(&opened, options);
    watch.step("rules");
    let mut settled = allow::settle(&opened.project, checked.findings, options.now);
    allow::note_checked(&mut settled.allowances, &opened.project.house, &checked.rules_run);
    let mut findings = settled.findings;
    let states = ratchet::Earlier { baseline: known.as_ref(), since: then.as_ref() };
    let ratchet = ratchet::apply(&mut findings, &states, &checked.ran, options);
    if options.execute && options.proofs != ProofExtent::None {
        drift::mend(&opened, &mut findings, options, progress).await;
    }
    proof::prove(&mut opened, &mut findings, options, progress).await?;
    watch.step("proofs");
    findings
        .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.target, &a.rule, &a.object).cmp(&(&b.target, &b.rule, &b.object))));
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
        rules_run: checked.rules_run,
        rules_not_run: checked.rules_not_run,
        findings,
        hidden: ratchet.hidden,
        baselined: ratchet.baselined,
        hidden_as_old: ratchet.hidden_as_old,
        allowed: settled.allowed,
        allowances: settled.allowances,
        changes: ratchet.changes,
        baseline: ratchet.baseline,
        repository_path: repository::path(&options.targets),
        roadmap: Vec::new(),
        coverage: checked.coverage.into_iter().collect(),
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

/// What checking all targets brought.
struct Checked {
    findings: Vec<Finding>,
    rules_run: Vec<&'static Rule>,
    rules_not_run: Vec<&'static Rule>,
    ran: ratchet::Ran,
    coverage: BTreeSet<Gap>,
}

fn check_all(opened: &open::Opened, options: &ReviewOptions) -> Checked {
    let mut all = Checked {
        findings: Vec::new(),
        rules_run: Vec::new(),
        rules_not_run: Vec::new(),
        ran: ratchet::Ran::new(),
        coverage: opened.project.gaps.iter().cloned().collect(),
    };
    let drift = drift::between(&opened.targets, &opened.project.stack);
    for (at, target) in opened.targets.iter().enumerate() {
        let differences = drift.get(at).and_then(|d| d.as_deref());
        let found = check::run(target, &opened.project, differences, made_by_project(&opened.targets, target), options);
        all.coverage.extend(found.gaps);
        all.coverage.extend(target.snapshot.gaps.iter().cloned());
        all.ran.insert(target.name.clone(), found.ran.iter().map(|r| r.id).collect());
        all.rules_run.extend(found.ran);
        all.rules_not_run.extend(found.not_run);
        let known = all.findings.len();
        for finding in found.findings {
            if !all.findings[..known].iter().any(|f| is_of_same_file(f, &finding)) {
                all.findings.push(finding);
            }
        }
    }
    unique(&mut all.rules_run);
    unique(&mut all.rules_not_run);
    let Checked { rules_run, rules_not_run, .. } = &mut all;
    rules_not_run.retain(|rule| !rules_run.iter().any(|r| r.id == rule.id));
    on_twin::prove(&mut all.findings, &opened.targets);
    on_twin::reconcile(&mut all.findings);
    all
}

/// Whether both tell the same of one file of the project, which is no target's more than another's.
fn is_of_same_file(one: &Finding, other: &Finding) -> bool {
    matches!(one.object.kind, ObjectKind::File | ObjectKind::Role)
        && one.location.is_some()
        && (&one.rule, &one.object, &one.message, &one.location) == (&other.rule, &other.object, &other.message, &other.location)
}

/// Where the one project beside a live database (or a snapshot) makes objects.
fn made_by_project<'a>(targets: &'a [Target], target: &Target) -> Option<&'a Origins> {
    let mut projects = targets.iter().filter(|t| t.kind == TargetKind::Project);
    let (project, more) = (projects.next()?, projects.next());
    let is_live = matches!(target.kind, TargetKind::Database | TargetKind::Snapshot);
    (is_live && more.is_none()).then_some(&project.origins)
}

/// The older snapshot or report of `--since`: what was found then, and the reading that tells the pace.
fn older(opened: &open::Opened, options: &ReviewOptions) -> Result<(Option<since::Then>, Option<EarlierReading>), AppError> {
    let Some(path) = options.since.as_deref() else { return Ok((None, None)) };
    Ok(match since::read(path, &opened.targets)? {
        since::Older::Report(then) => (Some(then), None),
        since::Older::Snapshot(reading) => {
            let (then, reading) = since::findings(path, *reading, &opened.project, options);
            (Some(then), Some(reading))
        }
    })
}

/// The worst severity that is left, for `--fail-on`.
pub fn worst(review: &Review) -> Option<Severity> {
    review.findings.iter().map(|f| f.severity).max()
}

fn unique(rules: &mut Vec<&'static Rule>) {
    rules.sort_by_key(|r| r.id);
    rules.dedup_by_key(|r| r.id);
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
