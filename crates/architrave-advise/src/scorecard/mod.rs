//! The scorecard: points by area, from what ran and what it found.

use architrave_model::finding::Value;
use architrave_model::review::{Review, Score};
use architrave_model::rule::Area;
use architrave_model::{Finding, Severity};
use std::collections::BTreeSet;

/// One score per area, in the scorecard's order. An area's points start at 100; each finding takes its weight off what is
/// left, so that many small ones never outweigh a critical one.
pub fn scores(review: &Review) -> Vec<Score> {
    Area::ALL.iter().map(|area| score(review, *area)).collect()
}

fn score(review: &Review, area: Area) -> Score {
    let rules: BTreeSet<&str> = review.rules_run.iter().filter(|r| r.area == area).map(|r| r.id).collect();
    let findings: Vec<&Finding> = review.all_findings().filter(|f| rules.contains(f.rule.as_str())).collect();
    let count = |severity: Severity| u32::try_from(findings.iter().filter(|f| f.severity == severity).count()).unwrap_or(u32::MAX);
    let by_severity = Severity::ALL.iter().map(|s| (*s, count(*s))).filter(|(_, n)| *n > 0).collect();
    let left = findings.iter().fold(100.0_f64, |left, f| left * (1.0 - weight(f.severity)));
    let not_checked = review.rules_not_run.iter().filter(|r| r.area == area).count();
    Score {
        area: area.title().to_owned(),
        points: tells(findings.len(), rules.len(), not_checked).then_some((left * described(&findings)).round() as u32),
        checked: u32::try_from(rules.len()).unwrap_or(u32::MAX),
        not_checked: u32::try_from(not_checked).unwrap_or(u32::MAX),
        findings: by_severity,
    }
}

/// An area in which so many times as many rules could not run as ran, and none found anything, has no score.
const MOSTLY: usize = 2;

/// Whether there is anything to score: nothing found where most rules could not look is no clean bill.
fn tells(found: usize, ran: usize, not_checked: usize) -> bool {
    ran > 0 && (found > 0 || not_checked <= MOSTLY * ran)
}

/// Share of the tables that findings about comments saw with one; 1 where no finding speaks of comments. What is missing there is
/// only information, and yet a dictionary without entries is no dictionary.
fn described(findings: &[&Finding]) -> f64 {
    let sum = |fact: &str| -> f64 {
        let facts = findings.iter().filter(|f| f.rule == "table/comment-missing").flat_map(|f| &f.evidence).filter(|e| e.fact == fact);
        facts.map(|e| if let Value::Int(n) = e.value { n as f64 } else { 0.0 }).sum()
    };
    let tables = sum("tables");
    if tables > 0.0 { (sum("tables with a comment") / tables).clamp(0.0, 1.0) } else { 1.0 }
}

/// Share of the remaining points that one finding takes.
fn weight(severity: Severity) -> f64 {
    match severity {
        Severity::Critical => 0.5,
        Severity::High => 0.2,
        Severity::Medium => 0.07,
        Severity::Low => 0.02,
        Severity::Info => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::tells;

    #[test]
    fn an_area_that_was_hardly_looked_at_has_no_score() {
        assert!(!tells(0, 0, 5), "nothing ran");
        assert!(!tells(0, 1, 18), "one rule of nineteen found nothing");
        assert!(tells(0, 9, 18) && tells(0, 3, 0));
        assert!(tells(1, 1, 18), "what was found counts");
    }
}
