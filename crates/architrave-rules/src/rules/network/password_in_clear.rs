//! `network/password-in-clear`: see `password_in_clear.md` for the rule's page.

use super::hba::{Reach, describe, lines, reach, reached};
use crate::rules::setting::advice::evident;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/password-in-clear",
    summary: "passwords that cross the network as they are typed",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("password_in_clear.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let tls = settings.on("ssl").unwrap_or(false);
    let sends = |r: &&HbaRule| matches!(r.method.as_str(), "password" | "ldap" | "pam" | "bsd" | "radius");
    let plain = |r: &&HbaRule| !tls || !matches!(r.kind.as_str(), "hostssl" | "hostgssenc");
    let found: Vec<&HbaRule> = reached(rules).filter(|r| reach(r, settings) == Reach::Network).filter(sends).filter(plain).collect();
    let Some(first) = found.first() else { return };
    let message = format!("line {} of pg_hba.conf takes passwords in clear text from other machines ({})", first.line, first.method);
    let why = "Whoever listens on the way has them. Steps: make the line `hostssl`, switch ssl on, and take scram-sha-256 where passwords are the server's own; `select pg_reload_conf()`.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why);
    for rule in found {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(describe(rule)));
    }
    sink.report(evident(draft, settings, &["ssl"]));
}
