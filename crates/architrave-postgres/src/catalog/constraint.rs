//! Constraints of tables and domains.

use super::table::{NameRow, Relations};
use crate::session::{Question, Rows};
use architrave_model::catalog::{Constraint, ForeignKeyAction, MatchType, Reference, TypeDef, TypeKind};
use serde::Deserialize;
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::essential("constraints", include_str!("constraint.sql"));

/// What a constraint's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ConstraintKeys {
    belongs_to: u32,
    domain: u32,
    column_numbers: Vec<i16>,
    referenced_oid: u32,
    referenced_table: Option<NameRow>,
    referenced_numbers: Option<Vec<i16>>,
    /// Only where the referenced table is not read itself.
    referenced_names: Option<Vec<String>>,
    on_update: String,
    on_delete: String,
    match_type: String,
}

pub(super) fn attach(
    rows: Rows<Constraint, ConstraintKeys>,
    relations: &mut Relations,
    types: &mut [TypeDef],
    type_at: &HashMap<u32, usize>,
) {
    for (keys, mut constraint) in rows.rows {
        constraint.columns = relations.names(keys.belongs_to, &keys.column_numbers);
        let owner = keys.belongs_to;
        let domain = type_at.get(&keys.domain).copied();
        constraint.references = reference(keys, relations);
        if let Some(table) = relations.table_mut(owner) {
            table.constraints.push(constraint);
        } else if let Some(TypeKind::Domain { constraints, .. }) = domain.and_then(|at| types.get_mut(at)).map(|t| &mut t.kind) {
            constraints.push(constraint);
            constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
}

fn reference(keys: ConstraintKeys, relations: &Relations) -> Option<Reference> {
    let table = keys.referenced_table?.qualified();
    let numbers = keys.referenced_numbers.unwrap_or_default();
    let columns = keys.referenced_names.unwrap_or_else(|| relations.names(keys.referenced_oid, &numbers));
    let match_type = match keys.match_type.as_str() {
        "f" => MatchType::Full,
        "p" => MatchType::Partial,
        _ => MatchType::Simple,
    };
    Some(Reference { table, columns, on_update: action(&keys.on_update), on_delete: action(&keys.on_delete), match_type })
}

fn action(code: &str) -> ForeignKeyAction {
    match code {
        "r" => ForeignKeyAction::Restrict,
        "c" => ForeignKeyAction::Cascade,
        "n" => ForeignKeyAction::SetNull,
        "d" => ForeignKeyAction::SetDefault,
        _ => ForeignKeyAction::NoAction,
    }
}
