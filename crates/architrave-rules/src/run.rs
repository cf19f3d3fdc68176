//! Runs rules over one database and collects what they found, what ran and what could not.

use crate::registry;
use architrave_model::finding::{Confidence, Evidence, Severity};
use architrave_model::review::Lack;
use architrave_model::{Check, Context, Finding, ObjectRef, QualifiedName, Rule, Sink};

/// What a run brought.
pub struct Outcome {
    /// Findings: worst first, then by rule and object.
    pub findings: Vec<Finding>,
    /// Rules that came to a verdict.
    pub ran: Vec<&'static Rule>,
    /// Rules that did not (or not for all of their subject), each with the reason: a fragment without full stop.
    pub not_run: Vec<(&'static Rule, String)>,
}

/// Runs all rules but those about pending migrations, or only those of the given ids.
///
/// The catalogue always comes from the context; a rule whose further input is missing is listed in [`Outcome::not_run`].
pub fn run(context: &Context<'_>, only: Option<&[&str]>) -> Outcome {
    run_of(context, only, |check| !matches!(check, Check::Migration(_)))
}

/// Runs the rules about pending migrations, or only those of the given ids.
pub fn run_migrations(context: &Context<'_>, only: Option<&[&str]>) -> Outcome {
    run_of(context, only, |check| matches!(check, Check::Migration(_)))
}

fn run_of(context: &Context<'_>, only: Option<&[&str]>, kind: fn(&Check) -> bool) -> Outcome {
    let mut outcome = Outcome { findings: Vec::new(), ran: Vec::new(), not_run: Vec::new() };
    for rule in registry::all().filter(|r| kind(&r.check) && only.is_none_or(|ids| ids.contains(&r.id))) {
        let mut sink = Sink::new(rule);
        if !start(rule.check, context, &mut sink) {
            outcome.not_run.push((rule, format!("needs {}", rule.check.needs())));
            continue;
        }
        match sink.not_checked_because() {
            Some(reason) => outcome.not_run.push((rule, reason.to_owned())),
            None => outcome.ran.push(rule),
        }
        outcome.findings.extend(sink.into_findings().into_iter().filter_map(|finding| proven(context, finding)));
    }
    outcome.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.rule, &a.object).cmp(&(&b.rule, &b.object))));
    outcome
}

/// What a rule reports the absence of, as failed statements may have made it.
fn of_what_is_missing(rule: &str) -> &'static [Lack] {
    match rule {
        "index/foreign-key-unindexed" | "key/primary-key-missing" | "rls/policy-column-unindexed" => &[Lack::Index, Lack::Definition],
        "column/password-plain-text"
        | "rls/disabled-on-exposed-table"
        | "rls/policies-without-row-security"
        | "rls/published-without-row-security" => &[Lack::RowSecurity],
        "rls/only-restrictive-policies" | "rls/policy-missing" | "rls/read-policy-missing" | "rls/write-granted-without-policy" => {
            &[Lack::Policy]
        }
        "trigger/updated-at-unmaintained" => &[Lack::Trigger],
        _ => &[],
    }
}

/// Where the replay holds less of a table than the project has, what it lacks is *low* and *possible*. Of a table known from generated types only
/// nothing is said: its keys, indexes, policies and exact types are not in them.
fn proven(context: &Context<'_>, mut finding: Finding) -> Option<Finding> {
    let Some(replay) = context.replay.filter(|r| !(r.from_types.is_empty() && r.incomplete.is_empty())) else { return Some(finding) };
    let is_it = |object: &ObjectRef, t: &QualifiedName| {
        let table = object.table.as_deref().unwrap_or(&object.name);
        Some(t.schema.as_str()) == object.schema.as_deref() && t.name == table
    };
    let of_types = |object: &ObjectRef| replay.from_types.iter().any(|t| is_it(object, t));
    let places = finding.places.len();
    finding.places.retain(|place| !of_types(&place.object));
    if of_types(&finding.object) || (places > 0 && finding.places.is_empty()) {
        return None;
    }
    let missing = of_what_is_missing(&finding.rule);
    if replay.incomplete.iter().any(|i| missing.contains(&i.lacks) && is_it(&finding.object, &i.table)) {
        finding.severity = finding.severity.min(Severity::Low);
        finding.confidence = Confidence::Possible;
        finding.evidence.push(Evidence {
            fact: "what is known of the table".to_owned(),
            value: "less than its scripts say: a statement that would have made what is missing failed".into(),
            source: "private PostgreSQL".to_owned(),
        });
    }
    Some(finding)
}

/// False when the input of the check is missing.
fn start(check: Check, context: &Context<'_>, sink: &mut Sink<'_>) -> bool {
    match (check, context.stats, context.settings) {
        (Check::Replay(f), _, _) => match context.replay {
            Some(replay) => f(replay, context, sink),
            None => return false,
        },
        (Check::Drift(f), _, _) => match context.drift {
            Some(drift) => f(drift, context, sink),
            None => return false,
        },
        (Check::Plan(_), _, _) if context.explained.is_empty() => return false,
        (Check::Plan(f), _, _) => {
            for explained in context.explained {
                f(explained, context, sink);
            }
        }
        (Check::Twin(f), _, _) => match context.on_twin {
            Some(on_twin) => f(on_twin, context, sink),
            None => return false,
        },
        (Check::Migration(f), _, _) => match context.migrations {
            Some(migrations) => f(migrations, context, sink),
            None => return false,
        },
        (Check::Attack(f), _, _) => match context.attack {
            Some(attack) => f(attack, context, sink),
            None => return false,
        },
        (Check::Catalog(f), _, _) => f(context.catalog, context, sink),
        (Check::Stats(f), Some(stats), _) => f(context.catalog, stats, context, sink),
        (Check::Settings(f), _, Some(settings)) => f(settings, context, sink),
        (Check::Live(f), Some(stats), Some(settings)) => f(stats, settings, context, sink),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::ObjectKind;
    use architrave_model::review::{Incomplete, Replay};
    use architrave_model::rule::Draft;

    fn severity(replay: &Replay, rule: &'static str) -> Option<Severity> {
        let rule = registry::all().find(|r| r.id == rule).unwrap();
        let mut sink = Sink::new(rule);
        sink.report(Draft::new(ObjectRef::in_schema(ObjectKind::Table, "public", "orders"), "m", "w").severity(Severity::High));
        let (catalog, server, exposure) = Default::default();
        let (stack, house, brief) = Default::default();
        let context = Context { replay: Some(replay), ..Context::of(&catalog, &server, &exposure, &stack, &house, &brief) };
        proven(&context, sink.into_findings().remove(0)).map(|f| f.severity)
    }

    #[test]
    fn what_a_failed_statement_would_have_made_is_not_called_missing() {
        let table = QualifiedName::new("public", "orders");
        let lacks = |lacks| Replay { incomplete: vec![Incomplete { table: table.clone(), lacks }], ..Replay::default() };
        assert_eq!(severity(&lacks(Lack::RowSecurity), "rls/disabled-on-exposed-table"), Some(Severity::Low));
        assert_eq!(severity(&lacks(Lack::Index), "rls/disabled-on-exposed-table"), Some(Severity::High));
        assert_eq!(severity(&lacks(Lack::Policy), "rls/policy-always-true"), Some(Severity::High));
        assert_eq!(severity(&Replay { from_types: vec![table.clone()], ..Replay::default() }, "rls/policy-always-true"), None);
        assert_eq!(severity(&Replay::default(), "key/primary-key-missing"), Some(Severity::High));
    }
}
