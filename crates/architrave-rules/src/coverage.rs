//! What an index can stand in for: which lookups it serves, which other index says the same, which one says it and more.

use crate::condition;
use architrave_model::catalog::{Index, IndexKey, NullsOrder};
use std::cmp::Reverse;

/// Whether equality on all these columns can use the index from its left: what a foreign key's checks and joins need.
///
/// Any order of the columns does. BRIN and INCLUDE columns do not count, nor does a key under another collation than its column's or under
/// an operator class whose equality is not the column's own (pattern classes of btree share it);
/// a predicate must be implied by the equality. A unique index over some of the columns finds at most one row, which serves too.
pub(crate) fn serves_equality(index: &Index, columns: &[String]) -> bool {
    if !index.valid || !index.ready || !matches!(index.method.as_str(), "btree" | "hash" | "gist" | "spgist") {
        return false;
    }
    if index.predicate.as_deref().is_some_and(|p| !condition::parse(p).only_excludes_nulls_of(columns)) {
        return false;
    }
    let usable = |key: &IndexKey| key.collation.is_none() && key.column.is_some() && knows_equality(index, key);
    let leading: Vec<&str> = index.keys.iter().take_while(|k| usable(k)).filter_map(|k| k.column.as_deref()).collect();
    let holds = |column: &&str| columns.iter().any(|c| c == column);
    let prefix = leading.iter().take_while(|c| holds(c)).count();
    if index.unique && index.method == "btree" && prefix == index.keys.len() && prefix > 0 {
        return true;
    }
    prefix >= columns.len()
}

fn knows_equality(index: &Index, key: &IndexKey) -> bool {
    key.operator_class.as_deref().is_none_or(|class| index.method == "btree" && class.ends_with("_pattern_ops"))
}

/// The first index that at least starts with one of the columns: it narrows the search, though it does not serve all of it.
pub(crate) fn narrows<'a>(indexes: &'a [Index], columns: &[String]) -> Option<&'a Index> {
    indexes
        .iter()
        .filter(|i| i.is_complete() && i.method == "btree")
        .find(|i| i.keys.first().is_some_and(|k| k.collation.is_none() && k.column.as_ref().is_some_and(|c| columns.contains(c))))
}

/// Both hold the same entries in the same order under the same rules, uniqueness aside.
pub(crate) fn same_entries(a: &Index, b: &Index) -> bool {
    a.method == b.method && a.keys == b.keys && a.predicate == b.predicate && same_set(&a.include, &b.include)
}

/// Whether `kept` also enforces what `dropped` enforces.
pub(crate) fn enforces_as_much(kept: &Index, dropped: &Index) -> bool {
    !dropped.unique || (kept.unique && kept.immediate >= dropped.immediate && kept.nulls_not_distinct == dropped.nulls_not_distinct)
}

fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|c| b.contains(c))
}

/// Whether every search and sort of the plain btree index `narrow` can use `wide` instead: its keys are a prefix of the other's, all in
/// the same or all in the reverse direction, with the same predicate, and its INCLUDE columns are there too.
pub(crate) fn is_contained(narrow: &Index, wide: &Index) -> bool {
    let comparable = |i: &Index| i.method == "btree" && i.valid && i.ready && !i.exclusion;
    if !comparable(narrow) || !comparable(wide) || narrow.predicate != wide.predicate || narrow.keys.len() > wide.keys.len() {
        return false;
    }
    let pairs = || narrow.keys.iter().zip(&wide.keys);
    let forward = pairs().all(|(a, b)| a == b);
    let backward = pairs().all(|(a, b)| same_key(a, b) && a.descending != b.descending && a.nulls != b.nulls);
    let holds = |column: &String| wide.include.contains(column) || wide.keys.iter().any(|k| k.column.as_ref() == Some(column));
    (forward || backward) && narrow.include.iter().all(holds)
}

fn same_key(a: &IndexKey, b: &IndexKey) -> bool {
    a.column == b.column && a.expression == b.expression && a.operator_class == b.operator_class && a.collation == b.collation
}

/// Sorts the index that must stay before one that may go.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Worth {
    /// What the schema leans on first: primary key, replica identity, constraint, partitioned index, uniqueness, cluster order.
    needed: Reverse<[bool; 6]>,
    /// Plain ascending ones before others.
    descending: bool,
    /// Older names, as far as the alphabet tells.
    name: String,
}

/// How much an index is needed.
pub(crate) fn worth(index: &Index) -> Worth {
    let backs = index.constraint.is_some() || index.exclusion;
    let needed = [index.primary, index.replica_identity, backs, index.parent.is_some(), index.unique, index.clustered];
    let descending = index.keys.first().is_some_and(|k| k.descending || k.nulls == NullsOrder::First);
    Worth { needed: Reverse(needed), descending, name: index.name.clone() }
}

/// The index that makes `narrow` redundant, the widest there is; none when the schema leans on `narrow` or it enforces something.
///
/// An index over the very same entries is a duplicate and not meant here, unless it only runs the other way.
pub(crate) fn redundant_to<'a>(narrow: &Index, indexes: &'a [Index]) -> Option<&'a Index> {
    if narrow.unique || narrow.clustered || narrow.is_needed_by_schema() {
        return None;
    }
    indexes
        .iter()
        .filter(|wide| wide.name != narrow.name && is_contained(narrow, wide) && !same_entries(narrow, wide))
        .filter(|wide| {
            // Each contains the other: the two differ in direction only, and one of them stays.
            !(wide.keys.len() == narrow.keys.len() && is_contained(wide, narrow)) || worth(wide) < worth(narrow)
        })
        .min_by_key(|wide| (Reverse(wide.keys.len()), Reverse(wide.include.len()), worth(wide)))
}

/// The index that makes `index` a duplicate; none when `index` is the one to keep, or redundant to a wider one anyway.
pub(crate) fn duplicate_of<'a>(index: &Index, indexes: &'a [Index]) -> Option<&'a Index> {
    if !index.valid || index.primary || index.replica_identity || index.exclusion || index.parent.is_some() {
        return None;
    }
    if redundant_to(index, indexes).is_some() {
        return None;
    }
    indexes
        .iter()
        .filter(|kept| kept.name != index.name && kept.valid && kept.ready && same_entries(kept, index))
        .filter(|kept| enforces_as_much(kept, index))
        .min_by_key(|kept| worth(kept))
        .filter(|kept| worth(kept) < worth(index))
}

/// `btree (customer_id, placed_at desc)`, for messages.
pub(crate) fn describe(index: &Index) -> String {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|k| {
            let name = k.column.clone().or_else(|| k.expression.clone()).unwrap_or_default();
            if k.descending { format!("{name} desc") } else { name }
        })
        .collect();
    let include = if index.include.is_empty() { String::new() } else { format!(" include ({})", index.include.join(", ")) };
    let predicate = index.predicate.as_ref().map_or_else(String::new, |p| format!(" where {p}"));
    format!("{} ({}){include}{predicate}", index.method, keys.join(", "))
}
