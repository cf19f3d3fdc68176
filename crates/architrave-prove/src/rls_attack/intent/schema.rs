//! Questions to the catalogue that every inference asks: keys, foreign keys, types, and what is the user's own.

use architrave_model::QualifiedName;
use architrave_model::catalog::{Catalog, Column, Table};
use architrave_model::platform::Platform;
use architrave_model::scope::Scope as Reviewed;
use architrave_model::stack::Stack;

/// Relations of a platform that projects write policies for.
const OPENED: &[(&str, &str)] = &[("storage", "objects"), ("storage", "buckets"), ("realtime", "messages")];

/// Whether the catalogue has Supabase's functions, so that its schemas are the platform's.
fn is_supabase(catalog: &Catalog) -> bool {
    let uid = |f: &architrave_model::catalog::Function| f.name.schema == "auth" && f.name.name == "uid";
    catalog.table("auth", "users").is_some() && catalog.functions.iter().any(uid)
}

/// Tables that somebody's intent is about: the project's own, and the platform's that it wrote policies for.
pub(crate) fn tables(catalog: &Catalog) -> Vec<&Table> {
    let stack = Stack::default();
    let platform = if is_supabase(catalog) { Platform::Supabase } else { Platform::default() };
    let scope = Reviewed::new(catalog, platform, &stack);
    let opened = |t: &Table| !t.policies.is_empty() && OPENED.contains(&(t.name.schema.as_str(), t.name.name.as_str()));
    catalog.tables.iter().filter(|t| !t.is_partition && (scope.reviews(t) || opened(t))).collect()
}

/// Whether views of that schema are the project's own.
pub(crate) fn covers(catalog: &Catalog, schema: &str) -> bool {
    let stack = Stack::default();
    let platform = if is_supabase(catalog) { Platform::Supabase } else { Platform::default() };
    Reviewed::new(catalog, platform, &stack).covers(schema)
}

/// The column of a relation.
pub(super) fn column<'c>(catalog: &'c Catalog, relation: &QualifiedName, name: &str) -> Option<&'c Column> {
    catalog.table_named(relation)?.column(name)
}

/// The relation and column that a column refers to, when a foreign key of one column says so; of a longer key the part that belongs to it.
pub(crate) fn refers<'c>(table: &'c Table, name: &str) -> Option<(&'c QualifiedName, &'c str)> {
    let mut all: Vec<_> = table
        .foreign_keys()
        .filter_map(|(key, reference)| {
            let at = key.columns.iter().position(|c| c == name)?;
            Some((key.columns.len(), &reference.table, reference.columns.get(at)?.as_str()))
        })
        .collect();
    all.sort();
    all.first().map(|(_, table, column)| (*table, *column))
}

/// Whether the column alone is unique, as key or by a unique index.
pub(super) fn is_key(catalog: &Catalog, relation: &QualifiedName, name: &str) -> bool {
    catalog.table_named(relation).is_some_and(|t| t.is_unique_over(&[name]))
}
