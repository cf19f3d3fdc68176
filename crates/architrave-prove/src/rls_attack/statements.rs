//! The statements of an attack on rows, from the literals that the scene keeps of each row.

use super::scene::SeededRow;
use architrave_model::catalog::{Generated, Identity, Table};
use architrave_model::name::quote_ident;

/// Types without an equality operator.
const INCOMPARABLE: [&str; 7] = ["json", "xml", "point", "polygon", "box", "line", "path"];

/// The SQL literal that the row has in a column.
pub(super) fn literal<'a>(row: &'a SeededRow, column: &str) -> Option<&'a str> {
    let of = |pairs: &'a [(String, String)]| pairs.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str());
    of(&row.values).or_else(|| of(&row.key))
}

/// A condition that names the row, on columns that may be read (all where none are given); none when no such column is left.
pub(super) fn condition(row: &SeededRow, table: Option<&Table>, readable: Option<&[String]>) -> Option<String> {
    let may = |column: &String| readable.is_none_or(|r| r.contains(column));
    if !row.key.is_empty() && row.key.iter().all(|(column, _)| may(column)) {
        return Some(all_equal(row.key.iter()));
    }
    let comparable = |column: &str| {
        let kind = table.and_then(|t| t.column(column)).map(architrave_model::catalog::Column::base_type);
        kind.is_none_or(|k| !INCOMPARABLE.contains(&k.as_str()))
    };
    let known: Vec<&(String, String)> =
        row.values.iter().filter(|(column, value)| may(column) && comparable(column) && !is_moving(value)).collect();
    (!known.is_empty()).then(|| all_equal(known.into_iter()))
}

/// Whether a value is made anew each time it is asked for.
fn is_moving(value: &str) -> bool {
    value.eq_ignore_ascii_case("default") || value.ends_with(')')
}

fn all_equal<'a>(pairs: impl Iterator<Item = &'a (String, String)>) -> String {
    let term = |(column, value): &(String, String)| {
        if value.eq_ignore_ascii_case("null") {
            format!("{} is null", quote_ident(column))
        } else {
            format!("{} = {value}", quote_ident(column))
        }
    };
    pairs.map(term).collect::<Vec<_>>().join(" and ")
}

/// `insert into t (…) values (…)`; columns that the server makes itself are left out.
pub(super) fn insert(table: &Table, values: &[(String, String)], granted: Option<&[String]>) -> String {
    let given: Vec<&(String, String)> =
        values.iter().filter(|(column, _)| takes(table, column) && granted.is_none_or(|g| g.contains(column))).collect();
    if given.is_empty() {
        return format!("insert into {} default values", table.name.sql());
    }
    let columns: Vec<String> = given.iter().map(|(column, _)| quote_ident(column)).collect();
    let literals: Vec<&str> = given.iter().map(|(_, value)| value.as_str()).collect();
    format!("insert into {} ({}) values ({})", table.name.sql(), columns.join(", "), literals.join(", "))
}

/// Whether a value may be given for the column.
pub(super) fn takes(table: &Table, column: &str) -> bool {
    table
        .column(column)
        .is_some_and(|c| !matches!(c.generated, Some(Generated::Stored | Generated::Virtual)) && c.identity != Some(Identity::Always))
}

/// `update t set c = v where …`.
pub(super) fn update(table: &Table, set: &[(String, String)], condition: Option<&str>) -> String {
    let set: Vec<String> = set.iter().map(|(column, value)| format!("{} = {value}", quote_ident(column))).collect();
    let mut sql = format!("update {} set {}", table.name.sql(), set.join(", "));
    if let Some(condition) = condition {
        sql.push_str(" where ");
        sql.push_str(condition);
    }
    sql
}

/// A column whose change does not alter whose the row is, with a value that the row does not have; else one with the value that it has.
pub(super) fn harmless_change(
    table: &Table,
    row: &SeededRow,
    settable: &[String],
    avoid: &[String],
    other: &[(String, String)],
) -> Option<(String, String, bool)> {
    let linked: Vec<&String> = table.foreign_keys().flat_map(|(c, _)| &c.columns).collect();
    let unique: Vec<&String> =
        table.indexes.iter().filter(|i| i.unique).flat_map(|i| i.keys.iter().filter_map(|k| k.column.as_ref())).collect();
    let asked = |name: &str| {
        table.policies.iter().flat_map(|p| p.using.iter().chain(&p.with_check)).any(|text| mentions(text, name))
            || table.constraints.iter().filter_map(|c| c.expression.as_ref()).any(|text| mentions(text, name))
    };
    let free = |name: &String| {
        let column = table.column(name);
        takes(table, name)
            && !row.key.iter().any(|(key, _)| key == name)
            && !linked.contains(&name)
            && !unique.contains(&name)
            && !avoid.contains(name)
            && column.is_some_and(|c| !INCOMPARABLE.contains(&c.base_type().as_str()))
    };
    let mut candidates: Vec<&String> = settable.iter().filter(|name| free(name)).collect();
    candidates.sort_by_key(|name| {
        (asked(name), !table.column(name).is_some_and(|c| c.data_type.starts_with("text") || c.data_type.starts_with("character")))
    });
    let different = candidates.iter().find_map(|name| {
        let has = literal(row, name);
        let value = &other.iter().find(|(column, value)| column == *name && Some(value.as_str()) != has && !is_moving(value))?.1;
        (!value.eq_ignore_ascii_case("null")).then(|| ((*name).clone(), value.clone(), true))
    });
    let text = candidates.iter().find(|name| table.column(name).is_some_and(|c| c.data_type == "text" && !asked(name)));
    let same = || {
        let name = settable.iter().find(|name| takes(table, name) && literal(row, name).is_some_and(|v| !is_moving(v)))?;
        Some((name.clone(), literal(row, name)?.to_owned(), false))
    };
    // A row has no value where it holds NULL.
    let empty = || {
        let name = candidates.iter().find(|name| literal(row, name).is_none() && table.column(name).is_some_and(|c| !c.not_null))?;
        Some(((*name).clone(), "null".to_owned(), false))
    };
    different.or_else(|| text.map(|name| ((*name).clone(), "'changed'".to_owned(), true))).or_else(same).or_else(empty)
}

/// Whether an expression mentions a column by name.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    let boundary = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '$'));
    expression
        .match_indices(column)
        .any(|(at, _)| boundary(expression[..at].chars().next_back()) && boundary(expression[at + column.len()..].chars().next()))
}
