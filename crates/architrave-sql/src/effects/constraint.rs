//! Constraints: what adding, validating, changing and dropping one does.

use super::ledger::Ledger;
use super::world::World;
use crate::ddl::expression::{self, Expression};
use architrave_model::catalog::{Constraint, ConstraintKind, Table};
use architrave_model::migration::{Action, ConstraintDraft, ConstraintForm, LockMode};
use architrave_model::name::QualifiedName;

/// ADD CONSTRAINT to a table and its family.
pub(super) fn add(world: World<'_>, ledger: &mut Ledger, family: &[QualifiedName], draft: &ConstraintDraft, siblings: &[Action]) {
    let Some(table) = family.first() else { return };
    let unchecked = draft.not_valid || draft.not_enforced;
    match draft.form {
        ConstraintForm::Check => {
            ledger.lock_all(family, LockMode::AccessExclusive);
            if !unchecked {
                ledger.scan_all(world, family);
            }
        }
        ConstraintForm::NotNull => {
            ledger.lock_all(family, LockMode::AccessExclusive);
            if !unchecked {
                for c in &draft.columns {
                    prove_not_null(world, ledger, family, c, siblings);
                }
            }
        }
        ConstraintForm::ForeignKey => {
            ledger.lock_all(family, LockMode::ShareRowExclusive);
            if let Some(referenced) = &draft.referenced {
                add_reference(world, ledger, family, referenced, unchecked);
            }
        }
        ConstraintForm::Unique | ConstraintForm::PrimaryKey if draft.using_index.is_some() => {
            ledger.lock(table, LockMode::AccessExclusive);
            if draft.form == ConstraintForm::PrimaryKey {
                let index = draft.using_index.as_deref().and_then(|name| world.table(table)?.index(name));
                let columns: Vec<String> = index.map(|i| i.leading_columns().map(str::to_owned).collect()).unwrap_or_default();
                for c in &columns {
                    prove_not_null(world, ledger, std::slice::from_ref(table), c, siblings);
                }
            }
        }
        ConstraintForm::Unique | ConstraintForm::PrimaryKey | ConstraintForm::Exclude => {
            key(world, ledger, family, draft.name.as_deref(), &draft.columns, draft.form);
        }
    }
}

/// A key or exclusion constraint with an index of its own.
pub(super) fn key(
    world: World<'_>,
    ledger: &mut Ledger,
    family: &[QualifiedName],
    name: Option<&str>,
    columns: &[String],
    form: ConstraintForm,
) {
    let Some(table) = family.first() else { return };
    ledger.lock(table, LockMode::AccessExclusive);
    // Before 18 the partitions of a new primary key are locked as for their indexes only.
    let below = if world.major >= 18 && form == ConstraintForm::PrimaryKey { LockMode::AccessExclusive } else { LockMode::Share };
    ledger.lock_all(&family[1..], below);
    for member in family {
        ledger.scan(world, member);
        if world.has_storage(member) {
            let label = match form {
                ConstraintForm::PrimaryKey => "pkey",
                ConstraintForm::Exclude => "excl",
                _ => "key",
            };
            let columns = (form != ConstraintForm::PrimaryKey).then(|| columns.join("_"));
            let chosen = crate::ddl::naming::make_object_name(&member.name, columns.as_deref(), label);
            let own = name.filter(|_| member == table).map_or(chosen, str::to_owned);
            ledger.build(QualifiedName::new(&member.schema, own), member);
        }
    }
}

/// The referenced side of a new foreign key.
fn add_reference(world: World<'_>, ledger: &mut Ledger, family: &[QualifiedName], referenced: &QualifiedName, unchecked: bool) {
    let others = world.family(referenced, false);
    ledger.lock(referenced, LockMode::ShareRowExclusive);
    let partitioned = others.len() > 1 && world.table(referenced).is_some_and(|t| t.partitioning.is_some());
    if partitioned {
        ledger.lock_all(&others, LockMode::ShareRowExclusive);
    }
    if !unchecked {
        ledger.scan_all(world, family);
        let read = if partitioned { others.as_slice() } else { std::slice::from_ref(referenced) };
        ledger.scan_all(world, read);
    }
}

/// A column becomes NOT NULL: each table of the family is read, unless it is so already or a check says that no row is without.
pub(super) fn prove_not_null(world: World<'_>, ledger: &mut Ledger, family: &[QualifiedName], column: &str, siblings: &[Action]) {
    for member in family {
        let known = world.table(member).is_some_and(|t| {
            let unproven =
                t.constraints.iter().any(|c| c.kind == ConstraintKind::NotNull && !c.validated && c.columns.iter().any(|n| n == column));
            (!unproven && t.column(column).is_some_and(|c| c.not_null)) || has_proof(world, t, column, siblings)
        });
        if !known {
            ledger.scan(world, member);
        }
    }
}

