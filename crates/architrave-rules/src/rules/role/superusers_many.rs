//! `role/superusers-many`: see `superusers_many.md` for the rule's page.

use super::own::logins;
use crate::figures::list_of;
use crate::rules::setting::advice::provider_keeps;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/superusers-many",
    summary: "more superusers than people who need to be",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("superusers_many.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    if provider_keeps(context, "superusers", sink) {
        return;
    }
    // The one that initdb made is not too many.
    let names: Vec<String> = logins(catalog).filter(|r| r.superuser).map(|r| r.name.clone()).collect();
    let severity = match names.len() {
        0..=2 => return,
        3..=5 => RULE.severity,
        _ => Severity::Medium,
    };
    let message = format!("{} superusers may log in: {}", names.len(), list_of(&names, 6));
    let why = "Nothing holds for them: no privilege, no policy, no limit; they run programs on the machine. Keep one for emergencies and one per person who administers. For the others: `alter role … \
               nosuperuser`, with what they need by name (pg_monitor, pg_read_all_data, ownership of their schema).";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, "superusers"), message, why).severity(severity);
    for name in &names {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, name), None);
    }
    sink.report(draft.evidence("superusers that may log in", names.len(), "pg_roles.rolsuper"));
}
