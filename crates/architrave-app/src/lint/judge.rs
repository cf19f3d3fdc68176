//! One database: executes (or reads) its pending scripts, and asks the rules.

use super::pending::{Chosen, Pending};
use super::sizes::Known;
use super::speed;
use super::{Judged, LintOptions, Scene};
use crate::error::AppError;
use crate::review::replayed::{after_prelude, prelude, stand_ins};
use architrave_model::coverage::Gap;
use architrave_model::finding::Proof;
use architrave_model::fingerprint::fingerprint_in;
use architrave_model::migration::{Migrations, Outcome, SafeVersion, Step};
use architrave_model::platform::Server;
use architrave_model::project::{Project, ProjectDatabase};
use architrave_model::script::{Script, TransactionMode};
use architrave_model::{Catalog, Context};
use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground};
use architrave_postgres::server::Progress;
use architrave_prove::half_applied::HalfWay;
use architrave_prove::lock_trace::{TraceOptions, Traced, clean_up, cluster_state, estimate, trace};
use architrave_prove::{Deadline, Ground, KnownQuery, half_applied, known_queries, safe_version, still_runs, up_down};
use architrave_sql::ddl::DdlOptions;
use architrave_sql::effects::{self, JudgeOptions};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for one statement of a migration.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn judge(
    mut chosen: Chosen,
    root: &Path,
    project: &Project,
    known: &Known,
    options: &LintOptions,
    progress: &dyn Progress,
) -> Result<Judged, AppError> {
    if options.pending == Pending::All && chosen.earlier.is_empty() {
        as_deployed(&mut chosen.pending);
    }
    let mut judged = if options.execute {
        executed(chosen, root, project, known, options, progress).await?
    } else {
        statically(chosen, project, known, options)
    };
    let history = architrave_read::history::problems(&judged.database);
    judged.migrations.history.extend(history);
    judged.migrations.history.sort();
    judged.migrations.history.dedup();
    Ok(judged)
}

/// A whole history was not deployed at one time: a runner that takes all pending files in one transaction has taken these one by one, or nothing in
/// them would ever have made anybody wait.
fn as_deployed(scripts: &mut [Script]) {
    for script in scripts.iter_mut().filter(|s| s.transaction == TransactionMode::AllFiles) {
        script.transaction = TransactionMode::PerFile;
    }
}

async fn executed(
    chosen: Chosen,
    root: &Path,
    project: &Project,
    known: &Known,
    options: &LintOptions,
    progress: &dyn Progress,
) -> Result<Judged, AppError> {
    let Chosen { database, earlier, pending, problems, mut gaps, .. } = chosen;
    let of_server = known.snapshot.as_ref().map(|s| s.server.major()).filter(|m| (12..=18).contains(m));
    let major = options.server.major.or(project.twin_postgres).or(of_server).or(database.postgres_major);
    let (server, more) = crate::twin::start(major, &options.server, progress).await?;
    gaps.extend(more);
    let confined = Confined::new(&server).await?;
    let trace_options = TraceOptions { prelude: prelude(&database), statement_limit: STATEMENT_LIMIT, ..TraceOptions::default() };
    let state = cluster_state(&confined).await?;
    let (mut traced, mut after) = trace(&confined, &earlier, &pending, &trace_options, progress).await?;
    if traced.migrations.steps.iter().any(fails_over_rows) {
        // The rows may be ours, or descend from ours: only what fails without them is the script's fault.
        clean_up(&confined, &state, Some(after)).await?;
        let bare = TraceOptions { seed_rows: false, ..trace_options };
        let again = trace(&confined, &earlier, &pending, &bare, progress).await?;
        prefer_what_succeeds(&mut traced.migrations, again.0.migrations);
        after = again.1;
    }
    gaps.extend(gaps_of(&traced));
    let mut migrations = traced.migrations;
    name(&mut migrations, &database);
    migrations.history = problems;
    migrations.sizes = known.sizes(project, &last_catalog(&migrations));
    clean_up(&confined, &state, Some(after)).await?;
    let replay_options = ReplayOptions { prelude: prelude(&database), statement_limit: STATEMENT_LIMIT, track: false };
    let (base, failed) = lay_ground(&confined, &earlier, &replay_options).await?;
    if !failed.is_empty() {
        let why = format!("the first at {}:{}: {}", failed[0].location.path, failed[0].location.line, failed[0].message);
        gaps.push(Gap::new(format!("{} statements of earlier scripts do not succeed", failed.len()), why, None));
    }
    let ground = Ground { server: &confined, base: &base, options: &replay_options };
    if options.down {
        migrations.downs = up_down(&ground, &pending, progress).await?;
    }
    let half_way = half_applied(&ground, &pending, Some(database.format), progress).await?;
    gaps.extend(not_disturbed(&half_way));
    migrations.half_applied = half_way.found;
    queries(&mut migrations, &ground, &earlier, root, project, known, options, &mut gaps, progress).await?;
    let mut speed = None;
    let mut estimates = Vec::new();
    if !migrations.sizes.is_empty() {
        let known = speed::known(&confined, &options.server.cache_dir, options.now).await?;
        estimates = estimate(&migrations, &speed::throughput(&known));
        speed = Some(known);
    }
    let scene = Some(Scene { base, replay_options, server });
    Ok(Judged { database, migrations, estimates, speed, earlier, findings: Vec::new(), gaps, scene })
}

