//! What has become of findings since an earlier state: a baseline, an older snapshot or an older report.

use crate::finding::{Finding, Severity};
use crate::rule::Area;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A finding as an earlier state knew it: enough to tell what has become of it. The lines of a baseline file are these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFinding {
    /// Fingerprint.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Object, as findings print it.
    pub object: String,
    /// Severity then; none when it was not written down, and so cannot be told to have risen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Day on which it was first written down, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Its places (kind and name), sorted, one entry per place; none when they were not written down, and so cannot be told to be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<String>>,
}

impl KnownFinding {
    /// Findings as they are known later on, sorted by rule and object. Findings with one fingerprint (of several targets) are one.
    pub fn all(findings: &[Finding]) -> Vec<Self> {
        let mut known: BTreeMap<&str, Self> = BTreeMap::new();
        for finding in findings {
            let entry = known.entry(&finding.fingerprint).or_insert_with(|| Self {
                fingerprint: finding.fingerprint.clone(),
                rule: finding.rule.clone(),
                object: finding.object.to_string(),
                severity: Some(finding.severity),
                since: None,
                places: Some(Vec::new()),
            });
            entry.severity = entry.severity.max(Some(finding.severity));
            if let Some(places) = &mut entry.places {
                let more = missing(places, &places_of(finding));
                places.extend(more);
                places.sort();
            }
        }
        let mut all: Vec<Self> = known.into_values().collect();
        all.sort_by(|a, b| (&a.rule, &a.object, &a.fingerprint).cmp(&(&b.rule, &b.object, &b.fingerprint)));
        all
    }
}

/// The identities of a finding's places, sorted.
fn places_of(finding: &Finding) -> Vec<String> {
    let mut places: Vec<String> = finding.places.iter().map(|p| format!("{} {}", p.object.kind.word(), p.object)).collect();
    places.sort();
    places
}

/// What of `wanted` is not in `have`; two of one name need two. Both sorted.
fn missing(have: &[String], wanted: &[String]) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for name in have {
        *left.entry(name).or_default() += 1;
    }
    let is_missing = |name: &&String| match left.get_mut(name.as_str()) {
        Some(n) if *n > 0 => {
            *n -= 1;
            false
        }
        _ => true,
    };
    wanted.iter().filter(is_missing).cloned().collect()
}

/// What has become of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Not there before.
    New,
    /// Its severity rose.
    Regressed,
    /// It has places that it had not.
    Grown,
    /// Its severity fell, or it has fewer places.
    Eased,
    /// No longer found.
    Gone,
}

impl ChangeKind {
    /// Whether a ratchet lets it pass no more: it is worse than what was known.
    pub fn is_worse(self) -> bool {
        matches!(self, Self::New | Self::Regressed | Self::Grown)
    }
}

/// One finding that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What has become of it.
    pub kind: ChangeKind,
    /// Fingerprint.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Object, as findings print it.
    pub object: String,
    /// Severity now; of what is gone, the one it had. None when an old baseline did not write it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Severity then, where it is another one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Severity>,
    /// Places that it had not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Places that it has no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Day on which a baseline wrote it down first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// What findings are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// A baseline file.
    Baseline,
    /// An older snapshot, over which the rules were run, too.
    Snapshot,
    /// An older report in JSON.
    Report,
}

/// The earlier state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Kind.
    pub kind: ReferenceKind,
    /// File as it was named.
    pub file: String,
    /// Day it is of, `YYYY-MM-DD`, when it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The target that it is of; none when it is of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// Findings then and now, of one severity or area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Findings then.
    pub then: u32,
    /// Findings now.
    pub now: u32,
    /// Of those now: not there before.
    pub new: u32,
    /// Of those then: no longer found.
    pub gone: u32,
}

/// The comparison with one earlier state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What it is compared with.
    pub reference: Reference,
    /// What is not what it was: by kind, worst first.
    pub changes: Vec<Change>,
    /// Findings that are what they were.
    pub unchanged: u32,
    /// Findings of the earlier state whose rules did not run this time: neither there nor gone.
    pub not_checked: Vec<KnownFinding>,
    /// By severity, worst first, without those that had none at either time.
    pub by_severity: Vec<(Severity, Tally)>,
    /// By area, in the order of the scorecard, without those that had none at either time.
    pub by_area: Vec<(Area, Tally)>,
}

