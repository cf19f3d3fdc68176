//! Who can reach what: the rules on access, the matrix of privileges and policies, the attack on a copy of the schema.

pub mod explain;

use crate::error::AppError;
use crate::new_files::Place;
use crate::review::{Attacking, ProofExtent, ReviewOptions, review};
use crate::target::TargetSpec;
use architrave_model::access::{AccessReport, AttackReport, DatabaseAccess, Repair};
use architrave_model::finding::Verdict;
use architrave_model::lint_report::AllowedFinding;
use architrave_model::migration::SafeFile;
use architrave_model::review::{Review, Target};
use architrave_model::rule::Area;
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{Progress, ServerOptions};
use architrave_prove::rls_attack::evidence;
use architrave_report::documents::access_matrix;
use std::path::PathBuf;

/// Longest wait of a repair for its lock.
const LOCK_TIMEOUT_MS: u64 = 3000;
/// Fixes to try of each rule.
const PROOFS: usize = 5;

/// What to look at, and how.
#[derive(Debug)]
pub struct RlsRequest {
    /// Target.
    pub target: TargetSpec,
    /// Databases of the project (folder names); empty for all.
    pub databases: Vec<String>,
    /// Execute on a private server; false reads the scripts as text.
    pub execute: bool,
    /// Attack the copy, this far; none audits only.
    pub attack: Option<Attacking>,
    /// Baseline to read.
    pub baseline: Option<PathBuf>,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds.
    pub now: f64,
}

/// What was found.
pub struct Rls {
    /// As a review of access alone: for the formats that show any review, and for the baseline.
    pub review: Review,
    /// The report.
    pub report: AccessReport,
}

impl Rls {
    /// Role × object × command with the reason.
    pub fn matrix_csv(&self) -> String {
        let rows: Vec<_> = self.report.databases.iter().flat_map(|d| d.matrix.iter().cloned()).collect();
        access_matrix::csv(&rows)
    }

    /// Each way in as a script for psql, with the name of its file.
    pub fn transcripts(&self) -> Vec<(String, String)> {
        let mut scripts = Vec::new();
        for (database, attack) in self.attacks() {
            let of = if self.report.databases.len() > 1 { format!("{}-", file_name(&database.name)) } else { String::new() };
            for at in 0..attack.attacks.len() {
                scripts.push((format!("{of}{:02}.sql", at + 1), evidence::psql(attack, at)));
            }
        }
        scripts
    }

    /// What was shown as a pgTAP test.
    pub fn pgtap(&self) -> String {
        self.attacks().map(|(_, attack)| evidence::pgtap(attack)).collect()
    }

    fn attacks(&self) -> impl Iterator<Item = (&DatabaseAccess, &AttackReport)> {
        self.report.databases.iter().filter_map(|d| Some((d, d.attack.as_ref()?)))
    }
}

fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}

/// Writes the repairs that were proved as new migrations; gives the files and what else there is to say.
pub fn write(found: &Rls, request: &RlsRequest) -> Result<(Vec<PathBuf>, Vec<String>), AppError> {
    let TargetSpec::Directory(root) = &request.target else {
        return Err(AppError::Asked(
            "--write: only a project's directory has migrations to add to; -o FILE.md shows the statements".to_owned(),
        ));
    };
    let (mut written, mut notes) = (Vec::new(), Vec::new());
    for target in &found.review.targets {
        let (Some(attack), Some(database)) = (&target.attack, &target.database) else { continue };
        let (proved, others): (Vec<_>, Vec<_>) = attack.repairs.iter().partition(|r| r.proof.verdict == Verdict::Proved);
        notes.extend(others.iter().map(|r| format!("not written, because it was not proved: {}", r.title)));
        let drafts: Vec<SafeFile> = proved.into_iter().flat_map(drafts).collect();
        if drafts.is_empty() {
            continue;
        }
        let place = Place::of(database.format, root, &database.path);
        for file in place.add(&drafts, request.now, "; -o FILE.md shows the statements")? {
            if file.by_hand {
                notes.push(format!(
                    "{} is run by hand with psql: {} runs everything in a transaction",
                    file.relative,
                    database.format.title()
                ));
            }
            written.push(file.path);
        }
    }
    Ok((written, notes))
}

/// One file for each transaction; the way back of all is that of the last.
fn drafts(repair: &Repair) -> Vec<SafeFile> {
    let phases = repair.phases();
    let number = phases.len();
    let files = phases.into_iter().enumerate().map(|(at, statements)| {
        let transactional = !statements.iter().any(|s| Repair::is_concurrent(s));
        SafeFile {
            title: if number > 1 { format!("{} ({} of {number})", repair.title, at + 1) } else { repair.title.clone() },
            statements: statements.to_vec(),
            down: if at + 1 == number { repair.down.clone() } else { Vec::new() },
            transactional,
            lock_timeout_ms: transactional.then_some(LOCK_TIMEOUT_MS),
            gate: None,
        }
    });
    files.collect()
}

/// Reads the target, checks who can reach what, and attacks a copy when that is asked for.
pub async fn rls(request: &RlsRequest, progress: &dyn Progress) -> Result<Rls, AppError> {
    let options = ReviewOptions {
        execute: request.execute,
        proofs: if request.execute { ProofExtent::PerRule(PROOFS) } else { ProofExtent::None },
        // Who limits the attack does not want to wait for longer than that for the fixes of the rest.
        proof_limit: request.attack.as_ref().map(|a| a.attack.time_limit / 2),
        baseline: request.baseline.clone(),
        only_rules: rules(),
        attack: request.attack.clone(),
        only_databases: request.databases.clone(),
        ..ReviewOptions::reading(request.target.clone(), &request.server, &request.environment, request.now)
    };
    let review = Box::pin(review(&options, progress)).await?;
    let report = report(&review);
    Ok(Rls { review, report })
}

/// The rules on security, and those on who a user is.
fn rules() -> Vec<String> {
    let about_access = |rule: &&architrave_model::Rule| rule.area == Area::Security || rule.id.starts_with("clerk/");
    crate::rules::in_order().into_iter().filter(about_access).map(|rule| rule.id.to_owned()).collect()
}

fn report(review: &Review) -> AccessReport {
    AccessReport {
        schema_version: 1,
        tool: format!("architrave {}", crate::VERSION),
        run: review.run.clone(),
        subject: review.title.clone(),
        databases: review.targets.iter().map(database).collect(),
        findings: review.findings.clone(),
        hidden_by_baseline: review.baselined,
        allowed: review.allowed.iter().map(|(finding, reason)| AllowedFinding::of(finding, reason)).collect(),
        gaps: review.coverage.clone(),
    }
}

fn database(target: &Target) -> DatabaseAccess {
    let replay = target.replay.as_ref();
    DatabaseAccess {
        failed: replay.map(|r| r.failed.clone()).unwrap_or_default(),
        skipped: replay.map(|r| r.skipped.clone()).unwrap_or_default(),
        name: target.name.clone(),
        exposed_schemas: target.exposure.schemas.clone(),
        exposed_roles: target.exposure.roles.clone(),
        superusers: target.snapshot.catalog.superusers().into_iter().map(str::to_owned).collect(),
        matrix: target.access.clone(),
        attack: target.attack.clone(),
    }
}
