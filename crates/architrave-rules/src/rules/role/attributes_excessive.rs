//! `role/attributes-excessive`: see `attributes_excessive.md` for the rule's page.

use super::own::logins;
use crate::figures::{counted, list};
use architrave_model::catalog::Role;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/attributes-excessive",
    summary: "roles that log in with attributes of an administrator",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("attributes_excessive.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let policies = catalog.tables.iter().any(|t| t.rls_enabled);
    let before_16 = (1..16).contains(&context.server.major());
    let mut found: Vec<(&Role, Vec<&str>, Severity)> = Vec::new();
    for role in logins(catalog).filter(|r| !r.superuser && r.name != "postgres" && r.name != context.server.database_owner) {
        let held = [
            (role.bypass_rls, "BYPASSRLS", if policies { Severity::Medium } else { Severity::Low }),
            (role.create_role, "CREATEROLE", if before_16 { Severity::Medium } else { Severity::Low }),
            (role.replication, "REPLICATION", Severity::Low),
            (role.create_db, "CREATEDB", Severity::Info),
        ];
        let held: Vec<_> = held.into_iter().filter(|(holds, ..)| *holds).collect();
        if let Some(worst) = held.iter().map(|(.., severity)| *severity).max() {
            found.push((role, held.iter().map(|(_, word, _)| *word).collect(), worst));
        }
    }
    let Some(severity) = found.iter().map(|(.., severity)| *severity).max() else { return };
    // What a provider gives to its customers is bounded by the provider.
    let severity = if context.server.platform.is_managed() { severity.min(Severity::Low) } else { severity };
    let Some((first, words, _)) = found.iter().max_by_key(|(.., s)| *s) else { return };
    let message = format!(
        "{} in with attributes of an administrator: {} with {}",
        counted(found.len(), "role logs", "roles log"),
        first.name,
        list(words)
    );
    let why = "An application needs none of them: BYPASSRLS makes policies void, CREATEROLE makes roles with more rights than its own (before 16 members of any but superusers), REPLICATION copies the whole \
               cluster. Take them away (`alter role … nocreaterole nobypassrls`), or move them to a role that does not log in.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, &first.name), message, why).severity(severity);
    for (role, words, _) in &found {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, &role.name), Some(words.join(", ")));
    }
    sink.report(draft);
}