/// What a comparison must know about rules.
pub struct Rules<'a> {
    /// Whether it ran then, as far as can be told: otherwise its findings of now are no news, and are left out.
    pub ran_then: &'a dyn Fn(&str) -> bool,
    /// Whether it ran now: otherwise what is missing now is not gone.
    pub ran_now: &'a dyn Fn(&str) -> bool,
    /// Its area, of those that exist.
    pub area: &'a dyn Fn(&str) -> Option<Area>,
}

impl Changes {
    /// Compares the findings of an earlier state with those of now.
    pub fn between(reference: Reference, then: &[KnownFinding], now: &[Finding], rules: &Rules<'_>) -> Self {
        let mut before: BTreeMap<&str, &KnownFinding> = then.iter().map(|k| (k.fingerprint.as_str(), k)).collect();
        let mut all =
            Self { reference, changes: Vec::new(), unchanged: 0, not_checked: Vec::new(), by_severity: Vec::new(), by_area: Vec::new() };
        let mut tallies = Tallies::default();
        for finding in KnownFinding::all(now).into_iter().filter(|f| (rules.ran_then)(&f.rule)) {
            let known = before.remove(finding.fingerprint.as_str());
            tallies.now(&finding, known, rules);
            match change(&finding, known) {
                Some(change) => all.changes.push(change),
                None => all.unchanged += 1,
            }
        }
        for known in before.into_values() {
            if (rules.ran_now)(&known.rule) {
                tallies.gone(known, rules);
                all.changes.push(gone(known));
            } else {
                all.not_checked.push(known.clone());
            }
        }
        all.changes.sort_by(|a, b| {
            a.kind.cmp(&b.kind).then(b.severity.cmp(&a.severity)).then_with(|| (&a.rule, &a.object).cmp(&(&b.rule, &b.object)))
        });
        all.by_severity = Severity::ALL.into_iter().filter_map(|s| Some((s, tallies.by_severity.remove(&s)?))).collect();
        all.by_area = Area::ALL.into_iter().filter_map(|a| Some((a, tallies.by_area.remove(&a)?))).collect();
        all
    }

    /// The changes of one kind.
    pub fn of(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |c| c.kind == kind)
    }

    /// How many there are of one kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.of(kind).count()
    }

    /// The changes by fingerprint. What is not among them is what it was, or was not compared.
    pub fn by_fingerprint(&self) -> BTreeMap<&str, &Change> {
        self.changes.iter().map(|c| (c.fingerprint.as_str(), c)).collect()
    }

    /// Fingerprints of what is new or worse.
    pub fn worse(&self) -> BTreeSet<&str> {
        self.changes.iter().filter(|c| c.kind.is_worse()).map(|c| c.fingerprint.as_str()).collect()
    }
}

/// Then and now, counted.
#[derive(Default)]
struct Tallies {
    by_severity: BTreeMap<Severity, Tally>,
    by_area: BTreeMap<Area, Tally>,
}

impl Tallies {
    fn add(&mut self, rule: &str, severity: Option<Severity>, rules: &Rules<'_>, count: impl Fn(&mut Tally)) {
        if let Some(severity) = severity {
            count(self.by_severity.entry(severity).or_default());
        }
        if let Some(area) = (rules.area)(rule) {
            count(self.by_area.entry(area).or_default());
        }
    }

    fn now(&mut self, finding: &KnownFinding, known: Option<&KnownFinding>, rules: &Rules<'_>) {
        let is_new = u32::from(known.is_none());
        self.add(&finding.rule, finding.severity, rules, |tally| {
            tally.now += 1;
            tally.new += is_new;
        });
        if let Some(known) = known {
            self.add(&finding.rule, known.severity.or(finding.severity), rules, |tally| tally.then += 1);
        }
    }

    fn gone(&mut self, known: &KnownFinding, rules: &Rules<'_>) {
        self.add(&known.rule, known.severity, rules, |tally| {
            tally.then += 1;
            tally.gone += 1;
        });
    }
}

