//! Who can reach what: the rules on access, the matrix of privileges and policies, the attack on a copy of the schema.

pub mod explain;

use crate::error::AppError;
use crate::review::{ProofExtent, ReviewOptions, review};
use crate::target::TargetSpec;
use architrave_model::access::{AccessReport, DatabaseAccess};
use architrave_model::lint_report::AllowedFinding;
use architrave_model::review::{Review, Target};
use architrave_model::rule::Area;
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{Progress, ServerOptions};
use std::path::PathBuf;

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

/// Reads the target, checks who can reach what, and attacks a copy when that is asked for.
pub async fn rls(request: &RlsRequest, progress: &dyn Progress) -> Result<Rls, AppError> {
    let options = ReviewOptions {
        execute: request.execute,
        proofs: if request.execute { ProofExtent::PerRule(PROOFS) } else { ProofExtent::None },
        baseline: request.baseline.clone(),
        only_rules: rules(),
        only_databases: request.databases.clone(),
        ..ReviewOptions::reading(request.target.clone(), &request.server, &request.environment, request.now)
    };
    let review = review(&options, progress).await?;
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
    DatabaseAccess {
        name: target.name.clone(),
        exposed_schemas: target.exposure.schemas.clone(),
        exposed_roles: target.exposure.roles.clone(),
        matrix: Vec::new(),
        attack: target.attack.clone(),
    }
}