/// Whether rows in the tables can be what a statement fails over.
fn fails_over_rows(step: &Step) -> bool {
    matches!(&step.outcome, Outcome::Failed { sqlstate, .. } if matches!(sqlstate.get(..2), Some("21" | "22" | "23" | "P0")))
}

/// Takes the scripts that fail over rows from the trace without rows of ours, and those that fail there otherwise or not at all: what a statement that
/// our rows stopped has not done is missing in every later script.
fn prefer_what_succeeds(traced: &mut Migrations, bare: Migrations) {
    let offset = traced.steps.iter().filter_map(|s| s.transaction).max().map_or(0, |last| last + 1);
    if traced.steps.len() == bare.steps.len() {
        let failed = |step: &Step| matches!(step.outcome, Outcome::Failed { .. });
        let pairs = || traced.steps.iter().zip(&bare.steps);
        let ours = |(step, other): &(&Step, &Step)| fails_over_rows(step) || failed(step) && step.outcome != other.outcome;
        let failing: BTreeSet<usize> = pairs().filter(ours).map(|(step, _)| step.script).collect();
        let first = failing.first().copied().unwrap_or(usize::MAX);
        for (step, other) in traced.steps.iter_mut().zip(bare.steps).filter(|(step, _)| step.script >= first) {
            if failing.contains(&step.script) {
                *step = Step { transaction: other.transaction.map(|number| number + offset), ..other };
            } else {
                step.before = other.before;
            }
        }
    }
    traced.after = bare.after;
}

fn name(migrations: &mut Migrations, database: &ProjectDatabase) {
    migrations.database.clone_from(&database.name);
    migrations.format = Some(database.format);
}

fn gaps_of(traced: &Traced) -> Vec<Gap> {
    let mut gaps = stand_ins(&traced.stubbed_extensions);
    if !traced.without_row.is_empty() {
        let tables: Vec<String> = traced.without_row.iter().map(|(table, _)| table.to_string()).collect();
        let why = format!("no fitting row could be made for {}", tables.join(", "));
        gaps.push(Gap::new(
            "statements that fail only where there are rows",
            why,
            Some("name the database with --db and count with --probe"),
        ));
    }
    gaps
}

/// Queries of the code, of the named workload and of the live database, before and after every statement.
#[expect(clippy::too_many_arguments, reason = "one call, everything that is known")]
async fn queries(
    migrations: &mut Migrations,
    ground: &Ground<'_>,
    earlier: &[Script],
    root: &Path,
    project: &Project,
    known: &Known,
    options: &LintOptions,
    gaps: &mut Vec<Gap>,
    progress: &dyn Progress,
) -> Result<(), AppError> {
    if earlier.is_empty() {
        let why = "all migrations are judged, so there is no deployed schema that queries could run on";
        gaps.push(Gap::new("queries of the application", why, Some("name what is deployed: --since REF, or --applied --db URL")));
        return Ok(());
    }
    let all = all_queries(root, project, known, options, progress)?;
    let found = still_runs(ground, &migrations.scripts, &all, progress).await?;
    migrations.broken_queries = found.broken;
    if found.not_tried > 0 {
        let why = format!("PostgreSQL does not accept them before the migrations either: fragments, templates; {} were tried", found.tried);
        gaps.push(Gap::new(format!("{} of the queries in the code", found.not_tried), why, None));
    }
    Ok(())
}

fn all_queries(
    root: &Path,
    project: &Project,
    known: &Known,
    options: &LintOptions,
    progress: &dyn Progress,
) -> Result<Vec<KnownQuery>, AppError> {
    let scripts: BTreeSet<String> = project.databases.iter().flat_map(|d| &d.scripts).map(|s| s.path.clone()).collect();
    progress.begin("looking for queries", None);
    let found = architrave_read::code::queries(root, &scripts, &|_| progress.advance(1));
    progress.end();
    let mut all: Vec<KnownQuery> = found?.into_iter().map(|(place, text)| (Some(place), text)).collect();
    if let Some(path) = &options.workload {
        all.extend(known_queries(&architrave_read::workload::read(path)?));
    }
    if let Some(stats) = known.snapshot.as_ref().and_then(|s| s.stats.as_ref()) {
        all.extend(stats.statements.iter().map(|s| (None, s.query.clone())));
    }
    Ok(all)
}

