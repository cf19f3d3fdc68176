//! `view/security-invoker-missing`: see `security_invoker_missing.md` for the rule's page.

use crate::condition;
use crate::figures::{list, list_of};
use crate::policies::reach::{covers, is_for};
use crate::statements::exclusive;
use architrave_model::catalog::{Policy, PolicyCommand, Table, View};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "view/security-invoker-missing",
    summary: "view that reads past the row level security of its tables",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("security_invoker_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let reviewed = |v: &&View| !v.materialized && v.extension.is_none() && scope.covers(&v.name.schema);
    for view in catalog.views.iter().filter(reviewed).filter(|v| !v.option_on("security_invoker")) {
        let readers = readers(context, view);
        let tables = protected_tables(catalog, view, &readers);
        if !tables.is_empty() && !readers.is_empty() {
            sink.report(draft(context, view, &tables, &readers));
        }
    }
}

/// Tables whose row level security keeps rows from a reader and that the view reads with its owner's rights, itself or through other such views.
fn protected_tables(catalog: &Catalog, view: &View, readers: &[&str]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut open: Vec<&QualifiedName> = view.depends_on.iter().collect();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        // Accounts of the platform are a finding of their own (view/users-exposed).
        let accounts = name.schema == "auth" && name.name == "users";
        let withholds = |t: &Table| t.rls_enabled && !readers.iter().all(|role| reads_all(t, role));
        if !accounts && catalog.table_named(name).is_some_and(withholds) {
            found.insert(name.to_string());
        }
        let inner = catalog.view(&name.schema, &name.name).filter(|v| !v.materialized && !v.option_on("security_invoker"));
        open.extend(inner.into_iter().flat_map(|v| &v.depends_on));
    }
    found.into_iter().collect()
}

/// Whether the role may read every row of the table itself: then the view shows him nothing more.
fn reads_all(table: &Table, role: &str) -> bool {
    let of_role = |p: &&Policy| covers(p, PolicyCommand::Select) && is_for(p, role);
    let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
    let always = |p: &Policy| p.using.as_ref().is_some_and(|e| condition::parse(e).always_true(&not_null, role == "authenticated"));
    let mut own = table.policies.iter().filter(of_role);
    let granted = table.grants.iter().any(|g| (g.is_public() || g.grantee == role) && g.has("SELECT"));
    granted && own.clone().all(|p| p.permissive) && own.any(always)
}

/// Roles other than the owner that row level security would bind and that may read the view.
fn readers<'a>(context: &Context<'a>, view: &'a View) -> Vec<&'a str> {
    let outside = context.exposure.reached_by(&view.name.schema, &view.grants);
    let reads = |role: &str| view.grants.iter().any(|g| (g.is_public() || g.grantee == role) && g.has("SELECT"));
    let outside: Vec<&str> = context.exposure.roles.iter().map(String::as_str).filter(|r| outside.contains(r) && reads(r)).collect();
    if !outside.is_empty() {
        return outside;
    }
    let bound = |role: &str| {
        role != view.owner && role != "service_role" && !context.catalog.role(role).is_some_and(|r| r.superuser || r.bypass_rls)
    };
    let mut inside: Vec<&str> = view.grants.iter().filter(|g| g.has("SELECT")).map(|g| g.grantee.as_str()).filter(|r| bound(r)).collect();
    inside.sort_unstable();
    inside.dedup();
    inside
}

fn draft(context: &Context<'_>, view: &View, tables: &[String], readers: &[&str]) -> Draft {
    let outside =
        context.exposure.roles.iter().any(|r| readers.contains(&r.as_str())) && context.exposure.schemas.contains(&view.name.schema);
    let severity = if outside { RULE.severity } else { Severity::Medium };
    let message = format!("{} shows {} every row of {}", view.name, list(readers), list_of(tables, 3));
    let why = format!(
        "A view reads its tables with the rights of its owner{}, so the policies of {} do not apply to whoever queries the view: {} may read every row through it. With \
         security_invoker the caller's own rights and policies count.",
        if view.owner.is_empty() { String::new() } else { format!(" ({})", view.owner) },
        list_of(tables, 3),
        list(readers)
    );
    let draft = Draft::new(ObjectRef::in_schema(ObjectKind::View, &view.name.schema, &view.name.name), message, why)
        .severity(severity)
        .evidence("tables with row level security behind it", tables.join(", "), "pg_depend")
        .evidence("roles that may read it", readers.join(", "), "pg_class.relacl");
    // Versions before 15 have no such option: take the privilege away, or put the condition into the view.
    if (1..15).contains(&context.server.major()) {
        return draft.evidence("security_invoker", "needs version 15", "server_version");
    }
    let sql = view.name.sql();
    let explicit = view.options.iter().find(|o| o.starts_with("security_invoker="));
    draft.fix(Fix {
        title: format!("let {} run with the rights of its caller", view.name),
        up: vec![format!("alter view {sql} set (security_invoker = true)")],
        down: vec![explicit.map_or_else(
            || format!("alter view {sql} reset (security_invoker)"),
            |_| format!("alter view {sql} set (security_invoker = false)"),
        )],
        transactional: true,
        effect: exclusive(&view.name),
        caution: Some(format!(
            "from then on {} need privileges and policies on {} themselves, and see only what those allow",
            list(readers),
            list_of(tables, 3)
        )),
    })
}
