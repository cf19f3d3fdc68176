//! Tries the fixes: which ones, on which private copy, and what becomes of refuted ones.

use super::open::Opened;
use super::{ProofExtent, ReviewOptions, check, rebuild};
use crate::error::AppError;
use architrave_model::finding::{Finding, Proof, Verdict};
use architrave_model::review::Target;
use architrave_model::{Catalog, ObjectKind};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Progress;
use architrave_prove::{Deadline, Means, prove_rule, round_trip};
use std::collections::{BTreeMap, BTreeSet};

/// Tables that the private copy of a large live database holds, unless everything is to be tried.
const MOST_TABLES: usize = 60;

pub(super) async fn prove(
    opened: &mut Opened,
    findings: &mut [Finding],
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(), AppError> {
    for at in 0..opened.targets.len() {
        let chosen = choose(&opened.targets[at], findings, options);
        if chosen.is_empty() {
            continue;
        }
        if opened.copies[at].is_none() {
            let picked: Vec<&Finding> = chosen.values().flatten().map(|n| &findings[*n]).collect();
            match rebuild::copy(&opened.targets[at], &picked, options, progress).await {
                Ok(copy) => opened.copies[at] = Some(copy),
                Err(error) => {
                    for n in chosen.into_values().flatten() {
                        findings[n].proof = Some(Proof::unknown(round_trip::NAME, format!("no private copy of the schema: {error}")));
                    }
                    continue;
                }
            }
        }
        on_copy(opened, at, chosen, findings, options, progress).await?;
    }
    withdraw_refuted(findings);
    Ok(())
}

async fn on_copy(
    opened: &Opened,
    at: usize,
    chosen: BTreeMap<String, Vec<usize>>,
    findings: &mut [Finding],
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(), AppError> {
    let Some(copy) = &opened.copies[at] else { return Ok(()) };
    let target = &opened.targets[at];
    let confined = Confined::new(&copy.server).await?;
    let recheck = |catalog: &Catalog| check::recheck(target, catalog, &opened.project, options);
    let deadline = options.proof_limit.map(Deadline::after);
    let means = Means::new(&confined, &copy.database, &copy.catalog, &recheck);
    progress.begin("trying the fixes", u64::try_from(chosen.len()).ok());
    for numbers in chosen.into_values() {
        if let Some(why) = deadline.and_then(|d| d.reached()) {
            for n in numbers {
                findings[n].proof = Some(Proof::unknown(round_trip::NAME, why.clone()));
            }
            continue;
        }
        let claims: Vec<&Finding> = numbers.iter().map(|n| &findings[*n]).collect();
        let proofs = prove_rule(&means, &claims).await?;
        for (n, proof) in numbers.into_iter().zip(proofs) {
            findings[n].proof = Some(proof);
        }
        progress.advance(1);
    }
    progress.end();
    Ok(())
}

/// Findings to try, by rule; the others get their reason.
fn choose(target: &Target, findings: &mut [Finding], options: &ReviewOptions) -> BTreeMap<String, Vec<usize>> {
    let mut chosen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut order: Vec<usize> = (0..findings.len())
        .filter(|n| findings[*n].target == target.name && findings[*n].fix.is_some() && findings[*n].proof.is_none())
        .collect();
    order.sort_by(|a, b| findings[*b].severity.cmp(&findings[*a].severity).then(a.cmp(b)));
    let mut copied = BTreeSet::new();
    for n in order {
        let finding = &mut findings[n];
        if let Some(reason) = reason_not_to_try(finding, options) {
            finding.proof = Some(Proof::unknown(round_trip::NAME, reason));
            continue;
        }
        let of_rule = chosen.entry(finding.rule.clone()).or_default();
        match options.proofs {
            ProofExtent::PerRule(most) if of_rule.len() >= most => {
                let reason = format!("{most} fixes of this rule were tried, the worst findings first; --prove all tries this one too");
                finding.proof = Some(Proof::unknown(round_trip::NAME, reason));
            }
            extent => {
                let with_it: BTreeSet<_> = copied.union(&rebuild::tables_of(&[&*finding])).cloned().collect();
                if is_copied_in_part(target) && extent != ProofExtent::All && with_it.len() > MOST_TABLES {
                    let reason = format!(
                        "of a database with {} tables {MOST_TABLES} are copied to try fixes on, and worse findings came first; --prove all copies every table",
                        target.snapshot.catalog.tables.len()
                    );
                    finding.proof = Some(Proof::unknown(round_trip::NAME, reason));
                } else {
                    copied = with_it;
                    of_rule.push(n);
                }
            }
        }
    }
    chosen.retain(|_, numbers| !numbers.is_empty());
    chosen
}

fn reason_not_to_try(finding: &Finding, options: &ReviewOptions) -> Option<String> {
    if options.proofs == ProofExtent::None {
        return Some("--prove none: no fix was tried".to_owned());
    }
    if !options.execute {
        return Some("--no-execute: nothing was run".to_owned());
    }
    if finding.object.kind == ObjectKind::Statement {
        return Some("`architrave explain` tries what mends a single statement".to_owned());
    }
    let cluster = matches!(
        finding.object.kind,
        ObjectKind::Cluster | ObjectKind::Setting | ObjectKind::HbaRule | ObjectKind::Database | ObjectKind::Role | ObjectKind::File
    );
    if cluster {
        return Some("this changes the server or the project, not the schema; a private copy would show nothing".to_owned());
    }
    None
}

/// A large live database is not copied whole to try fixes on.
fn is_copied_in_part(target: &Target) -> bool {
    target.replay.is_none() && target.snapshot.catalog.tables.len() > rebuild::WHOLE
}

/// A refuted fix is withdrawn; the proof stays and says why.
fn withdraw_refuted(findings: &mut [Finding]) {
    for finding in findings {
        if finding.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Refuted) {
            finding.fix = None;
        }
    }
}
