//! Tables that say which user belongs to which tenant.

use super::links::{Link, Who, link};
use super::names;
use super::policies::Policies;
use super::schema;
use super::ways::{Fact, Term};
use architrave_model::QualifiedName;
use architrave_model::access::{Identity, Membership, Stated};
use architrave_model::catalog::{Catalog, Column, ConstraintKind, Table, TypeKind};
use architrave_sql::lex::{Lexer, TokenKind};
use std::collections::{BTreeMap, BTreeSet};

/// All membership tables, sorted; fills in the tenants of the identity.
pub(super) fn memberships(
    catalog: &Catalog,
    policies: &Policies<'_>,
    who: &Who,
    identity: &mut Identity,
    stated: &Stated,
) -> Vec<Membership> {
    let mut found: BTreeMap<(QualifiedName, String, String), usize> = BTreeMap::new();
    for way in policies.all_ways() {
        if let Link::Tenant { by: Some(by), .. } = link(catalog, who, way) {
            *found.entry(by).or_insert(0) += 1;
        }
    }
    for table in schema::tables(catalog) {
        if let Some((user, tenant)) = shaped(table, who) {
            found.entry((table.name.clone(), user, tenant)).or_insert(0);
        }
    }
    let make = |((table, user, tenant), _): (&(QualifiedName, String, String), &usize)| {
        let of = catalog.table_named(table)?;
        let tenants = schema::refers(of, tenant).map(|(to, _)| to.clone());
        let (role, roles) = role(catalog, policies, of, who);
        Some(Membership { table: table.clone(), user: user.clone(), tenant: tenant.clone(), tenants, role, roles })
    };
    let mut all: Vec<Membership> = found.iter().filter_map(make).collect();
    all.sort();
    all.dedup_by(|a, b| a.table == b.table && a.user == b.user && a.tenant == b.tenant);
    tenants(catalog, &all, &found, identity, stated);
    all
}

/// A user column and a tenant column, unique together or called so.
fn shaped(table: &Table, who: &Who) -> Option<(String, String)> {
    if who.people.iter().any(|(people, _)| *people == table.name) {
        return None;
    }
    let is_people = |name: &QualifiedName| who.people.iter().any(|(people, _)| people == name);
    let mut users: Vec<&Column> = Vec::new();
    let mut tenants: Vec<&Column> = Vec::new();
    for column in &table.columns {
        match schema::refers(table, &column.name) {
            Some((to, _)) if is_people(to) => users.push(column),
            Some((to, _)) if *to != table.name => tenants.push(column),
            _ if names::owner_rank(&column.name).is_some() && !column.name.eq_ignore_ascii_case("owner") => users.push(column),
            _ => {}
        }
    }
    users.sort_by_key(|c| names::owner_rank(&c.name).unwrap_or(usize::MAX));
    tenants.sort_by_key(|c| !names::is_tenant(&c.name));
    let roled = table.columns.iter().any(|c| names::is_role(&c.name) && c.name != "type" && c.name != "level");
    for user in &users {
        for tenant in &tenants {
            let together = table.is_unique_over(&[&user.name, &tenant.name]) && !table.is_unique_over(&[&user.name]);
            let named = names::is_membership(&table.name.name);
            let tenant_like =
                names::is_tenant(&tenant.name) || schema::refers(table, &tenant.name).is_some_and(|(to, _)| names::is_tenant(&to.name));
            if (together && (named || roled)) || (named && (tenant_like || roled)) {
                return Some((user.name.clone(), tenant.name.clone()));
            }
        }
    }
    None
}

