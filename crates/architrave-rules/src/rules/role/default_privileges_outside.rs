//! `role/default-privileges-outside`: see `default_privileges_outside.md` for the rule's page.

use super::own::is_provider_role;
use crate::figures::{list, list_of};
use crate::outside::Outside;
use architrave_model::catalog::DefaultPrivileges;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "role/default-privileges-outside",
    summary: "default privileges that give outsiders the tables and functions to come",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("default_privileges_outside.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<Option<&str>, Vec<&DefaultPrivileges>> = BTreeMap::new();
    for entry in
        catalog.default_privileges.iter().filter(|e| matches!(e.kind.as_str(), "TABLES" | "FUNCTIONS") && !is_provider_role(&e.role))
    {
        let concerns = entry.schema.as_ref().is_none_or(|s| scope.covers(s) && outside.serves(s));
        if concerns && !given(context, entry).is_empty() {
            by_schema.entry(entry.schema.as_deref()).or_default().push(entry);
        }
    }
    for (schema, entries) in by_schema {
        sink.report(draft(context, schema, &entries));
    }
}

/// Outsiders that get something by the entry, with what they get. PUBLIC is another rule's.
fn given<'a>(context: &Context<'_>, entry: &'a DefaultPrivileges) -> Vec<(&'a str, &'a [String])> {
    let outsider = |name: &str| context.exposure.roles.iter().any(|r| r == name);
    entry
        .grants
        .iter()
        .filter(|g| outsider(&g.grantee) && !g.privileges.is_empty())
        .map(|g| (g.grantee.as_str(), g.privileges.as_slice()))
        .collect()
}

fn draft(context: &Context<'_>, schema: Option<&str>, entries: &[&DefaultPrivileges]) -> Draft {
    let distinct = |names: Vec<&str>| names.into_iter().collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let kinds: Vec<String> = distinct(entries.iter().map(|e| e.kind.as_str()).collect()).iter().map(|k| k.to_lowercase()).collect();
    let makers = distinct(entries.iter().map(|e| e.role.as_str()).collect());
    let roles = distinct(entries.iter().flat_map(|e| given(context, e)).map(|(role, _)| role).collect());
    let place = schema.map_or_else(String::new, |s| format!(" in schema {s}"));
    let message = format!("{} that {} makes{place} will be open to {}", list(&kinds), list_of(&makers, 2), list(&roles));
    let why = "No migration shows it: a table without row level security is open to the API in the moment it is made, and so is every function. Take the entry away and grant each new table in the migration that makes it, which Supabase does \
               by default since 30 October 2026.";
    let object = schema.map_or_else(|| ObjectRef::global(ObjectKind::Role, &makers[0]), |s| ObjectRef::global(ObjectKind::Schema, s));
    let mut draft = Draft::new(object, message, why);
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let within = schema.map_or_else(String::new, |s| format!(" in schema {}", quote_ident(s)));
    for entry in entries {
        let (kind, head) = (entry.kind.to_lowercase(), format!("alter default privileges for role {}{within}", quote_ident(&entry.role)));
        for (role, privileges) in given(context, entry) {
            let (words, to) = (privileges.join(", ").to_lowercase(), quote_ident(role));
            draft = draft.evidence(format!("default privileges of {role} on {kind} of {}", entry.role), words.as_str(), "pg_default_acl");
            up.push(format!("{head} revoke {words} on {kind} from {to}"));
            down.push(format!("{head} grant {words} on {kind} to {to}"));
        }
    }
    draft.fix(Fix {
        title: format!("grant what is made{place} by name"),
        up,
        down,
        transactional: true,
        effect: Effect::default(),
        caution: Some("what is there keeps its grants; each new table for the API needs its grant in its migration from then on".into()),
    })
}
