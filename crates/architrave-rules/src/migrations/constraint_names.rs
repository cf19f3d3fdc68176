//! Names that PostgreSQL gives to constraints.

use super::At;
use crate::condition::mentions;
use crate::statements::Names;
use architrave_model::QualifiedName;
use architrave_model::migration::{ConstraintDraft, ConstraintForm};

/// The name of a new constraint: the one that is written, else the one that PostgreSQL gives. `column` is that of ADD COLUMN.
pub(crate) fn constraint_name(at: At<'_>, table: &QualifiedName, constraint: &ConstraintDraft, column: Option<&str>) -> String {
    if let Some(name) = &constraint.name {
        return name.clone();
    }
    let own: Vec<String> = column.map(str::to_owned).into_iter().collect();
    let (columns, suffix) = match constraint.form {
        ConstraintForm::Check => (checked_columns(at, table, constraint, column), "check"),
        ConstraintForm::PrimaryKey => (Vec::new(), "pkey"),
        ConstraintForm::NotNull => (or(&constraint.columns, own), "not_null"),
        ConstraintForm::ForeignKey => (or(&constraint.columns, own), "fkey"),
        ConstraintForm::Unique => (or(&constraint.columns, own), "key"),
        ConstraintForm::Exclude => (or(&constraint.columns, own), "excl"),
    };
    Names::of(&at.step.before).free(&table.schema, &table.name, &columns, suffix)
}

fn or(columns: &[String], own: Vec<String>) -> Vec<String> {
    if columns.is_empty() { own } else { columns.to_vec() }
}

/// The column of a check that names exactly one.
fn checked_columns(at: At<'_>, table: &QualifiedName, constraint: &ConstraintDraft, column: Option<&str>) -> Vec<String> {
    let condition = constraint.condition.as_deref().unwrap_or(&constraint.text);
    let known = at.step.table(table).into_iter().flat_map(|t| &t.columns).map(|c| c.name.as_str());
    let mut named: Vec<&str> = known.chain(column).filter(|c| mentions(condition, c)).collect();
    named.dedup();
    if named.len() == 1 { named.into_iter().map(str::to_owned).collect() } else { Vec::new() }
}
