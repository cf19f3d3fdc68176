//! How many bytes keys take in an index tuple: lengths, alignment, short varlena headers.

use super::super::relation::{Column, Relation};
use super::max_align;
use architrave_model::catalog::{Index, IndexKey};

/// One key column of an index, as far as its size matters.
pub(super) struct Key {
    /// Bytes of a value.
    pub(super) width: f64,
    /// Alignment; 1 for short values of variable length.
    pub(super) align: f64,
    /// All values are of the same length.
    pub(super) fixed: bool,
    /// Distinct values, a count.
    pub(super) distinct: f64,
    /// Share of NULLs.
    pub(super) nulls: f64,
    /// Equal values are the same bytes.
    pub(super) same_image: bool,
}

/// Bytes of an expression's value when nothing is known about it.
const EXPRESSION_WIDTH: f64 = 16.0;

pub(super) fn of_column(column: &Column<'_>) -> Key {
    let (width, align, fixed) = match column.fixed() {
        Some((length, align)) => (f64::from(length), f64::from(align), true),
        // Longer ones carry a header of four bytes, and are aligned; very long ones are compressed or refused.
        None if column.width() > 126.0 => ((column.width() + 3.0).min(2700.0), 4.0, false),
        None => (column.width(), 1.0, column.base_type == "character" || column.one_length()),
    };
    let (distinct, nulls) = (column.distinct(), column.null_fraction());
    Key { width, align, fixed, distinct, nulls, same_image: column.equal_is_same_image() }
}

/// The key of an index: a column, or an expression whose columns stand in for it.
pub(super) fn of_key(relation: &Relation<'_>, key: &IndexKey) -> Key {
    if let Some(column) = key.column.as_deref().and_then(|c| relation.column(c)) {
        return of_column(column);
    }
    let text = key.expression.as_deref().unwrap_or("");
    let mentioned = mentioned(relation, text);
    let whole = ["lower(", "upper(", "btrim("].iter().any(|f| text.trim_start_matches('(').starts_with(f));
    match mentioned.as_slice() {
        // Case and blanks change neither the length nor (much) the number of distinct values.
        [column] if whole => of_column(column),
        [column] if !matches!(column.base_type.as_str(), "json" | "jsonb") => {
            let own = of_column(column);
            Key { width: own.width.min(EXPRESSION_WIDTH), fixed: false, ..own }
        }
        _ => {
            let distinct = (relation.rows * 0.1).max(1.0);
            Key { width: EXPRESSION_WIDTH, align: 1.0, fixed: false, distinct, nulls: 0.0, same_image: true }
        }
    }
}

/// Columns whose names stand in an expression.
pub(super) fn mentioned<'r, 'a>(relation: &'r Relation<'a>, text: &str) -> Vec<&'r Column<'a>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = text.split(|c| !is_word(c)).collect();
    relation.columns.iter().filter(|c| words.contains(&c.name) || text.contains(&format!("\"{}\"", c.name))).collect()
}

/// All keys of an index, then its included columns.
pub(super) fn keys_and_included(relation: &Relation<'_>, index: &Index) -> (Vec<Key>, Vec<Key>) {
    // A predicate on a column leaves its NULLs out, unless it asks for them.
    let left_out = |name: &str| {
        let words = |p: &str| p.to_lowercase().contains(&format!("{} is null", name.to_lowercase()));
        index.predicate.as_deref().is_some_and(|p| mentioned(relation, p).iter().any(|c| c.name == name) && !words(p))
    };
    let keys = index
        .keys
        .iter()
        .map(|k| {
            let own = of_key(relation, k);
            if k.column.as_deref().is_some_and(left_out) { Key { nulls: 0.0, ..own } } else { own }
        })
        .collect();
    let included = index.include.iter().filter_map(|c| relation.column(c)).map(of_column).collect();
    (keys, included)
}

/// Bytes of an index tuple with these values, header and padding included, without its line pointer.
pub(super) fn tuple<'k>(keys: impl Iterator<Item = &'k Key>, with_nulls: bool) -> f64 {
    let header = if with_nulls { 16.0 } else { 8.0 };
    let (mut data, mut varying): (f64, bool) = (0.0, false);
    for key in keys {
        varying |= !key.fixed;
        data = if varying { data + (key.align - 1.0) / 2.0 } else { (data / key.align).ceil() * key.align };
        data += key.width;
    }
    // The mean of a rounded length lies half a step above the length.
    if varying { header + (data + 3.5).max(8.0) } else { max_align(header + data) }
}
