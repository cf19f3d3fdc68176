//! `role/password-expiring`: see `password_expiring.md` for the rule's page.

use super::own::logins;
use crate::figures::duration;
use architrave_model::catalog::Role;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/password-expiring",
    summary: "passwords that end soon, or have ended",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("password_expiring.md"),
    check: Check::Catalog(check),
};

/// A month.
const NOTICE: f64 = 30.0 * 86_400.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<(&Role, f64)> = Vec::new();
    for role in logins(catalog) {
        if let Some(left) = role.valid_until.map(|end| end - context.now).filter(|left| *left < NOTICE) {
            found.push((role, left));
        }
    }
    let Some((first, left)) = found.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let works = |name: &str| context.stats.is_some_and(|s| s.sessions.iter().any(|r| r.role == name && r.sessions > 0));
    let soon = found.iter().any(|(role, left)| *left >= 0.0 || works(&role.name));
    let when = if *left >= 0.0 { format!("ends in {}", duration(*left)) } else { format!("ended {} ago", duration(-left)) };
    let message = format!(
        "the password of {} {when}{}",
        first.name,
        if found.len() > 1 { format!(", and {} more are near or over", found.len() - 1) } else { String::new() }
    );
    let why = "From then on new connections of the role are refused, and pools run dry one connection after the other. Set a new password with a new date (`\\password`, `alter role … valid until …`), or drop a \
               role that nobody needs.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, &first.name), message, why).severity(if soon {
        RULE.severity
    } else {
        Severity::Low
    });
    for (role, left) in &found {
        let when = if *left >= 0.0 { format!("ends in {}", duration(*left)) } else { format!("ended {} ago", duration(-left)) };
        draft = draft.place(ObjectRef::global(ObjectKind::Role, &role.name), Some(when));
    }
    sink.report(draft);
}
