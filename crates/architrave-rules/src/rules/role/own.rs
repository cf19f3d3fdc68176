//! Which roles are the user's own, and who is a member of what through others.

use architrave_model::Catalog;
use architrave_model::catalog::Role;
use std::collections::BTreeSet;

/// Names that providers and their products keep for themselves.
const PROVIDER: &[&str] = &["anon", "authenticated", "authenticator", "dashboard_user", "pgbouncer", "service_role", "web_access"];
const PROVIDER_PREFIXES: &[&str] =
    &["alloydb", "aws_", "azure_", "cloud_sql", "cloudsql", "neon", "pg_", "pgsodium", "pgtle", "rds", "replication_", "supabase_"];

/// Whether the role belongs to a provider.
pub(in crate::rules) fn is_provider_role(name: &str) -> bool {
    PROVIDER.contains(&name) || PROVIDER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Roles that may log in and are the user's own.
pub(super) fn logins(catalog: &Catalog) -> impl Iterator<Item = &Role> {
    catalog.roles.iter().filter(|r| r.login && !is_provider_role(&r.name))
}

/// Everybody who has that role, directly or through others.
pub(super) fn members_of<'a>(catalog: &'a Catalog, role: &str) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = vec![role];
    while let Some(next) = open.pop() {
        for membership in catalog.memberships.iter().filter(|m| m.role == next) {
            if found.insert(&membership.member) {
                open.push(&membership.member);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Membership;

    #[test]
    fn members_are_found_through_others_and_circles_end() {
        let of = |role: &str, member: &str| Membership { role: role.into(), member: member.into(), admin: false, inherit: true, set: true };
        let catalog =
            Catalog { memberships: vec![of("dba", "ops"), of("ops", "ann"), of("ann", "ops"), of("x", "bob")], ..Catalog::default() };
        assert_eq!(members_of(&catalog, "dba").into_iter().collect::<Vec<_>>(), ["ann", "ops"]);
    }
}
