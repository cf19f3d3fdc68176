//! ADD COLUMN: brief since 11 as long as one value serves all rows; else the table is written anew.

use super::ledger::Ledger;
use super::world::World;
use super::{constraint, volatile};
use architrave_model::migration::{ColumnDraft, ConstraintForm, LockMode};
use architrave_model::name::QualifiedName;

/// ADD COLUMN to a table and its family.
pub(super) fn apply(world: World<'_>, ledger: &mut Ledger, family: &[QualifiedName], column: &ColumnDraft) {
    ledger.lock_all(family, LockMode::AccessExclusive);
    let rewrites = rewrites(world, column);
    let checks = column.constraints.iter().any(|c| c.form == ConstraintForm::Check && !c.not_enforced);
    let has_value = column.default.is_some() || column.serial || column.identity || column.stored || column.virtual_column;
    let lacks_value = column.not_null && !has_value && world.type_default(&canonical(world, column)).is_none();
    for member in family {
        if rewrites {
            ledger.rewrite(world, member);
        }
        if rewrites || checks || lacks_value {
            ledger.scan(world, member);
        }
    }
    for draft in &column.constraints {
        match draft.form {
            ConstraintForm::ForeignKey => {
                // Without a default the new column holds NULL, which refers to nothing.
                let mut draft = draft.clone();
                draft.not_valid |= !has_value;
                constraint::add(world, ledger, family, &draft, &[]);
            }
            ConstraintForm::Unique | ConstraintForm::PrimaryKey | ConstraintForm::Exclude => {
                constraint::key(world, ledger, family, draft.name.as_deref(), &draft.columns, draft.form);
            }
            ConstraintForm::Check | ConstraintForm::NotNull => {}
        }
    }
}

/// The type as the catalogue knows it; built-in types by one name stay as written, since only domains matter here.
fn canonical(world: World<'_>, column: &ColumnDraft) -> String {
    if world.state.types.len() == 0 { column.type_text.clone() } else { world.canonical_type(&column.type_text) }
}

fn rewrites(world: World<'_>, column: &ColumnDraft) -> bool {
    if column.virtual_column {
        return false;
    }
    if column.serial || column.identity || column.stored {
        return true;
    }
    let ty = canonical(world, column);
    if world.is_constrained(&ty) && !ty.ends_with("[]") {
        return true;
    }
    match &column.default {
        Some(default) => volatile::default(world, default),
        None => world.type_default(&ty).is_some_and(|d| volatile::text(world, d)),
    }
}
