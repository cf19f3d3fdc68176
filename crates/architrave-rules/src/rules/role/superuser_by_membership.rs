//! `role/superuser-by-membership`: see `superuser_by_membership.md` for the rule's page.

use super::own::{logins, members_of};
use crate::figures::counted;
use architrave_model::catalog::Role;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/superuser-by-membership",
    summary: "roles that become superuser through a membership",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("superuser_by_membership.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let supers: Vec<&Role> = catalog.roles.iter().filter(|r| r.superuser).collect();
    let mut found: Vec<(&str, &str)> = Vec::new();
    for superuser in supers {
        let refuses = |member: &str| catalog.memberships.iter().any(|m| m.member == member && m.role == superuser.name && !m.set);
        let members = members_of(catalog, &superuser.name);
        found.extend(
            logins(catalog)
                .filter(|r| !r.superuser && members.contains(r.name.as_str()) && !refuses(&r.name))
                .map(|r| (r.name.as_str(), superuser.name.as_str())),
        );
    }
    let Some((first, superuser)) = found.first() else { return };
    let message = format!("{} can become superuser by set role: {first} ({superuser}) first", counted(found.len(), "role", "roles"));
    let why = "`set role` asks for no password. Revoke the membership (`revoke … from …`), and grant what is needed by name.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, *superuser), message, why);
    for (name, superuser) in &found {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, *name), Some(format!("member of {superuser}, directly or through others")));
    }
    sink.report(draft);
}
