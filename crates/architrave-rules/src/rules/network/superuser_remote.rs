//! `network/superuser-remote`: see `superuser_remote.md` for the rule's page.

use super::hba::{Reach, admits_user, describe, lines, reach};
use crate::figures::list_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/superuser-remote",
    summary: "superusers who may log in from other machines",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("superuser_remote.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let mut found: Vec<(&HbaRule, Vec<String>)> = Vec::new();
    let superusers: Vec<&str> = context.catalog.roles.iter().filter(|r| r.superuser && r.login).map(|r| r.name.as_str()).collect();
    for (at, rule) in
        rules.iter().enumerate().filter(|(_, r)| reach(r, settings) == Reach::Network && !matches!(r.method.as_str(), "reject" | "cert"))
    {
        let who: Vec<String> = superusers.iter().filter(|name| admits_user(rules, at, name)).map(|n| (*n).to_owned()).collect();
        if !who.is_empty() && rule.client_certificate.is_none() {
            found.push((rule, who));
        }
    }
    let Some((first, who)) = found.first() else { return };
    let message = format!("line {} of pg_hba.conf lets {} in from other machines", first.line, list_of(who, 3));
    let why = "A superuser runs programs on the machine: one password is all that stands between the network and it. Put `host all <superuser> all reject` before the line, administer over a socket, and let \
               applications and migrations come as roles of their own; `select pg_reload_conf()`.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why);
    for (rule, who) in found {
        draft = draft.place(
            ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)),
            Some(format!("{}: {}", describe(rule), list_of(&who, 3))),
        );
    }
    sink.report(draft);
}
