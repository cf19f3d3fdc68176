//! What goes, and what goes with it: referenced tables, views, partitions.

use super::ledger::Ledger;
use super::world::World;
use architrave_model::migration::{LockMode, Relation};
use architrave_model::name::QualifiedName;

/// DROP COLUMN of a family.
pub(super) fn column(world: World<'_>, ledger: &mut Ledger, family: &[QualifiedName], column: &str, cascade: bool) {
    ledger.lock_all(family, LockMode::AccessExclusive);
    for member in family {
        let Some(table) = world.table(member) else { continue };
        for index in table.indexes.iter().filter(|i| super::retype::depends_on(i, column)) {
            ledger.lock(&QualifiedName::new(&member.schema, &index.name), LockMode::AccessExclusive);
        }
        for (key, reference) in table.foreign_keys() {
            if key.columns.iter().any(|c| c == column) {
                ledger.lock(&reference.table, LockMode::AccessExclusive);
            }
        }
        if !cascade {
            continue;
        }
        for (other, key) in world.referencing(member) {
            if key.references.as_ref().is_some_and(|r| r.columns.iter().any(|c| c == column)) {
                ledger.lock(&other.name, LockMode::AccessExclusive);
            }
        }
        let reads = |v: &&architrave_model::catalog::View| crate::ddl::view_surely_reads(v, member, column);
        for view in world.state.views.values().filter(reads) {
            ledger.lock(&view.name, LockMode::AccessExclusive);
            ledger.lock_all(&world.views_over(&view.name), LockMode::AccessExclusive);
        }
    }
}

/// DROP TABLE.
pub(super) fn table(world: World<'_>, ledger: &mut Ledger, name: &QualifiedName, if_exists: bool, cascade: bool) {
    if if_exists && !world.state.relation_exists(name) {
        return;
    }
    for member in world.family(name, false) {
        ledger.lock(&member, LockMode::AccessExclusive);
        super::alter_table::lock_sequences(world, ledger, &member, None);
        let Some(found) = world.table(&member) else { continue };
        for index in &found.indexes {
            ledger.lock(&QualifiedName::new(&member.schema, &index.name), LockMode::AccessExclusive);
        }
        ledger.lock_all(found.foreign_keys().map(|(_, r)| &r.table), LockMode::AccessExclusive);
        if found.is_partition {
            ledger.lock_all(&found.parents, LockMode::AccessExclusive);
            for parent in &found.parents {
                if let Some(default) = world.default_partition(parent) {
                    ledger.lock(&default.name, LockMode::AccessExclusive);
                }
            }
        }
        if cascade {
            ledger.lock_all(world.referencing(&member).iter().map(|(t, _)| &t.name), LockMode::AccessExclusive);
            ledger.lock_all(&world.views_over(&member), LockMode::AccessExclusive);
        }
    }
}

/// DROP VIEW, DROP MATERIALIZED VIEW.
pub(super) fn view(world: World<'_>, ledger: &mut Ledger, name: &QualifiedName, cascade: bool) {
    if world.view(name).is_none() {
        return;
    }
    ledger.lock(name, LockMode::AccessExclusive);
    if cascade {
        ledger.lock_all(&world.views_over(name), LockMode::AccessExclusive);
    }
}

/// DROP INDEX.
pub(super) fn index(world: World<'_>, ledger: &mut Ledger, index: &QualifiedName, concurrently: bool) {
    let Some(owner) = world.state.index_owners.get(index) else { return };
    if concurrently {
        ledger.lock(owner, LockMode::ShareUpdateExclusive);
        ledger.lock(index, LockMode::ShareUpdateExclusive);
        ledger.wait_for_older();
        return;
    }
    ledger.lock(index, LockMode::AccessExclusive);
    let below = world.kind(owner) != Relation::PartitionedTable;
    ledger.lock_all(&world.family(owner, below), LockMode::AccessExclusive);
}

/// DROP SEQUENCE CASCADE takes defaults with it.
pub(super) fn sequence(world: World<'_>, ledger: &mut Ledger, name: &QualifiedName, cascade: bool) {
    let Some(found) = world.state.sequences.get(name) else { return };
    ledger.lock(name, LockMode::AccessExclusive);
    if !cascade {
        return;
    }
    ledger.lock_all(&found.owned_by_table, LockMode::AccessExclusive);
    let text = name.sql();
    for table in world.state.tables.values() {
        if table.columns.iter().any(|c| c.default.as_deref().is_some_and(|d| d.starts_with("nextval(") && d.contains(&text))) {
            ledger.lock(&table.name, LockMode::AccessExclusive);
        }
    }
}

/// DROP TYPE or DOMAIN CASCADE takes columns with it.
pub(super) fn user_type(world: World<'_>, ledger: &mut Ledger, name: &QualifiedName, cascade: bool) {
    if cascade {
        ledger.lock_all(world.tables_with_type(name).iter().map(|t| &t.name), LockMode::AccessExclusive);
    }
}

/// DROP FUNCTION CASCADE takes triggers and policies with it.
pub(super) fn function(world: World<'_>, ledger: &mut Ledger, name: &QualifiedName, cascade: bool) {
    if !cascade {
        return;
    }
    for table in world.state.tables.values() {
        if table.triggers.iter().any(|t| t.function == *name) {
            ledger.lock(&table.name, LockMode::AccessExclusive);
        }
    }
}

/// DROP SCHEMA CASCADE.
pub(super) fn schema(world: World<'_>, ledger: &mut Ledger, schema: &str, cascade: bool) {
    if !cascade {
        return;
    }
    let inside: Vec<&QualifiedName> = world.state.tables.iter().map(|(n, _)| n).filter(|n| n.schema == schema).collect();
    for name in inside {
        table(world, ledger, name, true, true);
    }
    let views: Vec<&QualifiedName> = world.state.views.iter().map(|(n, _)| n).filter(|n| n.schema == schema).collect();
    for name in views {
        view(world, ledger, name, true);
    }
}