/// Effects derived from the text and from the catalogue that the text makes.
fn statically(chosen: Chosen, project: &Project, known: &Known, options: &LintOptions) -> Judged {
    let Chosen { database, earlier, pending, problems, mut gaps, .. } = chosen;
    let major = options.server.major.or(project.twin_postgres).or(database.postgres_major).filter(|m| (12..=18).contains(m));
    let judge_options = major.map_or_else(JudgeOptions::default, |major| JudgeOptions { major, ..JudgeOptions::default() });
    let platform = prelude(&database);
    let options_of_reader = DdlOptions { server_major: judge_options.major, ..DdlOptions::default() };
    let before = (!platform.sql().is_empty()).then(|| after_prelude(platform, options_of_reader).0.into_catalog());
    let mut migrations = effects::judge(before.as_ref(), &earlier, &pending, &judge_options);
    name(&mut migrations, &database);
    migrations.history = problems;
    migrations.sizes = known.sizes(project, &last_catalog(&migrations));
    gaps.push(Gap::new(
        "execution",
        "--no-execute: effects were derived from the text and the catalogue that the text makes; nothing was run",
        Some("run without --no-execute"),
    ));
    Judged { database, migrations, estimates: Vec::new(), speed: None, earlier, findings: Vec::new(), gaps, scene: None }
}

/// The catalogue that the rules look names up in.
fn last_catalog(migrations: &Migrations) -> Arc<Catalog> {
    migrations.steps.last().map(|step| Arc::clone(&step.before)).unwrap_or_default()
}

/// Asks the rules about migrations.
pub(super) fn check(judged: &Judged, project: &Project, options: &LintOptions) -> architrave_rules::Outcome {
    let only: Vec<&str> = options.only_rules.iter().map(String::as_str).collect();
    ask_rules(&judged.migrations, &judged.database, project, (!only.is_empty()).then_some(&only), options.now)
}

/// What the rules say of migrations.
pub(crate) fn ask_rules(
    migrations: &Migrations,
    database: &ProjectDatabase,
    project: &Project,
    only: Option<&[&str]>,
    now: f64,
) -> architrave_rules::Outcome {
    let server = Server { version_num: u32::from(migrations.major) * 10_000, ..Server::default() };
    let catalog = last_catalog(migrations);
    let exposure = crate::review::exposure::of_project(database, &catalog);
    let context = Context {
        migrations: Some(migrations),
        now,
        ..Context::of(&catalog, &server, &exposure, &project.stack, &project.house, &project.brief)
    };
    let mut outcome = architrave_rules::run_migrations(&context, only);
    for finding in &mut outcome.findings {
        finding.target.clone_from(&database.name);
        // Two files may do the same to one object: the file is part of what a finding is.
        if let Some(place) = &finding.location {
            finding.fingerprint = fingerprint_in(&finding.rule, &finding.object, &place.path);
        }
    }
    outcome
}

/// What is said of scripts that were not failed on purpose.
fn not_disturbed(half_way: &HalfWay) -> Option<Gap> {
    let why = format!("of a long history only the last {} scripts that can leave something are made to fail", half_way.tried);
    let what = format!("what {} earlier scripts leave when they fail halfway", half_way.left_out);
    (half_way.left_out > 0).then(|| Gap::new(what, why, Some("judge what is new: --since REF, or one script by its path")))
}

/// What is said of safe versions that the time did not suffice for.
fn not_reached(proofs: &[Proof]) -> Option<Gap> {
    let why = |p: &Proof| p.reason.as_deref().and_then(|r| r.strip_prefix("not tried: ")).map(str::to_owned);
    let reasons: Vec<String> = proofs.iter().filter_map(why).collect();
    let first = reasons.first()?;
    let what = format!("{} of {} safe versions were not tried", reasons.len(), proofs.len());
    Some(Gap::new(what, first.clone(), Some("give it more: --time 30min; or judge fewer migrations at a time: --since REF, --rule ID")))
}

/// Tries the safe versions; what does not hold is withdrawn: it stays only with the reason.
pub(super) async fn try_safe(judged: &mut Judged, options: &LintOptions, progress: &dyn Progress) -> Result<(), AppError> {
    let with_one: Vec<usize> = (0..judged.findings.len()).filter(|n| judged.findings[*n].safe.is_some()).collect();
    if with_one.is_empty() {
        return Ok(());
    }
    let proofs = match &judged.scene {
        Some(scene) if options.prove => {
            let confined = Confined::new(&scene.server).await?;
            let ground = Ground { server: &confined, base: &scene.base, options: &scene.replay_options };
            let versions: Vec<&SafeVersion> = with_one.iter().filter_map(|n| judged.findings[*n].safe.as_ref()).collect();
            let deadline = Deadline::after(options.time);
            let proofs = safe_version::prove_all(&ground, &judged.migrations, &versions, Some(&deadline), progress).await?;
            judged.gaps.extend(not_reached(&proofs));
            proofs
        }
        _ => {
            let why = if options.execute { "--no-prove: no safe version was tried" } else { "--no-execute: nothing was run" };
            with_one.iter().map(|_| Proof::unknown(safe_version::NAME, why)).collect()
        }
    };
    for (n, proof) in with_one.into_iter().zip(proofs) {
        if let Some(safe) = &mut judged.findings[n].safe {
            safe.proof = Some(proof);
        }
    }
    Ok(())
}
