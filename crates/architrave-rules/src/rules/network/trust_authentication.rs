//! `network/trust-authentication`: see `trust_authentication.md` for the rule's page.

use super::hba::{Reach, describe, lines, reach, reached};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/trust-authentication",
    summary: "lines of pg_hba.conf that ask for no password",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("trust_authentication.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let found: Vec<&HbaRule> = reached(rules)
        .filter(|r| r.method == "trust" && reach(r, settings) != Reach::World && reach(r, settings) != Reach::Nobody)
        .collect();
    let Some(worst) = found.iter().max_by_key(|r| (reach(r, settings), -r.line)) else { return };
    let remote = reach(worst, settings) == Reach::Network;
    let severity = match (context.brief.environment.as_deref(), remote) {
        (Some("development"), _) => Severity::Low,
        (_, true) => Severity::Critical,
        (_, false) => Severity::Medium,
    };
    let from = if remote { "from other machines" } else { "on this machine" };
    let message = format!("line {} of pg_hba.conf lets in without a password {from}", worst.line);
    let why = "Whoever reaches it is whatever role they name, superusers included, who run programs on the machine. Steps: `peer` for sockets (`local`), `scram-sha-256` for addresses, give the roles passwords, \
               `select pg_reload_conf()`; pg_hba_file_rules shows what the server has read.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why).severity(severity);
    for rule in found {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(describe(rule)));
    }
    sink.report(draft);
}
