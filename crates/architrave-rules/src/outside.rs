//! What those who come from outside hold: the roles that an API lets people act as, with everything that they inherit.

use architrave_model::Context;
use architrave_model::catalog::Grant;
use std::collections::BTreeSet;

/// The exposed roles with the roles whose privileges they have.
pub(crate) struct Outside<'a> {
    context: &'a Context<'a>,
    roles: Vec<(&'a str, BTreeSet<&'a str>)>,
}

impl<'a> Outside<'a> {
    /// None where nothing comes from outside.
    pub(crate) fn of(context: &'a Context<'a>) -> Option<Self> {
        if context.exposure.is_none() {
            return None;
        }
        let roles = context.exposure.roles.iter().map(|r| (r.as_str(), inherited(context, r))).collect();
        Some(Self { context, roles })
    }

    /// Whether the API serves the schema.
    pub(crate) fn serves(&self, schema: &str) -> bool {
        self.context.exposure.schemas.iter().any(|s| s == schema)
    }

    /// The roles that hold one of the privileges on an object of the schema, and may use the schema.
    pub(crate) fn holders(&self, schema: &str, grants: &[Grant], privileges: &[&str]) -> Vec<&'a str> {
        let known = self.context.catalog.schemas.iter().find(|s| s.name == schema);
        let by = |has: &BTreeSet<&str>, grants: &[Grant], wanted: &[&str]| {
            grants.iter().any(|g| (g.is_public() || has.contains(g.grantee.as_str())) && wanted.iter().any(|p| g.has(p)))
        };
        let open = |has: &BTreeSet<&str>| known.is_none_or(|s| by(has, &s.grants, &["USAGE"]));
        self.roles.iter().filter(|(_, has)| by(has, grants, privileges) && open(has)).map(|(role, _)| *role).collect()
    }

    /// The grantees through which these roles hold one of the privileges, as the grants name them: revoking from those takes it away.
    pub(crate) fn sources<'g>(&self, grants: &'g [Grant], privilege: &str) -> Vec<&'g str> {
        let reaches = |g: &&Grant| g.is_public() || self.roles.iter().any(|(_, has)| has.contains(g.grantee.as_str()));
        let mut names: Vec<&str> = grants.iter().filter(reaches).filter(|g| g.has(privilege)).map(|g| g.grantee.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The exposed roles and what each inherits, itself first.
    pub(crate) fn roles(&self) -> &[(&'a str, BTreeSet<&'a str>)] {
        &self.roles
    }
}

/// The role and every role whose privileges it has without doing anything.
fn inherited<'a>(context: &Context<'a>, role: &'a str) -> BTreeSet<&'a str> {
    let mut has = BTreeSet::from([role]);
    let mut open = vec![role];
    while let Some(next) = open.pop() {
        for membership in context.catalog.memberships.iter().filter(|m| m.inherit && m.member == next) {
            if has.insert(&membership.role) {
                open.push(&membership.role);
            }
        }
    }
    has
}

/// Grantees as GRANT and REVOKE want them: `anon, authenticated, public`.
pub(crate) fn grantees(names: &[&str]) -> String {
    let quoted = |n: &&str| if *n == "PUBLIC" { "public".to_owned() } else { architrave_model::name::quote_ident(n) };
    names.iter().map(quoted).collect::<Vec<_>>().join(", ")
}
