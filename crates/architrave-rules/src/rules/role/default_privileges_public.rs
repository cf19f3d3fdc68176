//! `role/default-privileges-public`: see `default_privileges_public.md` for the rule's page.

use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/default-privileges-public",
    summary: "default privileges that give everybody the tables to come",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("default_privileges_public.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    for entry in &catalog.default_privileges {
        if !matches!(entry.kind.as_str(), "TABLES" | "SEQUENCES" | "SCHEMAS") {
            continue;
        }
        let held: Vec<String> = entry.grants.iter().filter(|g| g.is_public()).flat_map(|g| g.privileges.clone()).collect();
        if held.is_empty() {
            continue;
        }
        let (kind, words) = (entry.kind.to_lowercase(), held.join(", ").to_lowercase());
        let place = entry.schema.as_ref().map_or_else(String::new, |s| format!(" in schema {s}"));
        let sql = entry.schema.as_ref().map_or_else(String::new, |s| format!(" in schema {}", quote_ident(s)));
        let head = format!("alter default privileges for role {}{sql}", quote_ident(&entry.role));
        let object = match &entry.schema {
            Some(schema) => ObjectRef::global(ObjectKind::Schema, schema),
            None => ObjectRef::global(ObjectKind::Role, &entry.role),
        };
        let message = format!("{kind} that {} makes{place} will be for every role: {words}", entry.role);
        let why = "No migration shows it: each new object is open to every role there is and will be. Take the entry away, then look at what has been made under it.";
        let draft =
            Draft::new(object, message, why).evidence(format!("default privileges of PUBLIC on {kind}"), words.as_str(), "pg_default_acl");
        sink.report(draft.fix(Fix {
            title: format!("take {kind} to come from PUBLIC"),
            up: vec![format!("{head} revoke {words} on {kind} from public")],
            down: vec![format!("{head} grant {words} on {kind} to public")],
            transactional: true,
            effect: Effect::default(),
            caution: None,
        }));
    }
}
