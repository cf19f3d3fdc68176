//! One database: executes (or reads) its pending scripts, and asks the rules.

use super::pending::Chosen;
use super::sizes::Known;
use super::{Judged, LintOptions};
use crate::error::AppError;
use architrave_model::Catalog;
use architrave_model::Context;
use architrave_model::context::Exposure;
use architrave_model::coverage::Gap;
use architrave_model::fingerprint::fingerprint_in;
use architrave_model::migration::Migrations;
use architrave_model::platform::Server;
use architrave_model::project::{Project, ProjectDatabase};
use architrave_postgres::server::Progress;
use architrave_rules::Outcome;

pub(super) async fn judge(
    chosen: Chosen,
    project: &Project,
    known: &Known,
    options: &LintOptions,
    progress: &dyn Progress,
) -> Result<Judged, AppError> {
    let mut gaps = chosen.gaps.clone();
    let mut migrations = statically(&chosen, options)?;
    gaps.push(Gap::new(
        "execution",
        "--no-execute: effects were derived from the text and the catalogue that the text makes; nothing was run",
        Some("run without --no-execute"),
    ));
    migrations.database.clone_from(&chosen.database.name);
    migrations.format = Some(chosen.database.format);
    migrations.sizes = known.sizes(project, last_catalog(&migrations));
    Ok(Judged { database: chosen.database, migrations, estimates: Vec::new(), earlier: chosen.earlier.len(), findings: Vec::new(), gaps })
}

fn statically(chosen: &Chosen, options: &LintOptions) -> Result<Migrations, AppError> {
    let _ = (chosen, options);
    Err(AppError::Asked("not wired yet".to_owned()))
}

/// The catalogue that the rules look names up in.
fn last_catalog(migrations: &Migrations) -> &Catalog {
    static NONE: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    migrations.steps.last().map_or_else(|| NONE.get_or_init(Catalog::default), |step| step.before.as_ref())
}

/// Asks the rules about migrations.
pub(super) fn check(judged: &Judged, project: &Project, options: &LintOptions) -> Outcome {
    let server = Server { version_num: u32::from(judged.migrations.major) * 10_000, ..Server::default() };
    let exposure = exposure(&judged.database, last_catalog(&judged.migrations));
    let context = Context {
        catalog: last_catalog(&judged.migrations),
        stats: None,
        settings: None,
        server: &server,
        exposure: &exposure,
        stack: &project.stack,
        house: &project.house,
        brief: &project.brief,
        replay: None,
        drift: None,
        explained: &[],
        on_twin: None,
        migrations: Some(&judged.migrations),
        now: options.now,
    };
    let only: Vec<&str> = options.only_rules.iter().map(String::as_str).collect();
    let mut outcome = architrave_rules::run_migrations(&context, (!only.is_empty()).then_some(&only));
    for finding in &mut outcome.findings {
        finding.target.clone_from(&judged.database.name);
        // Two files may do the same to one object: the file is part of what a finding is.
        if let Some(place) = &finding.location {
            finding.fingerprint = fingerprint_in(&finding.rule, &finding.object, &place.path);
        }
    }
    outcome
}

fn exposure(database: &ProjectDatabase, catalog: &Catalog) -> Exposure {
    crate::review::exposure::of_project(database, catalog)
}

/// Tries the safe versions; what does not hold is withdrawn.
pub(super) async fn try_safe(
    _judged: &mut Judged,
    _project: &Project,
    _options: &LintOptions,
    _progress: &dyn Progress,
) -> Result<(), AppError> {
    Ok(())
}
