//! Drift: what the project's scripts make against what the live database holds.

use super::ReviewOptions;
use super::open::Opened;
use super::rebuild::WHOLE;
use crate::diff::{self, Diff};
use architrave_model::Catalog;
use architrave_model::catalog::compare::{Difference, Ignore, differences};
use architrave_model::finding::{Finding, Fix, Proof, Verdict};
use architrave_model::platform::is_history_table;
use architrave_model::review::{Target, TargetKind};
use architrave_model::scope::Scope;
use architrave_model::stack::Stack;
use architrave_postgres::server::Progress;

/// Differences per target; none where there is nothing to compare: only live databases (and snapshots) beside exactly one project
/// database are compared.
pub(super) fn between(targets: &[Target], stack: &Stack) -> Vec<Option<Vec<Difference>>> {
    let mut projects = targets.iter().filter(|t| t.kind == TargetKind::Project);
    let (project, more) = (projects.next(), projects.next());
    let Some(project) = project.filter(|_| more.is_none()) else { return vec![None; targets.len()] };
    let wanted = own_part(project, stack);
    let one = |target: &Target| match target.kind {
        TargetKind::Database | TargetKind::Snapshot => {
            let ignore = Ignore { roles: true, privileges: true, comments: false };
            Some(differences(&wanted, &own_part(target, stack), ignore))
        }
        TargetKind::Project | TargetKind::SqlFile => None,
    };
    targets.iter().map(one).collect()
}

/// Without what platforms and migration runners keep for themselves.
fn own_part(target: &Target, stack: &Stack) -> Catalog {
    let catalog = &target.snapshot.catalog;
    let scope = Scope::new(catalog, target.snapshot.server.platform, stack);
    let own = |schema: &str| scope.covers(schema);
    let mut part = catalog.clone();
    part.schemas.retain(|s| own(&s.name));
    part.tables.retain(|t| own(&t.name.schema) && !is_history_table(&t.name.name));
    part.views.retain(|v| own(&v.name.schema));
    part.sequences.retain(|s| {
        let of_history = s.owned_by_table.as_ref().is_some_and(|t| is_history_table(&t.name));
        own(&s.name.schema) && !of_history
    });
    part.types.retain(|t| own(&t.name.schema));
    part.functions.retain(|f| own(&f.name.schema));
    part.extensions.clear();
    part.publications.clear();
    part.event_triggers.clear();
    part
}

/// The rule whose finding gets the statements.
const RULE: &str = "migration/drift";
/// Who has tried them.
const PROVER: &str = "diff";

/// Gives findings about drift the statements that bring the database to what the scripts make, executed and compared.
pub(super) async fn mend(opened: &Opened, findings: &mut [Finding], options: &ReviewOptions, progress: &dyn Progress) {
    let Some(project) = opened.targets.iter().find(|t| t.kind == TargetKind::Project) else { return };
    for finding in findings.iter_mut().filter(|f| f.rule == RULE) {
        let Some(live) = opened.targets.iter().find(|t| t.name == finding.target) else { continue };
        if live.snapshot.catalog.tables.len() > WHOLE || project.snapshot.catalog.tables.len() > WHOLE {
            let why = format!("more than {WHOLE} tables; `architrave diff` writes the statements");
            finding.proof = Some(Proof::unknown(PROVER, why));
            continue;
        }
        match diff::of_drift(live, project, &opened.project.stack, &options.server, progress).await {
            Ok(Some(diff)) if !diff.up.files.is_empty() => {
                finding.proof = Some(proof(&diff));
                if diff.up.trial.proved {
                    finding.fix = Some(fix(&diff, &live.name));
                }
            }
            Ok(_) => {}
            Err(error) => finding.proof = Some(Proof::unknown(PROVER, error.to_string())),
        }
    }
}

fn fix(diff: &Diff, name: &str) -> Fix {
    let up = diff.up.files.iter().flat_map(|file| file.statements.iter().cloned()).collect();
    let down =
        if diff.down.trial.proved { diff.down.files.iter().flat_map(|f| f.statements.iter().cloned()).collect() } else { Vec::new() };
    let mut caution = vec![
        "which side is right is for you to say: where the database is, `architrave diff` the other way writes the migration".to_owned(),
    ];
    caution.extend(diff.up.loses.iter().map(|lost| format!("lost for good: {lost}")));
    caution.extend(diff.questions.iter().map(|q| format!("this could be a rename, {}: {}", q.why, q.rename)));
    Fix {
        title: format!("Bring {name} to what the scripts make"),
        up,
        down,
        transactional: diff.up.files.iter().all(|file| file.transactional),
        caution: Some(caution.join("; ")),
        ..Fix::default()
    }
}

fn proof(diff: &Diff) -> Proof {
    let trial = &diff.up.trial;
    if trial.proved {
        let statements: usize = diff.up.files.iter().map(|f| f.statements.len()).sum();
        let transcript = vec![format!(
            "{statements} statements executed on a copy of the database's schema on PostgreSQL {}: the catalogue read back is the scripts' own",
            diff.server_version
        )];
        return Proof { verdict: Verdict::Proved, transcript, reason: None, ..Proof::unknown(PROVER, String::new()) };
    }
    let first = trial.refused.first().or_else(|| trial.differs.first()).cloned().unwrap_or_default();
    Proof::unknown(PROVER, format!("the statements do not lead to what the scripts make: {first}"))
}
