//! Whom policies bind: the roles that come in, what they may do, and the tables that are looked at.

use super::reading::Names;
use architrave_model::catalog::{Grant, Policy, PolicyCommand, Table};
use architrave_model::finding::Severity;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Context};

/// Platform tables on which a project writes policies of its own.
const PLATFORM_TABLES: [(&str, &str); 2] = [("storage", "objects"), ("realtime", "messages")];

/// Tables with policies that are looked at: the reviewed ones, and those of Supabase that projects write policies on.
pub(crate) fn tables_with_policies<'a>(catalog: &'a Catalog, context: &Context<'_>) -> Vec<&'a Table> {
    let scope = Scope::of(catalog, context);
    let own = scope.tables();
    let platform =
        PLATFORM_TABLES.iter().filter(|(schema, _)| !scope.covers(schema)).filter_map(|(schema, name)| catalog.table(schema, name));
    own.chain(platform).filter(|t| !t.policies.is_empty()).collect()
}

/// The same with row level security on.
pub(crate) fn guarded<'a>(catalog: &'a Catalog, context: &Context<'_>) -> Vec<&'a Table> {
    let mut tables = tables_with_policies(catalog, context);
    tables.retain(|t| t.rls_enabled);
    tables
}

/// Names for resolving, unless there is nothing to look at.
pub(crate) fn guarded_with_names<'a>(catalog: &'a Catalog, context: &Context<'_>) -> Option<(Vec<&'a Table>, Names<'a>)> {
    let tables = guarded(catalog, context);
    (!tables.is_empty()).then(|| (tables, Names::of(catalog)))
}

/// Roles that the platform runs by itself: no user comes as one of them.
const TRUSTED: &[&str] = &["dashboard_user", "postgres", "service_role", "supabase_admin", "supabase_auth_admin", "supabase_storage_admin"];

/// Whether row level security holds for the role: no superuser, no BYPASSRLS, none of the platform's own.
pub(crate) fn is_bound(catalog: &Catalog, role: &str) -> bool {
    !TRUSTED.contains(&role) && !catalog.role(role).is_some_and(|r| r.superuser || r.bypass_rls)
}

/// The commands that a policy is for, as words of [`privileges`].
pub(crate) fn commands(command: PolicyCommand) -> &'static [&'static str] {
    match command {
        PolicyCommand::All => &["select", "insert", "update", "delete"],
        PolicyCommand::Select => &["select"],
        PolicyCommand::Insert => &["insert"],
        PolicyCommand::Update => &["update"],
        PolicyCommand::Delete => &["delete"],
    }
}

/// Whether the policy is for that command (not `All`).
pub(crate) fn covers(policy: &Policy, command: PolicyCommand) -> bool {
    policy.command == PolicyCommand::All || policy.command == command
}

/// Whether the policy is for that role.
pub(crate) fn is_for(policy: &Policy, role: &str) -> bool {
    policy.roles.iter().any(|r| r == "PUBLIC" || r == role)
}

/// What one role may do with the rows of a table, in the order select, insert, update, delete, truncate.
pub(crate) fn privileges(table: &Table, role: &str) -> Vec<&'static str> {
    const ALL: [(&str, &str); 5] =
        [("SELECT", "select"), ("INSERT", "insert"), ("UPDATE", "update"), ("DELETE", "delete"), ("TRUNCATE", "truncate")];
    let grants = || table.grants.iter().chain(table.columns.iter().flat_map(|c| &c.grants)).filter(|g| g.is_public() || g.grantee == role);
    ALL.iter().filter(|(privilege, _)| grants().any(|g| g.has(privilege))).map(|(_, word)| *word).collect()
}

/// Roles that hold a privilege on the table or on one of its columns and that row level security binds, exposed ones among them; sorted.
/// The word `PUBLIC` stands for a grant to everybody.
pub(crate) fn bound_roles<'a>(catalog: &'a Catalog, context: &Context<'a>, table: &Table) -> Vec<&'a str> {
    let exposed = context.exposure.roles.iter().map(String::as_str);
    let granted =
        table.grants.iter().map(|g| g.grantee.as_str()).chain(table.columns.iter().flat_map(|c| &c.grants).map(|g| g.grantee.as_str()));
    let known = granted.filter_map(|g| catalog.role(g).map(|r| r.name.as_str()));
    let everybody = table.grants.iter().any(Grant::is_public).then_some("PUBLIC");
    let mut all: Vec<&str> = exposed.chain(known).chain(everybody).filter(|r| *r != table.owner || table.rls_forced).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|r| is_bound(catalog, r) && !privileges(table, r).is_empty());
    all
}

/// The roles for which the policy changes anything: those that row level security binds and that hold the privilege.
pub(crate) fn acting_roles<'a>(catalog: &'a Catalog, context: &Context<'a>, table: &Table, policy: &'a Policy) -> Vec<&'a str> {
    let words = commands(policy.command);
    let named: Vec<&str> = if policy.roles.iter().any(|r| r == "PUBLIC") {
        bound_roles(catalog, context, table)
    } else {
        policy.roles.iter().map(String::as_str).collect()
    };
    named.into_iter().filter(|r| is_bound(catalog, r) && privileges(table, r).iter().any(|p| words.contains(p))).collect()
}

/// Whether one of these roles comes from outside, and the table's schema is served. The storage and realtime are served by services of their own.
pub(crate) fn is_exposed(context: &Context<'_>, table: &Table, roles: &[&str]) -> bool {
    let served = context.exposure.schemas.contains(&table.name.schema)
        || PLATFORM_TABLES.contains(&(table.name.schema.as_str(), table.name.name.as_str()));
    served && roles.iter().any(|r| context.exposure.roles.iter().any(|e| e == r))
}

/// The severity one step higher where people without an account come in, one lower where nobody from outside does.
pub(crate) fn by_exposure(context: &Context<'_>, table: &Table, roles: &[&str], severity: Severity) -> Severity {
    if !is_exposed(context, table, roles) {
        severity.lowered()
    } else if roles.iter().any(|r| *r != "authenticated") {
        severity.raised()
    } else {
        severity
    }
}

/// The roles in words; `every role` for a grant to everybody.
pub(crate) fn who(roles: &[&str]) -> String {
    if roles.contains(&"PUBLIC") { "every role".to_owned() } else { crate::figures::list(roles) }
}
