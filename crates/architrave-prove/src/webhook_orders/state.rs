//! What the tables hold after an order of delivery, in a form that two orders can be compared by.

use super::deliver::{Field, Stop};
use architrave_model::catalog::{Column, Table};
use architrave_model::name::quote_ident;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of each written table, as sorted JSON.
pub(super) type State = BTreeMap<usize, Vec<serde_json::Map<String, serde_json::Value>>>;

/// Columns whose values differ from run to run: only whether there is one counts.
fn is_volatile(table: &Table, column: &Column, noted: &BTreeSet<(usize, String)>, at: usize) -> bool {
    let changing = |default: &str| {
        let constant = default.starts_with('\'') || default.parse::<f64>().is_ok() || matches!(default, "true" | "false");
        !constant
    };
    let by_key = table.foreign_keys().any(|(k, r)| {
        k.columns.contains(&column.name) && !r.columns.iter().any(|c| c.to_lowercase().contains("clerk")) && column.base_type() != "text"
    });
    column.identity.is_some() || column.default.as_deref().is_some_and(changing) || noted.contains(&(at, column.name.clone())) || by_key
}

/// Reads the state of the tables that have been written.
pub(super) async fn read(field: &Field<'_>) -> Result<State, Stop> {
    let mut out = State::new();
    for at in &field.written {
        let Some(table) = field.catalog.tables.get(*at) else { continue };
        let part = |c: &Column| {
            let name = quote_ident(&c.name);
            if is_volatile(table, c, &field.volatile, *at) { format!("({name} is not null) as {name}") } else { name }
        };
        let columns: Vec<String> = table.columns.iter().filter(|c| c.generated.is_none()).map(part).collect();
        let sql = format!("select to_jsonb(s)::text from (select {} from {}) s order by 1", columns.join(", "), table.name.sql());
        let rows = field.texts(&sql).await?;
        out.insert(*at, rows.iter().filter_map(|r| serde_json::from_str(r).ok()).collect());
    }
    Ok(out)
}

/// How two states differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differs {
    /// In words.
    pub(super) outcome: String,
    /// There are more rows, or a mark of deletion is gone.
    pub(super) more: bool,
    /// There are fewer rows.
    pub(super) fewer: bool,
}

/// How new the last event was: of somebody who is deleted, this no longer matters.
fn tells_age(column: &str) -> bool {
    let lower = column.to_lowercase();
    ["updated", "synced", "modified", "version"].iter().any(|w| lower.contains(w))
}

/// The first difference; none when they are the same. `deletes`: somebody is deleted on the way.
pub(super) fn compare(field: &Field<'_>, expected: &State, got: &State, deletes: bool) -> Option<Differs> {
    for (at, rows) in got {
        let name = field.catalog.tables.get(*at).map(|t| t.name.to_string()).unwrap_or_default();
        let right = expected.get(at).map(Vec::as_slice).unwrap_or_default();
        if right.len() != rows.len() {
            let outcome = format!("{name} has {}, and {} after the right order", count(rows.len()), right.len());
            return Some(Differs { outcome, more: rows.len() > right.len(), fewer: rows.len() < right.len() });
        }
        let mut columns: BTreeSet<&str> = BTreeSet::new();
        let mut revived = false;
        for (a, b) in right.iter().zip(rows) {
            for (key, value) in a.iter().filter(|(key, value)| b.get(*key) != Some(*value) && !(deletes && tells_age(key))) {
                columns.insert(key);
                revived |= key.to_lowercase().contains("deleted") && (value == &serde_json::Value::Bool(true) || value.is_string());
            }
        }
        if !columns.is_empty() {
            let names: Vec<&str> = columns.into_iter().collect();
            let outcome = format!("{name} differs from what the right order leaves in {}", names.join(", "));
            return Some(Differs { outcome, more: revived, fewer: false });
        }
    }
    None
}

fn count(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}
