//! What earlier states say to the findings: which are known and hidden, and what has become of each.

use super::ReviewOptions;
use super::clock::day;
use super::since::Then;
use crate::baseline::{self, Baseline};
use architrave_model::Finding;
use architrave_model::changes::{Changes, KnownFinding, Reference, ReferenceKind, Rules};
use architrave_model::rule::{Area, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that ran, by target.
pub(crate) type Ran = BTreeMap<String, BTreeSet<&'static str>>;

/// The earlier states of a run.
pub(crate) struct Earlier<'a> {
    pub(crate) baseline: Option<&'a Baseline>,
    pub(crate) since: Option<&'a Then>,
}

/// What came of them.
pub(crate) struct Outcome {
    pub(crate) changes: Vec<Changes>,
    pub(crate) hidden: Vec<Finding>,
    pub(crate) baselined: u32,
    pub(crate) hidden_as_old: u32,
    /// What a baseline of this run holds.
    pub(crate) baseline: Vec<KnownFinding>,
}

/// Compares the findings with the earlier states, and hides the known ones.
pub(crate) fn apply(findings: &mut Vec<Finding>, earlier: &Earlier<'_>, ran: &Ran, options: &ReviewOptions) -> Outcome {
    let mut outcome = Outcome { changes: Vec::new(), hidden: Vec::new(), baselined: 0, hidden_as_old: 0, baseline: Vec::new() };
    let all = KnownFinding::all(findings);
    // A snapshot has been checked by itself: it is compared with all that was found now. A report has only what it showed.
    let of_snapshot = earlier.since.filter(|t| t.reference.kind == ReferenceKind::Snapshot).map(|then| trend(then, findings, ran));
    if let Some(known) = earlier.baseline {
        let changes = against_baseline(known, findings, ran, options);
        let worse = changes.worse();
        let known = split(findings, |f| !worse.contains(f.fingerprint.as_str()));
        outcome.baselined = count(known.len());
        outcome.hidden = known;
        outcome.changes.push(changes);
    }
    let of_report = earlier.since.filter(|t| t.reference.kind == ReferenceKind::Report).map(|then| trend(then, findings, ran));
    if let (Some(then), Some(changes)) = (earlier.since, of_snapshot.or(of_report)) {
        if options.new_only && earlier.baseline.is_none() {
            let worse = changes.worse();
            let old = split(findings, |f| was_looked_at(f, then) && !worse.contains(f.fingerprint.as_str()));
            outcome.hidden_as_old = count(old.len());
            outcome.hidden.extend(old);
        }
        outcome.changes.push(changes);
    }
    let not_checked = earlier.baseline.and_then(|_| outcome.changes.first()).map_or(&[][..], |c| &c.not_checked);
    outcome.baseline = baseline::renewed(all, earlier.baseline, not_checked, &day(options.now));
    outcome
}

/// Takes out the findings that are to be hidden.
fn split(findings: &mut Vec<Finding>, hide: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    let (hidden, shown) = std::mem::take(findings).into_iter().partition(hide);
    *findings = shown;
    hidden
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn area(rule: &str) -> Option<Area> {
    architrave_rules::registry::find(rule).map(|r: &Rule| r.area)
}

/// Whether the rule ran on that target; on any when none is named.
fn ran_on(ran: &Ran, target: Option<&str>, rule: &str) -> bool {
    ran.iter().filter(|(name, _)| target.is_none_or(|t| t == *name)).any(|(_, rules)| rules.contains(rule))
}

fn against_baseline(known: &Baseline, findings: &[Finding], ran: &Ran, options: &ReviewOptions) -> Changes {
    let file = options.baseline.as_ref().map_or_else(String::new, |p| p.display().to_string());
    let reference = Reference { kind: ReferenceKind::Baseline, file, day: known.day.clone(), target: None };
    // What a baseline does not know is new, whichever rules ran when it was written: nobody has seen it.
    let rules = Rules { ran_then: &|_| true, ran_now: &|rule| ran_on(ran, None, rule), area: &area };
    Changes::between(reference, &known.findings, findings, &rules)
}

fn trend(then: &Then, findings: &[Finding], ran: &Ran) -> Changes {
    let target = then.reference.target.as_deref();
    let of_target: Vec<Finding> = findings.iter().filter(|f| target.is_none_or(|t| t == f.target)).cloned().collect();
    let both = |rule: &str| then.ran.contains(rule) && ran_on(ran, target, rule);
    Changes::between(then.reference.clone(), &then.findings, &of_target, &Rules { ran_then: &both, ran_now: &both, area: &area })
}

/// Whether the earlier state would have told of it. What it did not look at is not known to be old.
fn was_looked_at(finding: &Finding, then: &Then) -> bool {
    then.ran.contains(&finding.rule) && then.reference.target.as_deref().is_none_or(|t| t == finding.target)
}
