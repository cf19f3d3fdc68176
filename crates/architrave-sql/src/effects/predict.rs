//! One statement's actions to what they do, kind by kind.

use super::ledger::Ledger;
use super::world::World;
use super::{alter_table, drop};
use crate::actions::Names;
use crate::ddl::syntax;
use crate::touches::below;
use architrave_model::catalog::TableKind;
use architrave_model::migration::{Action, ConstraintForm, DomainChange, LockMode, Relation};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// What the statement does; `tree` is its syntax.
pub(super) fn statement(world: World<'_>, actions: &[Action], tree: &SyntaxNode) -> Ledger {
    let mut ledger = Ledger::default();
    for action in actions {
        let ledger = &mut ledger;
        let _known = alter_table::apply(world, ledger, action, actions, tree)
            || creates(world, ledger, action, tree)
            || index(world, ledger, action)
            || drops(world, ledger, action)
            || belongings(world, ledger, action)
            || types(world, ledger, action)
            || maintenance(world, ledger, action)
            || rows(world, ledger, action, tree);
    }
    ledger
}

fn creates(world: World<'_>, ledger: &mut Ledger, action: &Action, tree: &SyntaxNode) -> bool {
    match action {
        Action::CreateTable { table, if_not_exists, .. } if *if_not_exists && world.state.relation_exists(table) => {}
        Action::CreateTable { columns, constraints, partition_of, as_query, .. } => {
            let of_columns = columns.iter().flat_map(|c| &c.constraints);
            for draft in of_columns.chain(constraints).filter(|c| c.form == ConstraintForm::ForeignKey) {
                if let Some(referenced) = &draft.referenced {
                    ledger.lock(referenced, LockMode::ShareRowExclusive);
                }
            }
            if let Some(parent) = partition_of {
                ledger.lock(parent, LockMode::AccessExclusive);
                // What the parent refers to, the partition refers to as well.
                let inherited = world.table(parent).into_iter().flat_map(|t| t.foreign_keys().map(|(_, r)| &r.table));
                ledger.lock_all(inherited, LockMode::ShareRowExclusive);
                alter_table::check_default(world, ledger, parent, &alter_table::bound_of(world, tree));
            }
            let refers = below::has_any(tree, |kind| matches!(kind, SyntaxKind::LIKE_CLAUSE | SyntaxKind::INHERITS));
            for node in tree.descendants().take_while(|_| refers) {
                match node.kind() {
                    SyntaxKind::LIKE_CLAUSE => lock_named(world, ledger, &node, LockMode::AccessShare),
                    SyntaxKind::INHERITS => lock_named(world, ledger, &node, LockMode::ShareUpdateExclusive),
                    _ => {}
                }
            }
            if *as_query {
                reads(world, ledger, tree, true);
            }
        }
        Action::CreateView { view, materialized, or_replace } => {
            if *or_replace && world.view(view).is_some() {
                ledger.lock(view, LockMode::AccessExclusive);
            }
            reads(world, ledger, tree, *materialized);
        }
        Action::CreateStatistics { tables } => ledger.lock_all(tables, LockMode::ShareUpdateExclusive),
        Action::CreatePublication { .. } | Action::AlterPublication { .. } => {
            for node in tree.descendants().filter(|d| matches!(d.kind(), SyntaxKind::TABLE_NAME_REF | SyntaxKind::RELATION_NAME_REF)) {
                lock_named(world, ledger, &node, LockMode::ShareUpdateExclusive);
            }
        }
        _ => return false,
    }
    true
}

/// Locks the relation that a node names, if there is one.
fn lock_named(world: World<'_>, ledger: &mut Ledger, node: &SyntaxNode, mode: LockMode) {
    if let Some(found) = Names::relation(world.state, &syntax::path_of(node)) {
        ledger.lock(&found, mode);
    }
}

