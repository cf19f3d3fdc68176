//! `role/application-unbound`: see `application_unbound.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::{Catalog, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::privileged_use::AccountUse;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "role/application-unbound",
    summary: "account of the application that row level security does not bind",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("application_unbound.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let guarded: Vec<&Table> = Scope::of(catalog, context).tables().filter(|t| t.rls_enabled && !t.policies.is_empty()).collect();
    if guarded.is_empty() {
        return;
    }
    let mut by_role: BTreeMap<&str, Vec<&AccountUse>> = BTreeMap::new();
    for account in &context.stack.privileged.accounts {
        by_role.entry(&account.role).or_default().push(account);
    }
    for (name, places) in by_role {
        if let Some((because, tables, severity)) = unbound(catalog, context, &guarded, name) {
            sink.report(draft(name, &places, &because, &tables, severity));
        }
    }
}

/// Why policies do not hold for the role, the tables concerned, and how bad it is.
fn unbound<'a>(catalog: &Catalog, context: &Context<'_>, guarded: &[&'a Table], name: &str) -> Option<(String, Vec<&'a Table>, Severity)> {
    let role = catalog.role(name)?;
    if role.superuser {
        return Some(("it is a superuser".to_owned(), guarded.to_vec(), Severity::High));
    }
    if role.bypass_rls {
        return Some(("it has BYPASSRLS".to_owned(), guarded.to_vec(), RULE.severity));
    }
    let mut has = BTreeSet::from([name]);
    let mut open = vec![name];
    while let Some(next) = open.pop() {
        let inherited = catalog.memberships.iter().filter(|m| m.inherit && m.member == next).map(|m| m.role.as_str());
        open.extend(inherited.filter(|r| has.insert(r)).collect::<Vec<_>>());
    }
    let own: Vec<&Table> = guarded.iter().copied().filter(|t| !t.rls_forced && has.contains(t.owner.as_str())).collect();
    // Behind an API the policies are for the API; a back end beside it is often meant to be the owner.
    let severity = if context.exposure.is_none() { RULE.severity } else { Severity::Low };
    (!own.is_empty()).then(|| ("it owns them and row level security is not forced".to_owned(), own, severity))
}

/// Whether a file lies among scripts, tools and set-up rather than in the application.
fn is_tool(path: &str) -> bool {
    const FOLDERS: &[&str] = &["bin", "ci", "devops", "docker", "scripts", "script", "setup", "tools", "tool"];
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| FOLDERS.contains(&part.to_lowercase().as_str())))
}

fn draft(name: &str, places: &[&AccountUse], because: &str, tables: &[&Table], severity: Severity) -> Draft {
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "the project connects as {name}, which the policies of {} do not bind: {because}",
        counted(tables.len(), "table", "tables")
    );
    let why = format!(
        "The policies of {} are written, and for this connection they are not there: every query reads and writes all rows, and what keeps users apart is the WHERE of each statement. Connect as a role of its own that owns nothing and has no BYPASSRLS, or \
         force row level security on the tables (`alter table … force row level security`).",
        list_of(&names, 3)
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, name), message, why)
        .severity(severity)
        .evidence("tables with policies", tables.len(), "pg_policy")
        .evidence("connection strings with this account", places.len(), "the project's files");
    if places.iter().all(|place| is_tool(&place.location.path)) {
        draft = draft.severity(severity.min(Severity::Low)).confidence(Confidence::Possible).evidence(
            "folders of these files",
            "those of scripts and tools: the application itself may use another account".to_owned(),
            "the project's files",
        );
    }
    for place in places {
        draft = draft.place_at(ObjectRef::global(ObjectKind::File, &place.location.path), place.location.clone(), None);
    }
    draft
}
