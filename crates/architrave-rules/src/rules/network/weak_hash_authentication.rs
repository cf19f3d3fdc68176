//! `network/weak-hash-authentication`: see `weak_hash_authentication.md` for the rule's page.

use super::hba::{Reach, describe, lines, reach, reached};
use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/weak-hash-authentication",
    summary: "lines of pg_hba.conf that accept MD5",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("weak_hash_authentication.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    let found: Vec<&HbaRule> =
        reached(rules).filter(|r| r.method == "md5" && !matches!(reach(r, settings), Reach::World | Reach::Nobody)).collect();
    let Some(first) = found.first() else { return };
    let stored = settings.passwords.as_ref().map(|p| p.iter().filter(|p| p.kind == "md5").count());
    let mut why = "A stored MD5 hash is as good as the password, and the method is deprecated since 18. Steps: password_encryption = scram-sha-256, let each role set its password again (`\\password` of \
                   psql), then scram-sha-256 in the line and `select pg_reload_conf()`."
        .to_owned();
    if let Some(stored) = stored {
        why.extend([format!(" {} stored as MD5.", counted(stored, "password is", "passwords are"))]);
    }
    let severity = if stored == Some(0) { Severity::Info } else { RULE.severity };
    let message = format!(
        "{} of pg_hba.conf {} MD5, line {} first",
        counted(found.len(), "line", "lines"),
        if found.len() == 1 { "accepts" } else { "accept" },
        first.line
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why).severity(severity);
    for rule in found {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(describe(rule)));
    }
    sink.report(draft);
}
