//! `network/identity-unproved`: see `identity_unproved.md` for the rule's page.

use super::hba::{Reach, describe, lines, reach, reached};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/identity-unproved",
    summary: "logins that believe what the client machine says",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("identity_unproved.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let found: Vec<&HbaRule> = reached(rules).filter(|r| r.method == "ident" && reach(r, settings) == Reach::Network).collect();
    let Some(first) = found.first() else { return };
    let why = "A daemon on the client's machine is asked who is calling, and believed. Take scram-sha-256 or certificates; `select pg_reload_conf()`.";
    let message = format!("line {} of pg_hba.conf believes the client's machine who is calling", first.line);
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why);
    for rule in found {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(describe(rule)));
    }
    sink.report(draft);
}
