//! Policies and privileges as statements.

use super::people::list;
use architrave_model::QualifiedName;
use architrave_model::catalog::{Grant, Policy, Table};
use architrave_model::name::quote_ident;

/// The statement that makes a policy as the catalogue has it.
pub(super) fn create(table: &QualifiedName, policy: &Policy) -> String {
    let mut sql = format!("create policy {} on {}", quote_ident(&policy.name), table.sql());
    if !policy.permissive {
        sql.push_str(" as restrictive");
    }
    sql.push_str(&format!(" for {} to {}", policy.command.sql(), list(&policy.roles)));
    if let Some(using) = &policy.using {
        sql.push_str(&format!(" using ({using})"));
    }
    if let Some(check) = &policy.with_check {
        sql.push_str(&format!(" with check ({check})"));
    }
    sql
}

pub(super) fn drop(table: &QualifiedName, name: &str) -> String {
    format!("drop policy {} on {}", quote_ident(name), table.sql())
}

/// A name that no policy of the table has.
pub(super) fn free_name(table: &Table, wanted: &str) -> String {
    let taken = |name: &str| table.policies.iter().any(|p| p.name == name);
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// Which of these roles (and PUBLIC) hold the privilege themselves.
pub(super) fn holders(grants: &[Grant], roles: &[String], privilege: &str) -> Vec<String> {
    grants.iter().filter(|g| g.has(privilege) && (g.is_public() || roles.contains(&g.grantee))).map(|g| g.grantee.clone()).collect()
}
