//! ALTER TABLE, subcommand by subcommand. One statement holds the strongest lock of its subcommands, from its start to the end of the transaction.

use super::ledger::Ledger;
use super::world::World;
use super::{add_column, bounds, constraint, drop, retype};
use crate::ddl::{partition, syntax};
use architrave_model::catalog::{Generated, Persistence, TableKind};
use architrave_model::migration::{Action, LockMode, Target};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// Storage parameters and settings that take the weak lock.
static WEAK_OPTIONS: &[&str] = &[
    "cluster on",
    "fillfactor",
    "log_autovacuum_min_duration",
    "n_distinct",
    "n_distinct_inherited",
    "parallel_workers",
    "statistics",
    "toast_tuple_target",
    "vacuum_index_cleanup",
    "vacuum_max_eager_freeze_failure_rate",
    "vacuum_truncate",
    "without cluster",
];

/// One subcommand; `all` are the actions of the whole statement. False when it is another kind of action.
pub(super) fn apply(world: World<'_>, ledger: &mut Ledger, action: &Action, all: &[Action], tree: &SyntaxNode) -> bool {
    let Some(target) = target(action) else { return false };
    if absent(world, target) {
        return true;
    }
    column(world, ledger, action, all) || of_constraint(world, ledger, action, all) || whole(world, ledger, action, tree)
}

/// IF EXISTS of a table that is not there.
fn absent(world: World<'_>, target: &Target) -> bool {
    target.if_exists && !world.state.relation_exists(&target.name)
}

fn target(action: &Action) -> Option<&Target> {
    match action {
        Action::AddColumn { table, .. }
        | Action::DropColumn { table, .. }
        | Action::RenameColumn { table, .. }
        | Action::SetType { table, .. }
        | Action::SetDefault { table, .. }
        | Action::DropDefault { table, .. }
        | Action::SetNotNull { table, .. }
        | Action::DropNotNull { table, .. }
        | Action::AlterIdentity { table, .. }
        | Action::SetExpression { table, .. }
        | Action::DropExpression { table, .. }
        | Action::AddConstraint { table, .. }
        | Action::ValidateConstraint { table, .. }
        | Action::DropConstraint { table, .. }
        | Action::AlterConstraint { table, .. }
        | Action::RenameConstraint { table, .. }
        | Action::RenameTable { table, .. }
        | Action::SetStorageOf { table, .. }
        | Action::SetOptions { table, .. }
        | Action::AttachPartition { table, .. }
        | Action::DetachPartition { table, .. }
        | Action::Inherit { table, .. }
        | Action::ReplicaIdentity { table, .. }
        | Action::RowSecurity { table, .. }
        | Action::SwitchTrigger { table, .. } => Some(table),
        _ => None,
    }
}

fn column(world: World<'_>, ledger: &mut Ledger, action: &Action, all: &[Action]) -> bool {
    let family = |table: &Target| world.family(&table.name, table.only);
    match action {
        Action::AddColumn { table, column, if_not_exists } => {
            if *if_not_exists && world.column(&table.name, &column.name).is_some() {
                ledger.lock(&table.name, LockMode::AccessExclusive);
            } else {
                add_column::apply(world, ledger, &family(table), column);
            }
        }
        Action::DropColumn { table, column, cascade, .. } => drop::column(world, ledger, &family(table), column, *cascade),
        Action::RenameColumn { table, .. }
        | Action::SetDefault { table, .. }
        | Action::DropDefault { table, .. }
        | Action::DropNotNull { table, .. }
        | Action::DropExpression { table, .. } => ledger.lock_all(&family(table), LockMode::AccessExclusive),
        Action::AlterIdentity { table, column, drop, .. } => {
            ledger.lock(&table.name, LockMode::AccessExclusive);
            if *drop {
                lock_sequences(world, ledger, &table.name, Some(column));
            }
        }
        Action::SetType { table, column, type_text, using, collation } => {
            let change = retype::Retype { column, type_text, using: using.as_deref(), collation: *collation };
            for member in family(table) {
                ledger.lock(&member, LockMode::AccessExclusive);
                retype::apply(world, ledger, &member, &change);
            }
        }
        Action::SetNotNull { table, column } => {
            let family = family(table);
            ledger.lock_all(&family, LockMode::AccessExclusive);
            constraint::prove_not_null(world, ledger, &family, column, all);
        }
        Action::SetExpression { table, column } => {
            for member in family(table) {
                ledger.lock(&member, LockMode::AccessExclusive);
                // A virtual column is computed when it is read.
                if world.column(&member, column).is_none_or(|c| c.generated != Some(Generated::Virtual)) {
                    ledger.rewrite(world, &member);
                    ledger.scan(world, &member);
                }
            }
        }
        _ => return false,
    }
    true
}

