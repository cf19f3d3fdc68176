//! The house's word on findings: rules switched off or weighed anew, objects allowed with a reason and a last day.

use super::clock::rfc3339;
use crate::error::AppError;
use architrave_model::Finding;
use architrave_model::house::{Allowance, HouseRule, HouseRules};
use architrave_model::project::Project;

/// Findings after the house has spoken.
pub(super) struct Settled {
    pub(super) findings: Vec<Finding>,
    /// Findings the house allows, with its reason.
    pub(super) allowed: Vec<(Finding, String)>,
    /// Where a house rule overruled a built-in one.
    pub(super) overruled: Vec<String>,
}

/// Every rule that the house names exists.
pub(super) fn validate(project: &Project) -> Result<(), AppError> {
    let named = project.house.rules.iter().map(|r| &r.rule).chain(project.house.allowed.iter().map(|a| &a.rule));
    for rule in named {
        if architrave_rules::registry::find(rule).is_none() {
            let nearest = architrave_rules::registry::nearest(rule).map_or_else(String::new, |n| format!(", did you mean {n}?"));
            return Err(AppError::UnknownRule { place: "architrave.toml".to_owned(), rule: rule.clone(), nearest });
        }
    }
    Ok(())
}

pub(super) fn settle(project: &Project, findings: Vec<Finding>, now: f64) -> Settled {
    let house = &project.house;
    let today: String = rfc3339(now).chars().take(10).collect();
    let mut settled = Settled { findings: Vec::new(), allowed: Vec::new(), overruled: Vec::new() };
    for mut finding in findings {
        match word(house, &mut finding, &today) {
            None => settled.findings.push(finding),
            Some(reason) => {
                let line = format!("{} on {}: {reason}", finding.rule, finding.object);
                if !settled.overruled.contains(&line) {
                    settled.overruled.push(line);
                }
                settled.allowed.push((finding, reason));
            }
        }
    }
    for rule in &house.rules {
        if let Some(severity) = rule.severity {
            settled.overruled.push(format!("{} is {} here: {}", rule.rule, severity.word(), rule.reason));
        }
    }
    settled
}

/// The reason why the house allows this finding; none when it does not. May change the severity.
fn word(house: &HouseRules, finding: &mut Finding, today: &str) -> Option<String> {
    for setting in house.rules.iter().filter(|s| s.rule == finding.rule) {
        match setting.severity {
            None => return Some(setting.reason.clone()),
            Some(severity) => finding.severity = severity,
        }
    }
    let sentence = house.sentences.iter().find(|s| matches!(&s.rule, Some(HouseRule::AllowsRule { rule }) if *rule == finding.rule));
    if let Some(sentence) = sentence {
        return Some(format!("house rule “{}”", sentence.text));
    }
    house.allowed.iter().find(|a| covers(a, finding, today)).map(|a| a.reason.clone())
}

fn covers(allowance: &Allowance, finding: &Finding, today: &str) -> bool {
    allowance.rule == finding.rule
        && allowance.until.as_deref().is_none_or(|until| today <= until)
        && matches(&allowance.object, &finding.object.to_string())
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
    use super::matches;

    #[test]
    fn stars_match_any_run() {
        assert!(matches("public.orders", "public.orders"));
        assert!(!matches("public.orders", "public.orders.note"));
        assert!(matches("public.orders*", "public.orders.note"));
        assert!(matches("*.legacy_*", "public.legacy_users"));
        assert!(matches("public.*_old", "public.a_old_b_old"));
        assert!(!matches("public.*_old", "public.a_older"));
    }
}
