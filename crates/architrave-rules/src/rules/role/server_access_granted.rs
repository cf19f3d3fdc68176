//! `role/server-access-granted`: see `server_access_granted.md` for the rule's page.

use super::own::{logins, members_of};
use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/server-access-granted",
    summary: "roles that may use files and programs of the server",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("server_access_granted.md"),
    check: Check::Catalog(check),
};

const POWERS: &[(&str, Severity)] =
    &[("pg_execute_server_program", Severity::High), ("pg_write_server_files", Severity::High), ("pg_read_server_files", Severity::Medium)];

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<(&str, &str, Severity)> = Vec::new();
    for (power, severity) in POWERS {
        let members = members_of(catalog, power);
        found.extend(
            logins(catalog).filter(|r| !r.superuser && members.contains(r.name.as_str())).map(|r| (r.name.as_str(), *power, *severity)),
        );
    }
    let Some((first, power, _)) = found.first() else { return };
    let severity = found.iter().map(|(.., s)| *s).max().unwrap_or(RULE.severity);
    let mut names: Vec<&str> = found.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!("{} may use files or programs of the server: {first} has {power}", counted(names.len(), "role", "roles"));
    let why = "That is as good as being superuser. Revoke it (`revoke pg_… from …`) and load through the client: `\\copy` of psql and `copy … from stdin` need none of it.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, *first), message, why).severity(severity);
    for (name, power, _) in found {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, name), Some(power.to_owned()));
    }
    sink.report(draft);
}
