//! `architrave lint`: what pending migrations do to a running database. They are executed on a private server, statement by statement; rules judge
//! what was seen.

pub(crate) mod assemble;
mod inline;
pub(crate) mod judge;
mod live;
mod pending;
mod sizes;
mod speed;
mod write;

use crate::error::AppError;
use crate::new_files::Place;
use crate::review::{ReviewOptions, Stopwatch, allow, ratchet, repository};
use crate::target::TargetSpec;
use architrave_model::Finding;
use architrave_model::coverage::Gap;
use architrave_model::lint_report::LintReport;
use architrave_model::migration::{Estimate, Migrations, SafeVersion};
use architrave_model::project::{Project, ProjectDatabase};
use architrave_model::review::{Review, Run, Speed};
use architrave_model::script::Script;
use architrave_postgres::connect::Environment;
use architrave_postgres::replay::ReplayOptions;
use architrave_postgres::server::{Database, PrivateServer, Progress, ServerOptions};
use architrave_prove::preconditions::preconditions;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

pub use pending::Pending;
pub use write::write;

/// What to judge, and how.
#[derive(Debug)]
pub struct LintOptions {
    /// Directories and `.sql` files.
    pub paths: Vec<TargetSpec>,
    /// Which scripts are pending.
    pub pending: Pending,
    /// A live database or a snapshot: sizes come from there, and the history table of the former.
    pub database: Option<TargetSpec>,
    /// Count the rows that stand in the way, on the live database.
    pub probe: bool,
    /// File or directory with the queries of the application, beside those of the project.
    pub workload: Option<PathBuf>,
    /// Execute on a private server; false takes the static path.
    pub execute: bool,
    /// Try the safe versions.
    pub prove: bool,
    /// How long that may take for each database; what is not reached is a gap.
    pub time: Duration,
    /// Go up, down and up again.
    pub down: bool,
    /// Baseline to read.
    pub baseline: Option<PathBuf>,
    /// Only these rules; empty for all.
    pub only_rules: Vec<String>,
    /// Databases of the project (folder names); empty for all.
    pub only_databases: Vec<String>,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds.
    pub now: f64,
}

/// What came of it.
pub struct Lint {
    /// For people and programs.
    pub report: LintReport,
    /// The same findings as code hosts want them.
    pub review: Review,
    /// Where safe versions would be written, one for each database.
    pub writable: Vec<Writable>,
    /// What the report was made of. A process that ends may leave it as it is: taking thousands of steps apart takes as long as making them.
    _judged: Vec<Judged>,
}

/// Where safe versions of one database would be written.
#[derive(Debug, Clone)]
pub struct Writable {
    pub(crate) place: Place,
    /// What was proved, one for each script.
    pub(crate) versions: Vec<SafeVersion>,
    /// Place of each step.
    pub(crate) places: Vec<String>,
}

/// The migrations of one database, judged.
pub(crate) struct Judged {
    pub(crate) database: ProjectDatabase,
    pub(crate) migrations: Migrations,
    pub(crate) estimates: Vec<Estimate>,
    /// What they rest on.
    pub(crate) speed: Option<Speed>,
    /// Scripts that were there before.
    pub(crate) earlier: Vec<Script>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) gaps: Vec<Gap>,
    /// Where safe versions are tried; none when nothing is executed.
    pub(crate) scene: Option<Scene>,
}

/// A database as it was before the pending scripts. It goes before its server.
pub(crate) struct Scene {
    pub(crate) base: Database,
    pub(crate) replay_options: ReplayOptions,
    pub(crate) server: PrivateServer,
}