fn index(world: World<'_>, ledger: &mut Ledger, action: &Action) -> bool {
    match action {
        Action::CreateIndex { index, table, concurrently, if_not_exists, columns, .. } => {
            let exists = index.as_ref().is_some_and(|i| world.state.relation_exists(i));
            let words: Vec<&str> = columns.iter().map(|c| if c.contains(['(', ' ']) { "expr" } else { c.as_str() }).collect();
            let chosen = |of: &QualifiedName| {
                let name = crate::ddl::naming::make_object_name(&of.name, Some(&words.join("_")), "idx");
                QualifiedName::new(&of.schema, name)
            };
            let own = index.clone().unwrap_or_else(|| chosen(&table.name));
            let mode = if *concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
            ledger.lock(&table.name, mode);
            if exists && *if_not_exists {
                return true;
            }
            let family = world.family(&table.name, table.only || world.kind(&table.name) != Relation::PartitionedTable);
            ledger.lock_all(&family, mode);
            ledger.scan_all(world, &family);
            if *concurrently {
                ledger.wait_for_older();
            }
            ledger.build(own, &table.name);
            for member in family.iter().filter(|m| **m != table.name) {
                ledger.build(chosen(member), member);
            }
        }
        Action::DropIndex { index, concurrently, .. } => drop::index(world, ledger, index, *concurrently),
        Action::AlterIndex { index, attach, .. } => {
            ledger.lock(index, LockMode::ShareUpdateExclusive);
            ledger.lock_all(attach, LockMode::AccessExclusive);
            for name in std::iter::once(index).chain(attach) {
                if let (Some(owner), true) = (world.state.index_owners.get(name), attach.is_some()) {
                    ledger.lock(owner, LockMode::AccessShare);
                }
            }
        }
        Action::Reindex { kind, name, concurrently } => reindex(world, ledger, kind, name, *concurrently),
        _ => return false,
    }
    true
}

fn reindex(world: World<'_>, ledger: &mut Ledger, kind: &str, name: &QualifiedName, concurrently: bool) {
    let indexes: Vec<(&QualifiedName, &QualifiedName)> = match kind {
        "INDEX" => world.state.index_owners.get(name).map(|owner| (name, owner)).into_iter().collect(),
        "TABLE" => {
            let family = world.family(name, false);
            world.state.index_owners.iter().filter(|(_, owner)| family.contains(owner)).collect()
        }
        "SCHEMA" => world.state.index_owners.iter().filter(|(_, owner)| owner.schema == name.schema).collect(),
        _ => world.state.index_owners.iter().collect(),
    };
    let (on_table, on_index) = if concurrently {
        (LockMode::ShareUpdateExclusive, LockMode::ShareUpdateExclusive)
    } else {
        (LockMode::Share, LockMode::AccessExclusive)
    };
    if kind == "TABLE" {
        ledger.lock(name, on_table);
    }
    for (index, owner) in indexes {
        ledger.lock(owner, on_table);
        ledger.lock(index, on_index);
        if world.has_storage(owner) {
            ledger.rebuild(index, owner);
            ledger.scan(world, owner);
        }
    }
    if concurrently {
        ledger.wait_for_older();
    }
}

fn drops(world: World<'_>, ledger: &mut Ledger, action: &Action) -> bool {
    match action {
        Action::DropTable { table, if_exists, cascade } => drop::table(world, ledger, table, *if_exists, *cascade),
        Action::DropView { view, cascade, .. } => drop::view(world, ledger, view, *cascade),
        Action::DropSequence { name, cascade } => drop::sequence(world, ledger, name, *cascade),
        Action::DropType { name, cascade, .. } => drop::user_type(world, ledger, name, *cascade),
        Action::DropFunction { name, cascade } => drop::function(world, ledger, name, *cascade),
        Action::DropSchema { name, cascade } => drop::schema(world, ledger, name, *cascade),
        Action::Truncate { tables, cascade } => truncate(world, ledger, tables, *cascade),
        _ => return false,
    }
    true
}

