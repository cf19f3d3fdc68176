//! Tries the roadmap as a whole: fixes that work alone may still contradict each other.

use super::replayed::Copy;
use super::{ProofExtent, ReviewOptions, check};
use crate::error::AppError;
use architrave_model::finding::{Finding, Verdict};
use architrave_model::project::Project;
use architrave_model::review::Review;
use architrave_model::roadmap::Action;
use architrave_model::{Catalog, ObjectKind};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Progress;
use architrave_prove::{Means, Part, PlanTrial, try_plan};
use std::collections::BTreeSet;

/// Executes the proved statements of all actions in order, target by target, and notes in the actions what came of it.
pub(super) async fn try_whole(
    review: &mut Review,
    copies: &[Option<Copy>],
    project: &Project,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(), AppError> {
    // With a limit on proofs nobody asks for the roadmap.
    if options.proofs == ProofExtent::None || options.proof_limit.is_some() {
        return Ok(());
    }
    for (at, copy) in copies.iter().enumerate() {
        let Some(copy) = copy else { continue };
        let target = &review.targets[at];
        let proved = proved_statements(&review.findings, &target.name);
        let parts: Vec<Part<'_>> = review.roadmap.iter().map(|a| part(a, &proved)).filter(|p| !p.statements.is_empty()).collect();
        if parts.len() < 2 {
            continue;
        }
        progress.begin("trying the whole plan", None);
        let confined = Confined::new(&copy.server).await?;
        let recheck = |catalog: &Catalog| check::recheck(target, catalog, project, options);
        let means = Means::new(&confined, &copy.database, &copy.catalog, &recheck);
        let trial = try_plan(&means, &parts).await?;
        progress.end();
        let orders: Vec<u32> = parts.iter().map(|p| p.order).collect();
        note(&mut review.roadmap, &orders, &trial);
    }
    Ok(())
}

/// Statements of fixes that were proved alone on this target's copy. What changes the server was never tried there.
fn proved_statements<'a>(findings: &'a [Finding], target: &str) -> BTreeSet<&'a str> {
    let tried = |f: &&Finding| {
        f.target == target
            && f.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Proved)
            && !matches!(f.object.kind, ObjectKind::Setting)
    };
    findings.iter().filter(tried).filter_map(|f| f.fix.as_ref()).flat_map(|f| f.up.iter().map(String::as_str)).collect()
}

fn part<'a>(action: &'a Action, proved: &BTreeSet<&str>) -> Part<'a> {
    let statements = action.steps.iter().flat_map(|s| &s.sql).map(String::as_str).filter(|s| proved.contains(s));
    Part { order: action.order, statements: statements.collect() }
}

fn note(roadmap: &mut [Action], orders: &[u32], trial: &PlanTrial) {
    for action in roadmap.iter_mut().filter(|a| orders.contains(&a.order)) {
        let refused = trial.refused.iter().find(|(order, _, _)| *order == action.order);
        if let Some((_, statement, message)) = refused {
            action.verdict = Verdict::Unknown;
            action.risk = format!("After the earlier actions PostgreSQL refuses `{statement}`: {message}. {}", action.risk);
        } else {
            action.test.push_str(" Executed on the private copy after the actions before it: accepted.");
        }
    }
    if let (Some(last), false) = (roadmap.iter_mut().rfind(|a| orders.contains(&a.order)), trial.appeared.is_empty()) {
        last.risk =
            format!("The plan as a whole brings {} new finding(s), the first {}. {}", trial.appeared.len(), trial.appeared[0], last.risk);
    }
}
