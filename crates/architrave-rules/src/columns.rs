//! Columns that a rule picks, by schema: one cause is one finding, with every column as a place.

use crate::figures::{counted, list_of};
use architrave_model::ObjectKind;
use architrave_model::catalog::{Column, Constraint, ConstraintKind, Table};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Draft;
use architrave_model::scope::Scope;
use std::collections::BTreeMap;

/// A column with its table.
pub(crate) type Placed<'a> = (&'a Table, &'a Column);

/// Reviewed columns that pass the test, by schema; inherited ones are their parent's.
pub(crate) fn by_schema<'a>(scope: Scope<'a>, pick: &dyn Fn(&'a Table, &'a Column) -> bool) -> BTreeMap<&'a str, Vec<Placed<'a>>> {
    let mut found: BTreeMap<&str, Vec<Placed<'_>>> = BTreeMap::new();
    for table in scope.tables() {
        let picked: Vec<Placed<'_>> = table.columns.iter().filter(|c| !c.inherited && pick(table, c)).map(|c| (table, c)).collect();
        if !picked.is_empty() {
            found.entry(&table.name.schema).or_default().extend(picked);
        }
    }
    found
}

/// `table.column` of each.
pub(crate) fn names(columns: &[Placed<'_>]) -> Vec<String> {
    columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect()
}

/// A finding on the schema: `2 columns of schema public are money: a.b and c.d`; the type of each column is its detail.
pub(crate) fn draft(schema: &str, columns: &[Placed<'_>], (is, are): (&str, &str), why: impl Into<String>) -> Draft {
    let detail = |_: &Table, column: &Column| Some(column.data_type.clone());
    draft_with(schema, columns, (is, are), why, &detail)
}

/// The same with details of the caller's.
pub(crate) fn draft_with(
    schema: &str,
    columns: &[Placed<'_>],
    (is, are): (&str, &str),
    why: impl Into<String>,
    detail: &dyn Fn(&Table, &Column) -> Option<String>,
) -> Draft {
    let verb = if columns.len() == 1 { is } else { are };
    let subject = counted(columns.len(), "column of schema", "columns of schema");
    let message = format!("{subject} {schema} {verb}: {}", list_of(&names(columns), 3));
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
    for (table, column) in columns {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), detail(table, column));
    }
    draft
}

/// Check constraints over the column.
pub(crate) fn checks_of<'a>(table: &'a Table, column: &'a str) -> impl Iterator<Item = &'a Constraint> {
    table.constraints.iter().filter(move |c| c.kind == ConstraintKind::Check && c.columns.iter().any(|n| n == column))
}

/// Whether the column is part of a foreign key of its table.
pub(crate) fn refers(table: &Table, column: &str) -> bool {
    table.foreign_keys().any(|(key, _)| key.columns.iter().any(|c| c == column))
}

/// Whether the column is part of the primary key.
pub(crate) fn is_key(table: &Table, column: &str) -> bool {
    table.primary_key().is_some_and(|k| k.columns.iter().any(|c| c == column))
}

/// The text of a default that is one plain literal: `'NULL'::text` is `NULL`.
pub(crate) fn literal(default: &str) -> Option<String> {
    let mut rest = default.trim().trim_start_matches('(').strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return is_cast(after).then_some(value),
        }
    }
}

/// Whether nothing but casts follows a literal.
fn is_cast(after: &str) -> bool {
    let after = after.trim_end_matches(')').trim();
    let plain = |c: char| c.is_alphanumeric() || " _.,()[]\"".contains(c);
    after.is_empty() || after.strip_prefix("::").is_some_and(|casts| casts.split("::").all(|cast| cast.chars().all(plain)))
}

/// Whether it is a character type.
pub(crate) fn is_text(column: &Column) -> bool {
    matches!(column.base_type().as_str(), "text" | "character varying" | "character") && !column.is_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_from_expressions() {
        assert_eq!(literal("'NULL'::text").as_deref(), Some("NULL"));
        assert_eq!(literal("'it''s'").as_deref(), Some("it's"));
        assert_eq!(literal("('a'::text || 'b'::text)"), None);
        assert_eq!(literal("now()"), None);
        assert_eq!(literal("('x'::text)::character varying(20)").as_deref(), Some("x"));
    }
}