/// Sequences that go with the table, or with one of its columns.
pub(super) fn lock_sequences(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, column: Option<&str>) {
    for sequence in world.state.sequences.values() {
        let of_column = column.is_none_or(|c| sequence.owned_by_column.as_deref() == Some(c));
        if of_column && sequence.owned_by_table.as_ref() == Some(table) {
            ledger.lock(&sequence.name, LockMode::AccessExclusive);
        }
    }
}

fn of_constraint(world: World<'_>, ledger: &mut Ledger, action: &Action, all: &[Action]) -> bool {
    match action {
        Action::AddConstraint { table, constraint } => {
            constraint::add(world, ledger, &world.family(&table.name, table.only), constraint, all);
        }
        Action::ValidateConstraint { table, name } => constraint::validate(world, ledger, &table.name, name, all),
        Action::DropConstraint { table, name, cascade, .. } => constraint::drop(world, ledger, &table.name, name, *cascade),
        Action::AlterConstraint { table, name, enforced } => constraint::alter(world, ledger, &table.name, name, *enforced),
        Action::RenameConstraint { table, .. } => ledger.lock(&table.name, LockMode::AccessExclusive),
        _ => return false,
    }
    true
}

fn whole(world: World<'_>, ledger: &mut Ledger, action: &Action, tree: &SyntaxNode) -> bool {
    match action {
        Action::RenameTable { table, .. } | Action::ReplicaIdentity { table, .. } | Action::RowSecurity { table, .. } => {
            ledger.lock(&table.name, LockMode::AccessExclusive);
        }
        Action::SetStorageOf { table, what } => storage(world, ledger, &table.name, what, tree),
        Action::SetOptions { table, options } => ledger.lock(&table.name, option_lock(options)),
        Action::SwitchTrigger { table, .. } => {
            let partitioned = world.table(&table.name).is_some_and(|t| t.kind == TableKind::Partitioned);
            ledger.lock_all(&world.family(&table.name, table.only || !partitioned), LockMode::ShareRowExclusive);
        }
        Action::Inherit { table, parent, .. } => {
            ledger.lock(&table.name, LockMode::AccessExclusive);
            ledger.lock(parent, LockMode::ShareUpdateExclusive);
        }
        Action::AttachPartition { table, partition, default } => attach(world, ledger, &table.name, partition, *default, tree),
        Action::DetachPartition { table, partition, concurrently, finalize } => {
            detach(world, ledger, &table.name, partition, *concurrently || *finalize);
        }
        _ => return false,
    }
    true
}

fn option_lock(options: &[String]) -> LockMode {
    let weak = |o: &String| {
        let own = o.strip_prefix("toast.").unwrap_or(o);
        own.starts_with("autovacuum_") || own == "log_autovacuum_min_duration" || WEAK_OPTIONS.binary_search(&own).is_ok()
    };
    if options.iter().all(weak) { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive }
}

/// SET LOGGED and its kind: new files, unless nothing changes.
fn storage(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, what: &str, tree: &SyntaxNode) {
    ledger.lock(table, LockMode::AccessExclusive);
    let Some(found) = world.table(table) else {
        if what != "SET WITHOUT OIDS" {
            ledger.rewrite(world, table);
            ledger.scan(world, table);
        }
        return;
    };
    let named = storage_name(tree);
    let same = |now: Option<&str>, usual: &str| named.as_deref().is_some_and(|n| n == now.unwrap_or(usual));
    let (rewrites, reads) = match what {
        "SET LOGGED" => (found.persistence == Persistence::Unlogged, true),
        "SET UNLOGGED" => (found.persistence == Persistence::Permanent, true),
        "SET ACCESS METHOD" => (!same(found.access_method.as_deref(), "heap") && found.kind != TableKind::Partitioned, true),
        // The files are copied as they are.
        "SET TABLESPACE" => (!same(found.tablespace.as_deref(), "pg_default"), false),
        _ => (false, false),
    };
    if rewrites {
        ledger.rewrite(world, table);
        if reads {
            ledger.scan(world, table);
        }
    }
}

