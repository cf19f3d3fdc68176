//! What `architrave.toml` says goes before what was inferred.

use super::schema;
use architrave_model::access::{Intent, Membership, RelationIntent, Scope, Source, Stated, StatedScope, StatedTable};
use architrave_model::catalog::Catalog;
use architrave_model::{Gap, QualifiedName};

/// Puts what was stated over what was inferred.
pub(super) fn apply(catalog: &Catalog, stated: &Stated, intent: &mut Intent) {
    for table in &stated.tables {
        if table.table == QualifiedName::new("storage", "objects") {
            // Said of all of them.
            intent.buckets.clear();
        }
        let Intent { relations, memberships, .. } = intent;
        let Some(found) = relations.iter_mut().find(|r| r.relation == table.table) else {
            if is_known(catalog, &table.table) {
                let mut new = RelationIntent {
                    relation: table.table.clone(),
                    scope: Scope::Unknown,
                    public_when: None,
                    read_by_all: false,
                    writers: Vec::new(),
                    privileged: Vec::new(),
                    source: Source::Stated { location: table.location.clone() },
                };
                one(catalog, table, memberships, &mut new);
                relations.push(new);
            }
            continue;
        };
        one(catalog, table, memberships, found);
    }
    intent.relations.sort_by(|a, b| a.relation.cmp(&b.relation));
}

fn one(catalog: &Catalog, stated: &StatedTable, memberships: &[Membership], intent: &mut RelationIntent) {
    if let Some(scope) = &stated.scope {
        intent.scope = scope_of(catalog, &stated.table, scope, memberships);
        // What everybody reads was inferred for the other scope.
        intent.read_by_all = false;
        intent.public_when = None;
    }
    if let Some(condition) = &stated.public_when {
        intent.public_when = Some(condition.clone());
    }
    if let Some(read_by_all) = stated.read_by_all {
        intent.read_by_all = read_by_all;
    }
    if let Some(writers) = &stated.writers {
        intent.writers.clone_from(writers);
    }
    if let Some(privileged) = &stated.privileged {
        intent.privileged.clone_from(privileged);
    }
    intent.source = Source::Stated { location: stated.location.clone() };
}

fn scope_of(catalog: &Catalog, table: &QualifiedName, stated: &StatedScope, memberships: &[Membership]) -> Scope {
    match stated {
        StatedScope::Owner(column) => Scope::Owner { column: column.clone() },
        StatedScope::Tenant(column) => {
            let own = memberships.iter().position(|m| m.table == *table && m.tenant == *column);
            let tenants = catalog.table_named(table).and_then(|t| schema::refers(t, column)).map(|(to, _)| to.clone());
            let referred = || memberships.iter().position(|m| m.tenants.is_some() && m.tenants == tenants);
            let itself = || memberships.iter().position(|m| m.tenants.as_ref() == Some(table));
            let only = || if memberships.len() == 1 { Some(0) } else { None };
            Scope::Tenant { column: column.clone(), membership: own.or_else(referred).or_else(itself).or_else(only) }
        }
        StatedScope::Through(column) => {
            let key = catalog.table_named(table).and_then(|t| {
                t.foreign_keys().find(|(k, _)| k.columns.contains(column)).map(|(k, r)| (k.columns.clone(), r.table.clone()))
            });
            key.map_or(Scope::Unknown, |(columns, parent)| Scope::Through { columns, parent })
        }
        StatedScope::Public => Scope::Public,
        StatedScope::SignedIn => Scope::SignedIn,
        StatedScope::Internal => Scope::Internal,
    }
}

fn is_known(catalog: &Catalog, name: &QualifiedName) -> bool {
    catalog.table_named(name).is_some() || catalog.view(&name.schema, &name.name).is_some()
}

/// Statements of `[access]` that fit nothing in the catalogue.
pub(super) fn unmatched(catalog: &Catalog, stated: &Stated) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut say = |at: &StatedTable, why: String, remedy: &str| {
        let place = format!("{}:{}", at.location.path, at.location.line);
        gaps.push(Gap::new(format!("[[access.table]] {} ({place})", at.table), why, Some(remedy)));
    };
    for table in &stated.tables {
        if !is_known(catalog, &table.table) {
            say(table, "no such table or view".to_owned(), "correct the name, or take the entry away");
            continue;
        }
        let view = catalog.view(&table.table.schema, &table.table.name);
        let has = |column: &str| {
            catalog.table_named(&table.table).is_some_and(|t| t.column(column).is_some())
                || view.is_some_and(|v| v.columns.iter().any(|c| c.name == column))
        };
        let column = match &table.scope {
            Some(StatedScope::Owner(column) | StatedScope::Tenant(column) | StatedScope::Through(column)) => Some(column),
            _ => None,
        };
        for column in column.into_iter().chain(table.privileged.iter().flatten()).filter(|c| !has(c)) {
            say(table, format!("no column {column}"), "correct the name of the column");
        }
        if let Some(StatedScope::Through(column)) = &table.scope
            && has(column)
            && catalog.table_named(&table.table).is_none_or(|t| schema::refers(t, column).is_none())
        {
            say(table, format!("column {column} is no foreign key"), "name the column of a foreign key");
        }
    }
    gaps
}
