//! `role/application-is-superuser`: see `application_is_superuser.md` for the rule's page.

use super::own::is_provider_role;
use crate::figures::counted;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "role/application-is-superuser",
    summary: "application that works as superuser",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("application_is_superuser.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    if stats.sessions.is_empty() {
        if stats.activity.is_none() {
            sink.not_checked("the sessions of the server were not readable");
        }
        return;
    }
    for seen in stats.sessions.iter().filter(|s| !is_provider_role(&s.role) && (s.remote > 0 || s.sessions >= 5)) {
        if !catalog.role(&seen.role).is_some_and(|r| r.superuser) {
            continue;
        }
        let message = format!(
            "{} work as superuser {}, {} of them from other machines",
            counted(seen.sessions.max(0) as usize, "session", "sessions"),
            seen.role,
            seen.remote
        );
        let why = "Whoever gets a statement into such a session has the machine: superusers run programs on it, and no privilege or policy holds for them. Make a role for the application (`create role … login \
                   nosuperuser`), grant it what it needs, let another own the tables, and move the connection string over.";
        let severity = if seen.remote > 0 { RULE.severity } else { Severity::Medium };
        sink.report(
            Draft::new(ObjectRef::global(ObjectKind::Role, &seen.role), message, why)
                .severity(severity)
                .evidence("sessions", seen.sessions, "pg_stat_activity.usename")
                .evidence("from other machines", seen.remote, "pg_stat_activity.client_addr"),
        );
    }
}