fn truncate(world: World<'_>, ledger: &mut Ledger, tables: &[QualifiedName], cascade: bool) {
    let mut wanted: Vec<QualifiedName> = tables.to_vec();
    let mut at = 0;
    while at < wanted.len() {
        let mut more = world.family(&wanted[at], false);
        if cascade {
            more.extend(world.referencing(&wanted[at]).into_iter().map(|(t, _)| t.name.clone()));
        }
        for name in more {
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        at += 1;
    }
    for name in &wanted {
        ledger.lock(name, LockMode::AccessExclusive);
        ledger.rewrite(world, name);
    }
}

/// Policies, triggers, rules, owners, schemas, privileges, comments.
fn belongings(world: World<'_>, ledger: &mut Ledger, action: &Action) -> bool {
    match action {
        Action::CreatePolicy { table, .. }
        | Action::AlterPolicy { table, .. }
        | Action::DropPolicy { table, .. }
        | Action::CreateRule { table, .. }
        | Action::DropTrigger { table, .. } => {
            // IF EXISTS of a table that is not there takes nothing.
            let drops = matches!(action, Action::DropPolicy { .. } | Action::DropTrigger { .. });
            if !drops || world.state.relation_exists(table) {
                ledger.lock(table, LockMode::AccessExclusive);
            }
        }
        Action::CreateTrigger { table, .. } => {
            let only = world.kind(table) != Relation::PartitionedTable;
            ledger.lock_all(&world.family(table, only), LockMode::ShareRowExclusive);
        }
        Action::OwnerTo { object, .. } | Action::SetSchema { object, .. } => {
            if let Some(name) = relation_of(object) {
                ledger.lock(&name, LockMode::AccessExclusive);
                if matches!(action, Action::SetSchema { .. }) {
                    alter_table::lock_sequences(world, ledger, &name, None);
                }
            }
        }
        Action::Grant { objects, .. } => {
            // Since 18 privileges are changed under a weak lock.
            for name in objects.iter().filter(|_| world.major >= 18).filter_map(relation_of) {
                ledger.lock(&name, LockMode::AccessShare);
            }
        }
        Action::Comment { object } => {
            let on = if object.kind == ObjectKind::Column { object.table_name() } else { relation_of(object) };
            if let Some(name) = on.filter(|n| world.state.relation_exists(n)) {
                ledger.lock(&name, LockMode::ShareUpdateExclusive);
            }
        }
        Action::AlterSequence { name } => ledger.lock(name, LockMode::ShareRowExclusive),
        _ => return false,
    }
    true
}

fn relation_of(object: &ObjectRef) -> Option<QualifiedName> {
    let is_relation = matches!(
        object.kind,
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index | ObjectKind::Sequence
    );
    object.schema.as_ref().filter(|_| is_relation).map(|schema| QualifiedName::new(schema, &object.name))
}

fn types(world: World<'_>, ledger: &mut Ledger, action: &Action) -> bool {
    let Action::AlterDomain { name, what } = action else { return false };
    let reads = matches!(
        what,
        DomainChange::AddConstraint { not_valid: false, .. } | DomainChange::ValidateConstraint { .. } | DomainChange::SetNotNull
    );
    if reads {
        for table in world.tables_with_type(name) {
            ledger.lock(&table.name, LockMode::Share);
            ledger.scan(world, &table.name);
        }
    }
    true
}

fn maintenance(world: World<'_>, ledger: &mut Ledger, action: &Action) -> bool {
    match action {
        Action::Vacuum { tables, full } => {
            let mode = if *full { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
            for name in listed_or_all(world, tables) {
                ledger.lock(&name, mode);
                if *full {
                    ledger.rewrite(world, &name);
                    ledger.scan(world, &name);
                }
            }
        }
        Action::Analyze { tables } => ledger.lock_all(&listed_or_all(world, tables), LockMode::ShareUpdateExclusive),
        Action::Cluster { table } => {
            let clustered = |t: &&architrave_model::catalog::Table| t.indexes.iter().any(|i| i.clustered);
            let names: Vec<QualifiedName> = match table {
                Some(name) => world.family(name, false),
                None => world.state.tables.values().filter(clustered).map(|t| t.name.clone()).collect(),
            };
            for name in names {
                ledger.lock(&name, LockMode::AccessExclusive);
                ledger.rewrite(world, &name);
                ledger.scan(world, &name);
            }
        }
        Action::RefreshMaterializedView { view, concurrently, with_no_data } => {
            ledger.lock(view, if *concurrently { LockMode::Exclusive } else { LockMode::AccessExclusive });
            let Some(found) = world.view(view) else { return true };
            ledger.scan(world, view);
            if !concurrently {
                ledger.rewrite(world, view);
            }
            ledger.lock_all(&found.depends_on, LockMode::AccessShare);
            if !with_no_data {
                ledger.scan_all(world, &found.depends_on);
            }
        }
        Action::LockTable { tables, mode, .. } => {
            for name in tables {
                ledger.lock_all(&world.family(name, false), *mode);
            }
        }
        _ => return false,
    }
    true
}

fn listed_or_all(world: World<'_>, tables: &[QualifiedName]) -> Vec<QualifiedName> {
    if !tables.is_empty() {
        return tables.iter().flat_map(|t| world.family(t, false)).collect();
    }
    world.state.tables.values().filter(|t| t.kind == TableKind::Ordinary).map(|t| t.name.clone()).collect()
}

fn rows(world: World<'_>, ledger: &mut Ledger, action: &Action, tree: &SyntaxNode) -> bool {
    match action {
        Action::Insert { table, .. } => {
            ledger.lock(table, LockMode::RowExclusive);
            reads(world, ledger, tree, true);
        }
        Action::Update { table, has_where, limited, .. } | Action::Delete { table, has_where, limited } => {
            let family = world.family(table, false);
            ledger.lock_all(&family, LockMode::RowExclusive);
            let finds = *limited || (*has_where && family.iter().all(|t| finds_by_index(world, t, tree)));
            if !finds {
                ledger.scan_all(world, &family);
            }
            reads(world, ledger, tree, false);
        }
        Action::Select { locks_rows } => {
            reads_with(world, ledger, tree, true, if *locks_rows { LockMode::RowShare } else { LockMode::AccessShare });
        }
        Action::Copy { table: Some(table), from } => {
            ledger.lock(table, if *from { LockMode::RowExclusive } else { LockMode::AccessShare });
            if !from {
                ledger.scan(world, table);
            }
        }
        _ => return false,
    }
    true
}

/// Whether a condition of the statement names the first column of one of the table's indexes.
fn finds_by_index(world: World<'_>, table: &QualifiedName, tree: &SyntaxNode) -> bool {
    let Some(found) = world.table(table) else { return true };
    let conditions = tree.descendants().filter(|d| d.kind() == SyntaxKind::WHERE_CLAUSE);
    let named: Vec<String> = conditions
        .flat_map(|c| c.descendants().filter(|d| d.kind() == SyntaxKind::NAME_REF).map(|n| syntax::name_of(&n)).collect::<Vec<_>>())
        .collect();
    found.indexes.iter().filter_map(|i| i.leading_columns().next()).any(|c| named.iter().any(|n| n == c))
}

/// Tables in FROM are locked weakly; read whole when no condition stands by.
fn reads(world: World<'_>, ledger: &mut Ledger, tree: &SyntaxNode, scans: bool) {
    reads_with(world, ledger, tree, scans, LockMode::AccessShare);
}

fn reads_with(world: World<'_>, ledger: &mut Ledger, tree: &SyntaxNode, scans: bool, mode: LockMode) {
    let narrowed = below::has_any(tree, |kind| {
        matches!(kind, SyntaxKind::LIMIT_CLAUSE | SyntaxKind::FETCH_CLAUSE | SyntaxKind::WHERE_CLAUSE | SyntaxKind::WITH_NO_DATA)
    });
    for node in tree.descendants().filter(|d| d.kind() == SyntaxKind::FROM_CLAUSE || d.kind() == SyntaxKind::USING_CLAUSE) {
        for name in node.descendants().filter(|d| d.kind() == SyntaxKind::RELATION_NAME_REF) {
            let Some(found) = Names::relation(world.state, &syntax::path_of(&name)) else { continue };
            ledger.lock(&found, mode);
            if scans && !narrowed {
                ledger.scan(world, &found);
            }
        }
    }
}