/// Reads, executes, judges, and tries the safe versions.
pub async fn lint(options: &LintOptions, progress: &dyn Progress) -> Result<Lint, AppError> {
    let mut watch = Stopwatch::start();
    let known = options.baseline.as_deref().map(crate::baseline::read).transpose()?;
    let read = pending::read(options, progress)?;
    allow::validate(&read.project)?;
    let known_sizes = sizes::read(options, progress).await?;
    watch.step("reading");
    let (mut all, mut writable) = (Vec::new(), Vec::new());
    let mut rules = Rules::default();
    for mut chosen in read.chosen {
        if options.pending == Pending::Unapplied {
            live::unapplied(&mut chosen, &read.root, &known_sizes, options).await?;
        }
        let mut judged = Box::pin(judge::judge(chosen, &read.root, &read.project, &known_sizes, options, progress)).await?;
        judged.migrations.preconditions = preconditions(&judged.migrations);
        if options.probe {
            live::probe(&mut judged, options).await?;
        } else {
            for precondition in &mut judged.migrations.preconditions {
                precondition.not_asked.get_or_insert_with(|| "run it on the database, or name that with --db and --probe".to_owned());
            }
        }
        rules.check(&mut judged, &read.project, options);
        judge::try_safe(&mut judged, options, progress).await?;
        judged.scene = None;
        writable.push(write::writable(&judged, &read.root));
        all.push(judged);
    }
    watch.step("migrations");
    let mut findings: Vec<Finding> = all.iter_mut().flat_map(|j| std::mem::take(&mut j.findings)).collect();
    let allowed_inline = inline::settle(&mut findings, &all, &read.project, &read.root)?;
    let mut settled = allow::settle(&read.project, findings, options.now);
    allow::note_checked(&mut settled.allowances, &read.project.house, &rules.ran);
    let mut findings = settled.findings;
    let review_options = as_review(options);
    let ran =
        all.iter().map(|j| (j.database.name.clone(), rules.ran.iter().map(|r| r.id).collect::<BTreeSet<_>>())).collect::<BTreeMap<_, _>>();
    let ratchet = ratchet::apply(&mut findings, &ratchet::Earlier { baseline: known.as_ref(), since: None }, &ran, &review_options);
    findings.sort_by(assemble::order);
    settled.allowed.extend(allowed_inline);
    let mut run = Run::default();
    watch.finish(&mut run, options.now);
    run.speed = all.iter().find_map(|j| j.speed.clone());
    let gaps: BTreeSet<Gap> = all.iter().flat_map(|j| j.gaps.iter().cloned()).chain(read.project.gaps.iter().cloned()).collect();
    let report = assemble::report(&read.project, &mut all, &findings, &settled.allowed, ratchet.baselined, &gaps, &run);
    let review = Review {
        tool_version: crate::VERSION.to_owned(),
        run,
        title: report.subject.clone(),
        house: read.project.house.clone(),
        overruled: settled.overruled,
        rules_run: rules.ran,
        findings,
        hidden: ratchet.hidden,
        baselined: ratchet.baselined,
        allowed: settled.allowed,
        allowances: settled.allowances,
        changes: ratchet.changes,
        baseline: ratchet.baseline,
        repository_path: repository::path(&options.paths),
        coverage: gaps.into_iter().collect(),
        ..Review::default()
    };
    Ok(Lint { report, review, writable, _judged: all })
}

fn as_review(options: &LintOptions) -> ReviewOptions {
    let target = options.paths.first().cloned().unwrap_or_else(|| TargetSpec::Directory(PathBuf::from(".")));
    ReviewOptions {
        baseline: options.baseline.clone(),
        only_rules: options.only_rules.clone(),
        only_databases: options.only_databases.clone(),
        execute: options.execute,
        ..ReviewOptions::reading(target, &options.server, &options.environment, options.now)
    }
}

/// The rules about migrations, and which of them ran.
#[derive(Default)]
struct Rules {
    ran: Vec<&'static architrave_model::Rule>,
}

impl Rules {
    fn check(&mut self, judged: &mut Judged, project: &Project, options: &LintOptions) {
        let outcome = judge::check(judged, project, options);
        self.ran.extend(outcome.ran);
        self.ran.sort_by_key(|r| r.id);
        self.ran.dedup_by_key(|r| r.id);
        judged.findings = outcome.findings;
    }
}
