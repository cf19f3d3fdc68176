//! `network/line-unreached`: see `line_unreached.md` for the rule's page.

use super::hba::{decider, describe, lines};
use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/line-unreached",
    summary: "lines of pg_hba.conf that no connection reaches",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("line_unreached.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let mut found: Vec<(&HbaRule, &HbaRule, Severity)> = Vec::new();
    for (at, rule) in rules.iter().enumerate().filter(|(_, r)| r.error.is_none()) {
        if let Some(first) = decider(rules, at) {
            found.push((rule, first, severity(rule, first)));
        }
    }
    let Some((later, first, worst)) = found.iter().max_by_key(|(r, _, s)| (*s, -r.line)).copied() else { return };
    let message = format!(
        "{} of pg_hba.conf {} never reached: line {} ({}) behind line {} ({})",
        counted(found.len(), "line", "lines"),
        if found.len() == 1 { "is" } else { "are" },
        later.line,
        later.method,
        first.line,
        first.method
    );
    let why = "The first line that matches decides, and a later one is not asked, even when the password is wrong. Put the narrower line first, or take it away; `select pg_reload_conf()`.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why).severity(worst);
    for (rule, first, _) in found {
        draft = draft.place(
            ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)),
            Some(format!("{}; line {} decides", describe(rule), first.line)),
        );
    }
    sink.report(draft);
}

/// A line that was meant to be stricter is worse than one that repeats another.
fn severity(rule: &HbaRule, first: &HbaRule) -> Severity {
    let strictness = |method: &str| match method {
        "trust" => 0,
        "ident" => 1,
        "password" => 2,
        "md5" => 3,
        "cert" => 5,
        "reject" => 6,
        _ => 4,
    };
    let (later, first) = (strictness(&rule.method), strictness(&first.method));
    if later == first {
        Severity::Info
    } else if later > first && (later == 6 || first <= 2) {
        Severity::Medium
    } else {
        RULE.severity
    }
}
