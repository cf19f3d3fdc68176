//! Roles with everything that they have through others, as PostgreSQL's `has_privs_of_role` counts it.

use architrave_model::catalog::{Catalog, Grant};
use std::collections::{BTreeMap, BTreeSet};

/// A role and whose privileges it has.
#[derive(Debug, Default)]
pub(super) struct Principal<'a> {
    pub(super) name: &'a str,
    pub(super) superuser: bool,
    pub(super) bypass_rls: bool,
    /// Itself, PUBLIC, and every role whose privileges it inherits.
    pub(super) has: BTreeSet<&'a str>,
}

impl Principal<'_> {
    /// Whether one of these grants gives it that privilege.
    pub(super) fn holds(&self, grants: &[Grant], privilege: &str) -> bool {
        self.superuser || grants.iter().any(|g| self.has.contains(g.grantee.as_str()) && g.has(privilege))
    }

    /// Whether it has the privileges of that role.
    pub(super) fn is(&self, role: &str) -> bool {
        self.superuser || self.has.contains(role)
    }
}

/// All roles that the matrix asks about: its own, and the owners of views and functions.
#[derive(Debug)]
pub(super) struct Principals<'a>(BTreeMap<&'a str, Principal<'a>>);

impl<'a> Principals<'a> {
    pub(super) fn of(catalog: &'a Catalog, roles: &[&'a str]) -> Self {
        // Of these the role on the right has the privileges of the roles on the left without doing anything.
        let mut inherits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for membership in catalog.memberships.iter().filter(|m| m.inherit) {
            inherits.entry(&membership.member).or_default().push(&membership.role);
        }
        let owners = catalog.views.iter().map(|v| v.owner.as_str()).chain(catalog.functions.iter().map(|f| f.owner.as_str()));
        let mut all = BTreeMap::new();
        for name in roles.iter().copied().chain(owners) {
            all.entry(name).or_insert_with(|| principal(catalog, &inherits, name));
        }
        Self(all)
    }

    pub(super) fn get(&self, role: &str) -> Option<&Principal<'a>> {
        self.0.get(role)
    }
}

fn principal<'a>(catalog: &'a Catalog, inherits: &BTreeMap<&'a str, Vec<&'a str>>, name: &'a str) -> Principal<'a> {
    let role = catalog.role(name);
    let mut has = BTreeSet::from([name, "PUBLIC"]);
    let mut open = vec![name];
    while let Some(next) = open.pop() {
        for granted in inherits.get(next).into_iter().flatten() {
            if has.insert(granted) {
                open.push(granted);
            }
        }
    }
    Principal { name, superuser: role.is_some_and(|r| r.superuser), bypass_rls: role.is_some_and(|r| r.bypass_rls), has }
}
