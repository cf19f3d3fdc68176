//! The house's word on findings: rules switched off or weighed anew, objects allowed with a reason and a last day.

use super::clock::day;
use crate::error::AppError;
use architrave_model::finding::Place;
use architrave_model::house::{Allowance, AllowanceUse, HouseRule, HouseRules};
use architrave_model::project::Project;
use architrave_model::{Finding, ObjectRef, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Findings after the house has spoken.
pub(crate) struct Settled {
    pub(crate) findings: Vec<Finding>,
    /// Findings the house allows, with its reason.
    pub(crate) allowed: Vec<(Finding, String)>,
    /// Where a house rule overruled a built-in one.
    pub(crate) overruled: Vec<String>,
    /// What came of each `[[allow]]`.
    pub(crate) allowances: Vec<AllowanceUse>,
}

/// Every rule that the house names exists.
pub(crate) fn validate(project: &Project) -> Result<(), AppError> {
    let named = project.house.rules.iter().map(|r| &r.rule).chain(project.house.allowed.iter().map(|a| &a.rule));
    for rule in named {
        if architrave_rules::registry::find(rule).is_none() {
            let nearest = architrave_rules::registry::nearest(rule).map_or_else(String::new, |n| format!(", did you mean {n}?"));
            return Err(AppError::UnknownRule { place: "architrave.toml".to_owned(), rule: rule.clone(), nearest });
        }
    }
    Ok(())
}

/// Findings as the house sees them.
pub(crate) fn settle(project: &Project, findings: Vec<Finding>, now: f64) -> Settled {
    let house = &project.house;
    let mut book = Book::new(house, &day(now));
    let mut settled = Settled { findings: Vec::new(), allowed: Vec::new(), overruled: Vec::new(), allowances: Vec::new() };
    for mut finding in findings {
        match word(house, &mut finding) {
            Some(reason) => {
                let line = format!("{} on {}: {reason}", finding.rule, finding.object);
                if !settled.overruled.contains(&line) {
                    settled.overruled.push(line);
                }
                settled.allowed.push((finding, reason));
            }
            None => match book.apply(finding) {
                Applied::Stays(finding) => settled.findings.push(finding),
                Applied::Allowed(finding, reason) => {
                    settled.overruled.push(format!("{} on {}: {reason}", finding.rule, finding.object));
                    settled.allowed.push((finding, reason));
                }
                Applied::InPart(finding, allowed) => {
                    settled.findings.push(finding);
                    settled.allowed.extend(allowed);
                }
            },
        }
    }
    let mut seen = BTreeSet::new();
    settled.overruled.retain(|line| seen.insert(line.clone()));
    for rule in &house.rules {
        if let Some(severity) = rule.severity {
            settled.overruled.push(format!("{} is {} here: {}", rule.rule, severity.word(), rule.reason));
        }
    }
    settled.allowances = book.uses;
    settled
}

/// Notes which allowances' rules ran: what they match nothing of was looked for.
pub(crate) fn note_checked(allowances: &mut [AllowanceUse], house: &HouseRules, ran: &[&Rule]) {
    for (allowance, entry) in house.allowed.iter().zip(allowances) {
        entry.checked = ran.iter().any(|r| r.id == allowance.rule);
    }
}

/// The reason why the house wants nothing of this rule; none when it does. May change the severity.
fn word(house: &HouseRules, finding: &mut Finding) -> Option<String> {
    for setting in house.rules.iter().filter(|s| s.rule == finding.rule) {
        match setting.severity {
            None => return Some(setting.reason.clone()),
            Some(severity) => finding.severity = severity,
        }
    }
    let sentence = house.sentences.iter().find(|s| matches!(&s.rule, Some(HouseRule::AllowsRule { rule }) if *rule == finding.rule));
    sentence.map(|sentence| format!("house rule “{}”", sentence.text))
}

/// What the allowances make of a finding.
enum Applied {
    /// None covers it.
    Stays(Finding),
    /// One covers it, with this reason.
    Allowed(Finding, String),
    /// Some of its places are covered: the finding without them, and a part per reason.
    InPart(Finding, Vec<(Finding, String)>),
}

/// The allowances of the house, and what each has done so far.
struct Book<'a> {
    allowed: &'a [Allowance],
    uses: Vec<AllowanceUse>,
}

impl<'a> Book<'a> {
    fn new(house: &'a HouseRules, today: &str) -> Self {
        let expired = |a: &Allowance| a.until.as_deref().is_some_and(|until| until < today);
        let uses = house.allowed.iter().map(|a| AllowanceUse { expired: expired(a), findings: 0, checked: false }).collect();
        Self { allowed: &house.allowed, uses }
    }

    /// The first allowance in force that matches; every expired one that does is noted as missed.
    fn covering(&mut self, rule: &str, object: &ObjectRef) -> Option<usize> {
        let name = object.to_string();
        let mut covering = None;
        for (at, allowance) in self.allowed.iter().enumerate() {
            if allowance.rule != rule || !matches(&allowance.object, &name) {
                continue;
            }
            if self.uses[at].expired {
                self.uses[at].findings += 1;
            } else {
                covering = covering.or(Some(at));
            }
        }
        covering
    }

