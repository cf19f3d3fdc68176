//! Indexes of tables and materialized views: keys come as numbers and get their names here.

use super::table::Relations;
use crate::session::{Question, Rows};
use architrave_model::catalog::{Index, IndexKey, NullsOrder};
use serde::Deserialize;
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::essential("indexes", include_str!("index.sql"));
pub(super) static OPERATOR_CLASSES: Question = Question::essential("operator classes", include_str!("operator_class.sql"));
pub(super) static COLLATIONS: Question = Question::essential("collations of indexes", include_str!("index_collation.sql"));

/// Object id of the collation `default`, the same on every server.
const DEFAULT_COLLATION: u32 = 100;
/// Bits of `pg_index.indoption`.
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

/// What an index's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IndexKeys {
    belongs_to: u32,
    column_numbers: Vec<i16>,
    key_count: usize,
    operator_classes: Vec<u32>,
    collations: Vec<u32>,
    flags: Vec<i16>,
    expressions: Option<Vec<String>>,
}

/// A name by object id.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Names that keys may need.
pub(super) struct KeyNames {
    operator_classes: HashMap<u32, String>,
    collations: HashMap<u32, String>,
}

impl KeyNames {
    pub(super) fn new(operator_classes: Rows<Named>, collations: Rows<Named>) -> Self {
        let by_oid = |rows: Rows<Named>| rows.rows.into_iter().map(|(keys, named)| (keys.oid, named.name)).collect();
        Self { operator_classes: by_oid(operator_classes), collations: by_oid(collations) }
    }
}

pub(super) fn attach(rows: Rows<Index, IndexKeys>, relations: &mut Relations, names: &KeyNames) {
    for (keys, mut index) in rows.rows {
        index.keys = index_keys(&keys, &index.definition, relations, names);
        let included = keys.column_numbers.get(keys.key_count..).unwrap_or_default();
        index.include = relations.names(keys.belongs_to, included);
        if let Some(table) = relations.table_mut(keys.belongs_to) {
            table.indexes.push(index);
        } else if let Some(view) = relations.view_mut(keys.belongs_to) {
            view.indexes.push(index);
        }
    }
}

fn index_keys(keys: &IndexKeys, definition: &str, relations: &Relations, names: &KeyNames) -> Vec<IndexKey> {
    let mut expressions = keys.expressions.iter().flatten();
    let mut result = Vec::with_capacity(keys.key_count);
    for (at, number) in keys.column_numbers.iter().take(keys.key_count).enumerate() {
        let attribute = relations.attribute(keys.belongs_to, *number);
        let collation = keys.collations.get(at).copied().unwrap_or(0);
        // An expression's own collation is not in the catalogue; its index says COLLATE only where it differs.
        let differs = match attribute {
            Some(attribute) => collation != attribute.collation,
            None => collation != DEFAULT_COLLATION && definition.contains(" COLLATE "),
        };
        let flags = keys.flags.get(at).copied().unwrap_or(0);
        result.push(IndexKey {
            column: attribute.map(|a| a.name.clone()),
            expression: if *number == 0 { expressions.next().map(|e| without_parentheses(e)) } else { None },
            operator_class: keys.operator_classes.get(at).and_then(|oid| names.operator_classes.get(oid)).cloned(),
            collation: if differs && collation != 0 { names.collations.get(&collation).cloned() } else { None },
            descending: flags & DESCENDING != 0,
            nulls: if flags & NULLS_FIRST == 0 { NullsOrder::Last } else { NullsOrder::First },
        });
    }
    result
}

/// PostgreSQL puts parentheses around every key that is not a plain function call; what is inside has its own already.
fn without_parentheses(expression: &str) -> String {
    expression.strip_prefix('(').and_then(|e| e.strip_suffix(')')).unwrap_or(expression).to_owned()
}