/// A check that holds for every row, rules out NULL, and does not go in the same ALTER TABLE.
fn has_proof(world: World<'_>, table: &Table, column: &str, siblings: &[Action]) -> bool {
    let goes = |c: &Constraint| siblings.iter().any(|a| matches!(a, Action::DropConstraint { name, .. } if *name == c.name));
    let checks = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && c.validated && c.enforced && !goes(c));
    checks.filter_map(|c| c.expression.as_deref()).any(|e| rules_out_null(world, e, column))
}

/// VALIDATE CONSTRAINT.
pub(super) fn validate(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, name: &str, siblings: &[Action]) {
    let family = world.family(table, false);
    let added = siblings.iter().find_map(|a| match a {
        Action::AddConstraint { constraint, .. } if constraint.name.as_deref() == Some(name) => Some(constraint),
        _ => None,
    });
    ledger.lock(table, LockMode::ShareUpdateExclusive);
    if let Some(draft) = added {
        let checked = ConstraintDraft { not_valid: false, not_enforced: false, ..draft.clone() };
        add(world, ledger, &family, &checked, siblings);
        return;
    }
    let found = world.table(table).and_then(|t| t.constraints.iter().find(|c| c.name == name));
    if found.is_some_and(|c| c.validated) {
        return;
    }
    match found.and_then(|c| c.references.as_ref()) {
        Some(reference) => {
            ledger.lock_all(&family, LockMode::ShareUpdateExclusive);
            ledger.lock(&reference.table, LockMode::RowShare);
            ledger.scan(world, &reference.table);
        }
        None => ledger.lock_all(&family, LockMode::ShareUpdateExclusive),
    }
    ledger.scan_all(world, &family);
}

/// DROP CONSTRAINT.
pub(super) fn drop(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, name: &str, cascade: bool) {
    ledger.lock(table, LockMode::AccessExclusive);
    let found = world.table(table).and_then(|t| t.constraints.iter().find(|c| c.name == name));
    let Some(found) = found else { return };
    if let Some(reference) = &found.references {
        ledger.lock(&reference.table, LockMode::AccessExclusive);
    }
    if let Some(index) = &found.index {
        ledger.lock(&QualifiedName::new(&table.schema, index), LockMode::AccessExclusive);
    }
    if matches!(found.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) && cascade {
        for (other, key) in world.referencing(table) {
            if key.references.as_ref().is_some_and(|r| r.columns == found.columns) {
                ledger.lock(&other.name, LockMode::AccessExclusive);
            }
        }
    }
    if !found.no_inherit {
        ledger.lock_all(&world.family(table, false), LockMode::AccessExclusive);
    }
}

/// ALTER CONSTRAINT.
pub(super) fn alter(world: World<'_>, ledger: &mut Ledger, table: &QualifiedName, name: &str, enforced: Option<bool>) {
    ledger.lock(table, LockMode::AccessExclusive);
    let found = world.table(table).and_then(|t| t.constraints.iter().find(|c| c.name == name));
    let reference = found.and_then(|c| c.references.as_ref());
    match (enforced, reference) {
        (Some(true), reference) if found.is_none_or(|c| !c.enforced) => {
            if let Some(reference) = reference {
                ledger.lock(&reference.table, LockMode::ShareRowExclusive);
                ledger.scan(world, &reference.table);
            }
            ledger.scan(world, table);
        }
        // The triggers on the referenced side go; derived from PostgreSQL's rules for dropping triggers, not measured.
        (Some(false), Some(reference)) => ledger.lock(&reference.table, LockMode::AccessExclusive),
        _ => {}
    }
}

/// Whether the top of a condition is an AND with `column IS NOT NULL` in it: then no row can be without the column.
fn rules_out_null(world: World<'_>, condition: &str, column: &str) -> bool {
    fn holds(e: &Expression, column: &str) -> bool {
        match e {
            Expression::And(parts) => parts.iter().any(|p| holds(p, column)),
            Expression::Or(parts) => !parts.is_empty() && parts.iter().all(|p| holds(p, column)),
            Expression::Test(inner, test) => {
                test == "IS NOT NULL" && matches!(&**inner, Expression::Name(path) if path.last().is_some_and(|c| c == column))
            }
            Expression::Not(inner) => {
                matches!(&**inner, Expression::Test(e, test) if test == "IS NULL" && matches!(&**e, Expression::Name(path) if path.last().is_some_and(|c| c == column)))
            }
            _ => false,
        }
    }
    expression::parse(condition, world.state).is_some_and(|e| holds(&e, column))
}
