//! The roadmap: findings merged into actions, ordered by risk removed and time saved per effort, in phases.

#[cfg(test)]
mod tests;
mod words;

use architrave_model::finding::{Effect, Effort, Finding, Fix, Severity, Verdict};
use architrave_model::review::Review;
use architrave_model::roadmap::{Action, Phase, ProofCount, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The plan for the findings of this review. Findings of one rule on one target are one action; `info` findings are suggestions,
/// not actions.
pub fn plan(review: &Review) -> Vec<Action> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in review.findings.iter().filter(|f| f.severity > Severity::Info) {
        groups.entry((finding.rule.as_str(), finding.target.as_str())).or_default().push(finding);
    }
    let several = review.targets.len() > 1;
    let mut settled = BTreeSet::new();
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| score(&b.1).total_cmp(&score(&a.1)).then_with(|| a.0.cmp(&b.0)));
    let mut actions: Vec<Action> = groups
        .into_iter()
        .map(|((rule, target), findings)| action(review, rule, several.then_some(target), &findings, &mut settled))
        .collect();
    actions.sort_by(|a, b| a.phase.cmp(&b.phase).then(b.score.total_cmp(&a.score)).then_with(|| a.title.cmp(&b.title)));
    for (at, action) in actions.iter_mut().enumerate() {
        action.order = u32::try_from(at + 1).unwrap_or(u32::MAX);
    }
    actions
}

fn action(review: &Review, rule: &str, target: Option<&str>, findings: &[&Finding], settled: &mut BTreeSet<String>) -> Action {
    let worst = findings.iter().map(|f| f.severity).max().unwrap_or_default();
    let effort = findings.iter().map(|f| f.effort).max().unwrap_or_default();
    let docs = review.rules_run.iter().find(|r| r.id == rule);
    let steps = steps(findings, settled);
    let proofs = proofs(findings);
    let mut title = words::title(rule, docs.map_or(rule, |r| r.summary), findings);
    if let Some(target) = target {
        title = format!("{title} in {target}");
    }
    Action {
        order: 0,
        phase: phase(worst, effort),
        title,
        why: words::why(findings),
        severity: worst,
        effort,
        score: score(findings),
        findings: findings.iter().map(|f| f.fingerprint.clone()).collect(),
        effect: effect(findings),
        verdict: verdict(&steps, proofs),
        proofs,
        risk: words::risk(findings),
        test: words::test(rule, findings),
        rollback: findings.iter().filter_map(|f| f.fix.as_ref()).flat_map(|f| f.down.iter().cloned()).collect(),
        would_change: docs.map_or_else(String::new, |r| words::when_to_allow(r.docs)),
        steps,
    }
}

/// One step per fix; a statement that an earlier action already runs is not repeated.
fn steps(findings: &[&Finding], settled: &mut BTreeSet<String>) -> Vec<Step> {
    let mut steps = Vec::new();
    for fix in findings.iter().filter_map(|f| f.fix.as_ref()) {
        let sql: Vec<String> = fix.up.iter().filter(|s| settled.insert(same_effect(s))).cloned().collect();
        if !sql.is_empty() || fix.up.is_empty() {
            steps.push(Step { title: fix.title.clone(), sql, transactional: fix.transactional });
        }
    }
    if steps.is_empty() {
        let done_elsewhere = findings.iter().any(|f| f.fix.is_some());
        let title = if done_elsewhere { "An earlier action of this plan settles it".to_owned() } else { words::by_hand(findings) };
        steps.push(Step { title, sql: Vec::new(), transactional: false });
    }
    steps
}

/// Dropping one index twice is one statement, however it is written.
fn same_effect(sql: &str) -> String {
    sql.to_lowercase().replace("concurrently ", "").replace("if exists ", "")
}

/// Risk by severity (with a little more for each further finding), by the work it takes.
fn score(findings: &[&Finding]) -> f64 {
    let weight = |s: Severity| match s {
        Severity::Critical => 100.0,
        Severity::High => 40.0,
        Severity::Medium => 12.0,
        Severity::Low => 3.0,
        Severity::Info => 1.0,
    };
    let worst = findings.iter().map(|f| weight(f.severity)).fold(0.0, f64::max);
    let places: usize = findings.iter().map(|f| f.places.len().max(1)).sum();
    let effort = match findings.iter().map(|f| f.effort).max().unwrap_or_default() {
        Effort::Small => 1.0,
        Effort::Medium => 2.5,
        Effort::Large => 6.0,
    };
    (worst * (1.0 + (places as f64).ln() / 10.0) / effort * 100.0).round() / 100.0
}

fn phase(severity: Severity, effort: Effort) -> Phase {
    match (severity, effort) {
        (Severity::Critical, _) | (Severity::High, Effort::Small | Effort::Medium) => Phase::Now,
        (Severity::High, Effort::Large) | (Severity::Medium, Effort::Small | Effort::Medium) => Phase::Next,
        _ => Phase::Later,
    }
}

fn proofs(findings: &[&Finding]) -> ProofCount {
    let count = |verdict: Verdict| {
        let n = findings.iter().filter(|f| f.proof.as_ref().is_some_and(|p| p.verdict == verdict)).count();
        u32::try_from(n).unwrap_or(u32::MAX)
    };
    ProofCount { proved: count(Verdict::Proved), refuted: count(Verdict::Refuted), unknown: count(Verdict::Unknown) }
}

fn verdict(steps: &[Step], proofs: ProofCount) -> Verdict {
    let has_sql = steps.iter().any(|s| !s.sql.is_empty());
    if has_sql && proofs.unknown == 0 && proofs.refuted == 0 && proofs.proved > 0 {
        Verdict::Proved
    } else if !has_sql && proofs.refuted > 0 {
        Verdict::Refuted
    } else {
        Verdict::Unknown
    }
}

fn effect(findings: &[&Finding]) -> Effect {
    let mut all = Effect::default();
    let mut bytes: Option<i64> = None;
    for Fix { effect, .. } in findings.iter().filter_map(|f| f.fix.as_ref()) {
        all.locks.extend(effect.locks.iter().cloned());
        all.rewrites.extend(effect.rewrites.iter().cloned());
        all.scans.extend(effect.scans.iter().cloned());
        bytes = match (bytes, effect.bytes) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
    }
    for list in [&mut all.rewrites, &mut all.scans] {
        list.sort();
        list.dedup();
    }
    all.locks.sort();
    all.locks.dedup();
    all.bytes = bytes;
    all
}
