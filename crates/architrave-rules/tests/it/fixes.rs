//! Every fix is applied: PostgreSQL accepts it, the finding goes, no other comes, and the way back brings back what was.

use crate::facts::Facts;
use crate::page;
use crate::server::{Made, servers};
use architrave_model::catalog::compare::{Difference, Ignore, differences};
use architrave_model::{Catalog, Finding};
use std::collections::BTreeSet;

/// Rules whose findings rest on statistics or plans alone: their fix changes those, which the facts of a page hold fast.
const MEASURED_AGAIN: &[&str] = &[
    "maintenance/never-vacuumed",
    "maintenance/wraparound-age",
    "maintenance/dead-rows-kept",
    "maintenance/statistics-stale",
    "maintenance/table-bloated",
    "plan/",
    "index/missing-for-workload",
    "index/superfluous-for-workload",
    "index/bloated",
    "index/collation-version-changed",
];

fn fingerprints(catalog: &Catalog, facts: &Facts) -> BTreeSet<(String, String)> {
    let findings = architrave_rules::run(&facts.context(catalog), None).findings;
    findings.into_iter().map(|f| (f.rule, f.fingerprint)).collect()
}

/// What is wrong with the fix of a finding over that database; empty when nothing is.
pub(crate) async fn try_fix(mut made: Made, facts: &Facts, finding: &Finding) -> Vec<String> {
    let Some(fix) = &finding.fix else { return Vec::new() };
    let before = made.catalog().await;
    let known = fingerprints(&before, facts);
    let mut wrong = Vec::new();
    if let Err(error) = made.run(&fix.up, fix.transactional).await {
        return vec![format!("refused: {error}")];
    }
    let after = made.catalog().await;
    let left = fingerprints(&after, facts);
    let own = (finding.rule.clone(), finding.fingerprint.clone());
    if left.contains(&own) && !MEASURED_AGAIN.iter().any(|rule| finding.rule.starts_with(rule)) {
        wrong.push("the finding is still there".to_owned());
    }
    // The plan is the one of before: what is said of it now proves nothing. That a table is left without permissive policy is what a caution says.
    let closed = ["rls/only-restrictive-policies", "rls/policy-missing"];
    let follows = |rule: &str| rule.starts_with("plan/") || (closed.contains(&rule) && fix.caution.is_some());
    wrong.extend(left.difference(&known).filter(|(rule, _)| !follows(rule)).map(|(rule, _)| format!("a new finding of {rule}")));
    if fix.down.is_empty() {
        return wrong;
    }
    if let Err(error) = made.run(&fix.down, fix.transactional).await {
        wrong.push(format!("the way back is refused: {error}"));
        return wrong;
    }
    let back = made.catalog().await;
    if fingerprints(&back, facts) != known {
        wrong.push("the way back gives other findings".to_owned());
    }
    wrong.extend(differences(&before, &back, Ignore::default()).iter().map(Difference::line).map(|l| format!("the way back leaves: {l}")));
    wrong
}

#[tokio::test]
async fn every_fix_of_every_page_holds() {
    let mut wrong = Vec::new();
    for server in servers().await {
        for page in page::all() {
            if server.major() < page.bad.least {
                continue;
            }
            let facts = Facts::of(server.version_num(), &page.bad);
            // A script that is refused is the pages' own test's.
            let Ok(mut made) = Made::try_by(server, &page.bad.sql).await else { continue };
            let findings = crate::pages::verdict(page.rule, &made.catalog().await, &facts);
            let mut first = Some(made);
            for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
                let made = match first.take() {
                    Some(made) => made,
                    None => Made::by(server, &page.bad.sql).await,
                };
                let bad = try_fix(made, &facts, finding).await;
                let on = format!("PostgreSQL {}: {}: {}", server.major(), page.rule, finding.message);
                wrong.extend(bad.into_iter().map(|w| format!("{on}: {w}\n{:#?}", finding.fix)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