/// What has become of a finding that is there now; none when it is what it was.
fn change(finding: &KnownFinding, known: Option<&KnownFinding>) -> Option<Change> {
    let mut change = Change {
        kind: ChangeKind::New,
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        object: finding.object.clone(),
        severity: finding.severity,
        was: None,
        added: Vec::new(),
        removed: Vec::new(),
        since: None,
    };
    let Some(known) = known else { return Some(change) };
    change.since.clone_from(&known.since);
    change.was = known.severity.filter(|was| Some(*was) != finding.severity);
    if let (Some(then), Some(now)) = (&known.places, &finding.places) {
        change.added = missing(then, now);
        change.removed = missing(now, then);
    }
    change.kind = if change.was.is_some_and(|was| Some(was) < finding.severity) {
        ChangeKind::Regressed
    } else if !change.added.is_empty() {
        ChangeKind::Grown
    } else if change.was.is_some() || !change.removed.is_empty() {
        ChangeKind::Eased
    } else {
        return None;
    };
    Some(change)
}

fn gone(known: &KnownFinding) -> Change {
    Change {
        kind: ChangeKind::Gone,
        fingerprint: known.fingerprint.clone(),
        rule: known.rule.clone(),
        object: known.object.clone(),
        severity: known.severity,
        was: None,
        added: Vec::new(),
        removed: Vec::new(),
        since: known.since.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(rule: &str, severity: Severity, places: &[&str]) -> KnownFinding {
        KnownFinding {
            fingerprint: format!("print of {rule}"),
            rule: rule.to_owned(),
            object: "public.orders".to_owned(),
            severity: Some(severity),
            since: Some("2026-01-31".to_owned()),
            places: Some(places.iter().map(|p| (*p).to_owned()).collect()),
        }
    }

    fn kind(then: &KnownFinding, now: &KnownFinding) -> Option<(ChangeKind, usize, usize)> {
        change(now, Some(then)).map(|c| (c.kind, c.added.len(), c.removed.len()))
    }

    #[test]
    fn what_rose_regressed_and_what_has_more_places_has_grown() {
        let then = known("a/b", Severity::Medium, &["column x", "column y"]);
        assert_eq!(kind(&then, &then), None);
        assert_eq!(kind(&then, &known("a/b", Severity::High, &["column x", "column y"])), Some((ChangeKind::Regressed, 0, 0)));
        assert_eq!(kind(&then, &known("a/b", Severity::Low, &["column x", "column y"])), Some((ChangeKind::Eased, 0, 0)));
        assert_eq!(kind(&then, &known("a/b", Severity::Medium, &["column x", "column z"])), Some((ChangeKind::Grown, 1, 1)));
        assert_eq!(kind(&then, &known("a/b", Severity::Medium, &["column x"])), Some((ChangeKind::Eased, 0, 1)));
    }

    #[test]
    fn two_places_of_one_name_are_two() {
        let then = known("a/b", Severity::Low, &["file x"]);
        assert_eq!(kind(&then, &known("a/b", Severity::Low, &["file x", "file x"])), Some((ChangeKind::Grown, 1, 0)));
    }

    #[test]
    fn what_was_not_written_down_cannot_have_changed() {
        let bare = KnownFinding { severity: None, places: None, ..known("a/b", Severity::Low, &[]) };
        assert_eq!(kind(&bare, &known("a/b", Severity::Critical, &["column x"])), None);
    }

    #[test]
    fn what_was_not_checked_is_not_gone() {
        let then = [known("a/ran", Severity::High, &[]), known("b/did-not", Severity::Low, &[])];
        let reference = Reference { kind: ReferenceKind::Baseline, file: "b.json".into(), day: None, target: None };
        let rules = Rules { ran_then: &|_| true, ran_now: &|rule| rule == "a/ran", area: &|_| Some(Area::Types) };
        let changes = Changes::between(reference, &then, &[], &rules);
        assert_eq!(changes.of(ChangeKind::Gone).map(|c| c.rule.as_str()).collect::<Vec<_>>(), ["a/ran"]);
        assert_eq!(changes.not_checked.len(), 1);
        assert_eq!(changes.by_severity, [(Severity::High, Tally { then: 1, now: 0, new: 0, gone: 1 })]);
        assert_eq!(changes.by_area.len(), 1);
    }
}