    fn apply(&mut self, finding: Finding) -> Applied {
        if let Some(at) = self.covering(&finding.rule, &finding.object) {
            self.uses[at].findings += 1;
            let reason = self.allowed[at].reason.clone();
            return Applied::Allowed(finding, reason);
        }
        let mut by_allowance: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
        let mut rest = Vec::new();
        for place in &finding.places {
            match self.covering(&finding.rule, &place.object) {
                Some(at) => by_allowance.entry(at).or_default().push(place.clone()),
                None => rest.push(place.clone()),
            }
        }
        if by_allowance.is_empty() {
            return Applied::Stays(finding);
        }
        let parts: Vec<(Finding, String)> = by_allowance
            .into_iter()
            .map(|(at, places)| {
                self.uses[at].findings += 1;
                let message = format!("{} ({} of {} places)", finding.message, places.len(), finding.places.len());
                (Finding { message, places, fix: None, proof: None, ..finding.clone() }, self.allowed[at].reason.clone())
            })
            .collect();
        if rest.is_empty() {
            let reasons: BTreeSet<String> = parts.into_iter().map(|(_, reason)| reason).collect();
            return Applied::Allowed(finding, reasons.into_iter().collect::<Vec<_>>().join("; "));
        }
        Applied::InPart(without(finding, rest), parts)
    }
}

/// The finding with only these of its places. Its statements are not taken apart: which of them is about which place is the rule's to know.
fn without(mut finding: Finding, rest: Vec<Place>) -> Finding {
    let allowed = finding.places.len() - rest.len();
    finding.message = format!("{} ({allowed} of {} places allowed)", finding.message, finding.places.len());
    finding.places = rest;
    if finding.location.is_some() {
        finding.location = finding.places.iter().find_map(|p| p.location.clone()).or(finding.location);
    }
    if let Some(fix) = finding.fix.as_mut().filter(|f| !f.up.is_empty()) {
        let leave = "The statements are about the allowed places, too: leave those out.";
        fix.caution = Some(fix.caution.take().map_or_else(|| leave.to_owned(), |caution| format!("{caution} {leave}")));
    }
    finding
}

/// `*` stands for any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut last_part = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last_part = Some(part);
    }
    match last_part {
        None => rest.is_empty(),
        Some("") => true,
        Some(part) => rest.is_empty() || text.ends_with(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::finding::{Confidence, Effort};
    use architrave_model::{ObjectKind, QualifiedName, Severity};

    #[test]
    fn stars_match_any_run() {
        assert!(matches("public.orders", "public.orders"));
        assert!(!matches("public.orders", "public.orders.note"));
        assert!(matches("public.orders*", "public.orders.note"));
        assert!(matches("*.legacy_*", "public.legacy_users"));
        assert!(matches("public.*_old", "public.a_old_b_old"));
        assert!(!matches("public.*_old", "public.a_older"));
    }

    const RULE: &str = "type/timestamp-without-zone";

    fn columns(names: &[&str]) -> Finding {
        let table = QualifiedName::new("public", "orders");
        let place = |name: &&str| Place { object: ObjectRef::column(&table, *name), location: None, detail: None };
        Finding {
            rule: RULE.into(),
            fingerprint: String::new(),
            severity: Severity::Medium,
            confidence: Confidence::Certain,
            engine: "postgresql".into(),
            target: String::new(),
            object: ObjectRef::global(ObjectKind::Database, "shop"),
            places: names.iter().map(place).collect(),
            location: None,
            message: format!("{} columns are timestamp without time zone", names.len()),
            why: String::new(),
            evidence: Vec::new(),
            fix: None,
            proof: None,
            safe: None,
            effort: Effort::Small,
            references: Vec::new(),
        }
    }

    fn settled(allowances: &[(&str, Option<&str>)], finding: Finding) -> Settled {
        let mut project = Project::default();
        let allowance = |(object, until): &(&str, Option<&str>)| Allowance {
            rule: RULE.into(),
            object: (*object).into(),
            reason: format!("because of {object}"),
            until: until.map(Into::into),
            location: architrave_model::script::Location::default(),
        };
        project.house.allowed = allowances.iter().map(allowance).collect();
        // 2024-02-29.
        settle(&project, vec![finding], 1_709_210_096.5)
    }

    #[test]
    fn a_single_place_can_be_allowed() {
        let settled = settled(&[("public.orders.a", None), ("public.people.*", None)], columns(&["a", "b", "c"]));
        assert_eq!(settled.findings[0].places.len(), 2);
        assert_eq!(settled.findings[0].message, "3 columns are timestamp without time zone (1 of 3 places allowed)");
        assert_eq!(settled.allowed.len(), 1);
        let uses: Vec<u32> = settled.allowances.iter().map(|u| u.findings).collect();
        assert_eq!(uses, [1, 0]);
    }

    #[test]
    fn a_finding_without_a_place_left_is_allowed() {
        let settled = settled(&[("public.orders.*", None)], columns(&["a", "b"]));
        assert!(settled.findings.is_empty());
        assert_eq!((settled.allowed.len(), settled.allowed[0].0.places.len()), (1, 2));
    }

    #[test]
    fn an_allowance_holds_on_its_last_day_and_not_after() {
        let holds = |until: &str| settled(&[("shop", Some(until))], columns(&["a"]));
        assert!(holds("2024-02-29").findings.is_empty());
        let expired = holds("2024-02-28");
        assert_eq!(expired.findings.len(), 1);
        assert_eq!(expired.allowances, [AllowanceUse { expired: true, findings: 1, checked: false }]);
    }
}
