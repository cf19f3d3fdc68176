//! Findings get what trying their fixes has shown; what did not help is withdrawn.

use architrave_model::Finding;
use architrave_model::explanation::{Outcome, PlanTrial};
use architrave_model::finding::{Proof, Value, Verdict};

/// The prover's name in `proof.by`.
pub(super) const NAME: &str = "twin/explain";

/// No fix could be tried, for one reason.
pub(super) fn untried(findings: &mut [Finding], why: &str) {
    for finding in findings.iter_mut().filter(|f| f.fix.is_some()) {
        finding.proof = Some(Proof::unknown(NAME, why));
    }
}

/// Gives each finding with a fix the trial that its rule asked for.
pub(super) fn proofs(findings: &mut [Finding], trials: &[PlanTrial]) {
    for finding in findings.iter_mut().filter(|f| f.fix.is_some()) {
        let Some(trial) = trials.iter().find(|t| t.rules.contains(&finding.rule)) else {
            finding.proof = Some(Proof::unknown(NAME, "a twin holds no rows, so what this changes cannot be seen there"));
            continue;
        };
        let mut proof = Proof::unknown(NAME, trial.reason.clone().unwrap_or_default());
        proof.verdict = trial.verdict.into();
        if trial.reason.is_none() {
            proof.reason = None;
        }
        if trial.verdict != Outcome::Unknown {
            proof.before.insert("cost".to_owned(), Value::Float(trial.cost_before));
            proof.after.insert("cost".to_owned(), Value::Float(trial.cost_after));
        }
        proof.transcript = trial.statements.iter().map(|s| format!("{s};")).collect();
        if let Some(fix) = finding.fix.as_mut().filter(|_| trial.verdict == Outcome::Proved) {
            if trial.statements.iter().any(|s| s.starts_with("create ")) {
                fix.title = format!("create {}", trial.title);
            }
            fix.up.clone_from(&trial.statements);
            if !trial.undo.is_empty() {
                fix.down.clone_from(&trial.undo);
            }
        }
        if proof.verdict == Verdict::Refuted {
            finding.fix = None;
        }
        finding.proof = Some(proof);
    }
}
