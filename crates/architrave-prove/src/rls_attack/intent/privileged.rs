//! Columns that decide what their user may do: read by other policies and functions, or called so.

use super::names;
use super::scopes::Ground;
use super::ways::{Fact, Term};
use architrave_model::QualifiedName;
use architrave_model::access::Scope;
use architrave_model::catalog::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that policies read in the user's own rows of other tables, by table.
pub(super) fn trusted(ground: &Ground<'_>) -> BTreeMap<QualifiedName, BTreeSet<String>> {
    let mut out: BTreeMap<QualifiedName, BTreeSet<String>> = BTreeMap::new();
    for way in ground.policies.all_ways() {
        let classes = way.classes();
        for fact in &way.facts {
            let (Fact::Compare(Term::Column(at @ 1.., column), ..) | Fact::Flag(Term::Column(at @ 1.., column), _)) = fact else {
                continue;
            };
            let user = ground.who.user_columns(way, &classes, *at);
            if let Some(relation) = way.instances.get(*at)
                && !user.is_empty()
                && !user.contains(column)
                && !names::speaks_of_public(column, &[])
            {
                out.entry(relation.clone()).or_default().insert(column.clone());
            }
        }
    }
    out
}

/// The privileged columns of one table.
pub(super) fn of_table(
    ground: &Ground<'_>,
    table: &Table,
    scope: &Scope,
    trusted: &BTreeMap<QualifiedName, BTreeSet<String>>,
) -> Vec<String> {
    let mut out: BTreeSet<String> = trusted.get(&table.name).cloned().unwrap_or_default();
    let of_people = ground.who.people.iter().any(|(people, _)| *people == table.name);
    let of_tenants = ground.memberships.iter().any(|m| m.tenants.as_ref() == Some(&table.name));
    let member = ground.memberships.iter().find(|m| m.table == table.name);
    if (of_people || of_tenants || member.is_some()) && !matches!(scope, Scope::Public) {
        out.extend(table.columns.iter().filter(|c| names::is_privileged(&c.name) && c.generated.is_none()).map(|c| c.name.clone()));
    }
    out.extend(member.and_then(|m| m.role.clone()));
    out.into_iter().filter(|name| table.column(name).is_some()).collect()
}