/// The column with the role and the values that it may have, the mightiest first.
fn role(catalog: &Catalog, policies: &Policies<'_>, table: &Table, who: &Who) -> (Option<String>, Vec<String>) {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for way in policies.all_ways() {
        let classes = way.classes();
        for fact in &way.facts {
            if let Fact::Compare(Term::Column(at, column), operator, values) = fact
                && way.instances.get(*at) == Some(&table.name)
                && matches!(operator.as_str(), "=" | "<>")
                && (*at == 0 || !who.user_columns(way, &classes, *at).is_empty())
            {
                asked.entry(column).or_default().extend(values.iter().map(String::as_str));
            }
        }
    }
    let named = table.columns.iter().filter(|c| names::is_role(&c.name));
    let named = named.min_by_key(|c| (!asked.contains_key(c.name.as_str()), !c.name.contains("role"), c.name == "type"));
    let Some(column) = named else { return (None, Vec::new()) };
    let mut values = allowed_values(catalog, table, column);
    for value in asked.get(column.name.as_str()).into_iter().flatten() {
        if !values.iter().any(|v| v == value) {
            values.push((*value).to_owned());
        }
    }
    values.sort_by_key(|v| names::rank(v));
    (Some(column.name.clone()), values)
}

/// Values of an enum, or of a list in a check.
pub(crate) fn allowed_values(catalog: &Catalog, table: &Table, column: &Column) -> Vec<String> {
    let own = catalog
        .types
        .iter()
        .find(|t| t.name.sql() == column.data_type || t.name.to_string() == column.data_type || t.name.name == column.data_type);
    if let Some(TypeKind::Enum { labels }) = own.map(|t| &t.kind) {
        return labels.clone();
    }
    let checks = table
        .constraints
        .iter()
        .filter(|c| c.kind == ConstraintKind::Check && c.columns.len() == 1 && c.columns.first() == Some(&column.name));
    let text = checks.filter_map(|c| c.expression.as_deref()).find(|e| e.contains("ARRAY[") || e.contains(" = ")).unwrap_or_default();
    let strings = Lexer::new(text).filter(|t| t.kind == TokenKind::String);
    strings.filter_map(|t| text.get(t.start..t.end)).map(|t| t.trim_matches('\'').replace("''", "'")).collect()
}

/// The tenants of the application: those of the membership that most tables hang on.
fn tenants(
    catalog: &Catalog,
    all: &[Membership],
    used: &BTreeMap<(QualifiedName, String, String), usize>,
    identity: &mut Identity,
    stated: &Stated,
) {
    let weight = |m: &Membership| {
        let by = used.get(&(m.table.clone(), m.user.clone(), m.tenant.clone())).copied().unwrap_or(0);
        let hang =
            m.tenants.as_ref().map_or(0, |to| catalog.tables.iter().filter(|t| t.foreign_keys().any(|(_, r)| r.table == *to)).count());
        let named = m.tenants.as_ref().is_some_and(|t| names::is_tenant(&t.name)) || names::is_tenant(&m.tenant);
        (usize::from(named), by + hang)
    };
    let key = |to: &QualifiedName| {
        let of = catalog.table_named(to)?;
        let column = of.primary_key().filter(|k| k.columns.len() == 1)?.columns.first()?.clone();
        Some((to.clone(), column))
    };
    let best = all.iter().max_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| b.cmp(a)));
    let named = || {
        let tenant = identity.tenant_key.as_ref()?;
        let bare = tenant.rsplit('.').next().unwrap_or(tenant);
        let tables = schema::tables(catalog);
        tables
            .iter()
            .find(|t| names::is_tenant(&t.name.name) && !names::is_membership(&t.name.name) && (names::is_tenant(bare) || bare == "id"))
            .map(|t| t.name.clone())
    };
    let table = stated.tenants.clone().or_else(|| best.and_then(|m| m.tenants.clone())).or_else(named);
    identity.tenants = table.as_ref().and_then(key);
    let of_column = |table: &QualifiedName, column: &str| schema::column(catalog, table, column).map(|c| c.data_type.clone());
    let by_table = identity.tenants.as_ref().and_then(|(table, column)| of_column(table, column));
    let by_member = best.and_then(|m| of_column(&m.table, &m.tenant));
    identity.tenant_type = by_table.or(by_member).unwrap_or_default();
}