/// The name in SET ACCESS METHOD or SET TABLESPACE.
fn storage_name(tree: &SyntaxNode) -> Option<String> {
    let found = tree.descendants().find(|d| matches!(d.kind(), SyntaxKind::ACCESS_METHOD_REF | SyntaxKind::TABLESPACE_REF))?;
    Some(syntax::name_of(&found))
}

/// ATTACH PARTITION.
fn attach(world: World<'_>, ledger: &mut Ledger, parent: &QualifiedName, partition: &QualifiedName, default: bool, tree: &SyntaxNode) {
    ledger.lock(parent, LockMode::ShareUpdateExclusive);
    let below = world.family(partition, false);
    ledger.lock_all(&below, LockMode::AccessExclusive);
    let bound = if default { bounds::Bound::Default } else { bound_of(world, tree) };
    let key = world.table(parent).and_then(|t| t.partitioning.as_ref());
    for member in &below {
        let proven = matches!((world.table(member), key), (Some(t), Some(k)) if bounds::proves_inside(world, t, k, &bound));
        // A first default partition may hold any row.
        let alone = default && world.state.heirs.get(parent).is_none_or(Vec::is_empty);
        if !proven && !alone {
            ledger.scan(world, member);
        }
        build_missing(world, ledger, parent, member);
    }
    check_default(world, ledger, parent, &bound);
}

/// A new partition takes rows away from the default one: it is locked and read, unless a check says that it has none of them.
pub(super) fn check_default(world: World<'_>, ledger: &mut Ledger, parent: &QualifiedName, bound: &bounds::Bound) {
    let (Some(found), Some(key)) = (world.default_partition(parent), world.table(parent).and_then(|t| t.partitioning.as_ref())) else {
        return;
    };
    let below = world.family(&found.name, false);
    ledger.lock_all(&below, LockMode::AccessExclusive);
    if !bounds::proves_outside(world, found, key, bound) {
        ledger.scan_all(world, &below);
    }
}

/// Indexes of the parent that the partition has no match for are built.
fn build_missing(world: World<'_>, ledger: &mut Ledger, parent: &QualifiedName, partition: &QualifiedName) {
    let (Some(parent), Some(own)) = (world.table(parent), world.table(partition)) else { return };
    for wanted in &parent.indexes {
        let same = own.indexes.iter().any(|i| {
            let needs_constraint = wanted.constraint.is_some() && i.constraint.is_none();
            i.method == wanted.method
                && i.unique >= wanted.unique
                && i.predicate == wanted.predicate
                && !needs_constraint
                && crate::ddl::same_keys(&i.keys, &wanted.keys)
        });
        if !same {
            let columns: Vec<String> = wanted.keys.iter().map(|k| k.column.clone().unwrap_or_else(|| "expr".to_owned())).collect();
            let name = crate::ddl::naming::make_object_name(&partition.name, Some(&columns.join("_")), "idx");
            ledger.build(QualifiedName::new(&partition.schema, name), partition);
            ledger.scan(world, partition);
        }
    }
}

/// The bound that ATTACH PARTITION or PARTITION OF names.
pub(super) fn bound_of(world: World<'_>, tree: &SyntaxNode) -> bounds::Bound {
    let found = tree.descendants().find_map(ast::PartitionType::cast);
    found.map_or(bounds::Bound::Hash, |p| bounds::Bound::read(&partition::bound(&p, world.state)))
}

/// DETACH PARTITION.
fn detach(world: World<'_>, ledger: &mut Ledger, parent: &QualifiedName, partition: &QualifiedName, concurrently: bool) {
    if concurrently {
        ledger.lock(parent, LockMode::ShareUpdateExclusive);
        // The partition alone is locked for a moment at the end, when queries of the parent no longer open it.
        ledger.lock(partition, LockMode::ShareUpdateExclusive);
        ledger.wait_for_older();
        return;
    }
    ledger.lock(parent, LockMode::AccessExclusive);
    let own = if world.major >= 14 { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
    ledger.lock(partition, own);
    if let Some(default) = world.default_partition(parent) {
        ledger.lock(&default.name, LockMode::AccessExclusive);
    }
}
