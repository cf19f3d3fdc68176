//! `role/password-weak-hash`: see `password_weak_hash.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::setting::advice::{change, evident, global, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/password-weak-hash",
    summary: "passwords stored as MD5",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("password_weak_hash.md"),
    check: Check::Settings(check),
};

const NAME: &str = "password_encryption";

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let makes_more = global(settings, NAME).is_some_and(|s| matches!(s.value.as_str(), "md5" | "on"));
    let weak: Vec<_> = settings.passwords.iter().flatten().filter(|p| p.kind == "md5").collect();
    if weak.is_empty() {
        if makes_more {
            let why = format!(
                "Each password that is set from now on is stored as a hash that is as good as the password itself.{} Stored ones stay until they are set again.",
                change(settings, context, &[(NAME, "scram-sha-256")])
            );
            sink.report(evident(on_setting(NAME, "new passwords are stored as MD5", why).severity(Severity::Low), settings, &[NAME]));
        }
        if settings.passwords.is_none() {
            sink.not_checked("how passwords are stored is readable for superusers only");
        }
        return;
    }
    let guessed: Vec<String> = weak.iter().filter(|p| p.is_own_name).map(|p| p.role.clone()).collect();
    let names: Vec<String> = weak.iter().map(|p| p.role.clone()).collect();
    let mut message = format!(
        "the {} as MD5: {}",
        counted(weak.len(), "password of a role is stored", "passwords of roles are stored"),
        list_of(&names, 5)
    );
    if !guessed.is_empty() {
        message.push_str(&format!("; that of {} is the name itself", list_of(&guessed, 3)));
    }
    let mut why = "Whoever finds the hash in an old backup logs in with it. Steps: let each role set its password again (`\\password` of psql, or the deployment), then ask for scram-sha-256 in pg_hba.conf.".to_owned();
    if makes_more {
        why.push_str(&change(settings, context, &[(NAME, "scram-sha-256")]));
    }
    let severity = if guessed.is_empty() { RULE.severity } else { Severity::Critical };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, "passwords"), message, why).severity(severity);
    for entry in weak {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, &entry.role), entry.is_own_name.then(|| "its own name".to_owned()));
    }
    sink.report(evident(draft, settings, &[NAME]));
}
