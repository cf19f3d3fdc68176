//! The size of a b-tree that is built at once: leaf pages at the fill factor, posting lists where duplicates are merged.

use super::super::relation::Relation;
use super::width::{Key, keys_and_included, tuple};
use super::{PAGE, max_align, option};
use architrave_model::catalog::Index;
use architrave_model::what_if::IndexSize;

/// Bytes of a line pointer.
const POINTER: f64 = 4.0;
/// Page header and the special area at the end, and the line pointer that waits for the high key.
const PAGE_OVERHEAD: f64 = 24.0 + 16.0 + POINTER;
/// Bytes of a row's address in a posting list.
const TID: f64 = 6.0;
/// Largest posting list tuple that a build makes: a tenth of a page, less its line pointer, aligned.
const LARGEST_POSTING: f64 = 808.0;
/// Pages above the leaves are filled to this share.
const INNER_FILL: f64 = 0.7;

/// Size of one b-tree over `rows` rows of the relation; `parts` is the number of partitions that share the distinct values.
pub(super) fn size(relation: &Relation<'_>, index: &Index, rows: f64, parts: f64) -> IndexSize {
    let (keys, included) = keys_and_included(relation, index);
    let capacity = PAGE - PAGE_OVERHEAD - PAGE * (100.0 - option(index, "fillfactor").unwrap_or(90.0)) / 100.0;
    let merges = relation.deduplicates
        && included.is_empty()
        && !index.unique
        && keys.iter().all(|k| k.same_image)
        && option_is_off(index, "deduplicate_items").is_none();
    let leaf_bytes = if merges { merged(relation, index, &keys, rows, parts) } else { single(&keys, &included, rows) };
    let per_tuple = leaf_bytes / rows.max(1.0);
    // Tuples do not straddle pages: what is left over at a page's end is lost.
    let leaves = if merges || per_tuple * 40.0 < capacity {
        (leaf_bytes / capacity).ceil()
    } else {
        (rows / (capacity / per_tuple).floor().max(1.0)).ceil()
    }
    .max(1.0);
    let (inner, height) = above(&keys, leaves);
    IndexSize { pages: 1.0 + leaves + inner, rows, height }
}

fn option_is_off(index: &Index, name: &str) -> Option<()> {
    let value = index.options.iter().filter_map(|o| o.split_once('=')).find(|(k, _)| *k == name)?.1;
    matches!(value, "off" | "false" | "0" | "no").then_some(())
}

/// Bytes on leaf pages when every row has a tuple of its own.
fn single(keys: &[Key], included: &[Key], rows: f64) -> f64 {
    let without_null: f64 = keys.iter().chain(included).map(|k| 1.0 - k.nulls).product();
    let plain = tuple(keys.iter().chain(included), false) + POINTER;
    let with_null = tuple(keys.iter().chain(included), true) + POINTER;
    let shorter = keys.iter().chain(included).map(|k| k.nulls * k.width).sum::<f64>() / (1.0 - without_null).max(0.01);
    rows * (without_null * plain + (1.0 - without_null) * (with_null - shorter).max(16.0 + POINTER))
}

/// Bytes on leaf pages when rows with equal keys share posting lists.
fn merged(relation: &Relation<'_>, index: &Index, keys: &[Key], rows: f64, parts: f64) -> f64 {
    let plain = tuple(keys.iter(), false);
    let all_null: f64 = if keys.len() == 1 { keys[0].nulls } else { 0.0 };
    let null_rows = rows * all_null;
    let mut bytes = if null_rows >= 1.0 { run(16.0, null_rows) } else { 0.0 };
    let mut left = rows - null_rows;
    let mut distinct = distinct(relation, index, keys, rows * parts).min(left.max(1.0));
    if keys.len() == 1 {
        let common =
            index.keys[0].column.as_deref().and_then(|c| relation.column(c)).map_or(&[][..], super::super::relation::Column::common);
        for frequency in common {
            let count = (frequency * rows).min(left);
            bytes += run(plain, count);
            left -= count;
            distinct -= 1.0;
        }
    }
    if left >= 1.0 {
        let distinct = distinct.clamp(1.0, left);
        bytes += distinct * mean_run(plain, left / distinct);
    }
    bytes
}

fn distinct(relation: &Relation<'_>, index: &Index, keys: &[Key], rows: f64) -> f64 {
    let columns: Vec<&str> = index.keys.iter().filter_map(|k| k.column.as_deref()).collect();
    if columns.len() == keys.len() {
        return relation.distinct(columns.into_iter());
    }
    keys.iter().map(|k| k.distinct).product::<f64>().min(rows.max(1.0))
}

/// Bytes of a run of `count` equal keys of this tuple size, line pointers included.
fn run(plain: f64, count: f64) -> f64 {
    if count < 1.5 {
        return plain + POINTER;
    }
    let in_full = ((LARGEST_POSTING - plain) / TID).floor().max(1.0);
    let full = (count / in_full).floor();
    let rest = count - full * in_full;
    let last = if rest < 0.5 {
        0.0
    } else if rest < 1.5 {
        plain + POINTER
    } else {
        max_align(plain + TID * rest) + POINTER
    };
    full * (max_align(plain + TID * in_full) + POINTER) + last
}

/// The mean of [`run`] around a mean count: real counts scatter, and tuple sizes come in steps.
fn mean_run(plain: f64, mean: f64) -> f64 {
    if mean <= 1.02 {
        return plain + POINTER;
    }
    let steps = 16_u32;
    // Symmetric around the mean, from 1 to twice the mean less 1.
    let sum: f64 = (0..=steps).map(|s| run(plain, (1.0 + (mean - 1.0) * 2.0 * f64::from(s) / f64::from(steps)).round())).sum();
    sum / f64::from(steps + 1)
}

/// Pages above the leaves, and their levels.
fn above(keys: &[Key], leaves: f64) -> (f64, u32) {
    // Only as many leading keys as tell neighbours apart are kept in inner pages.
    let mut told_apart = 1.0;
    let mut kept = 0;
    for key in keys {
        kept += 1;
        told_apart *= key.distinct;
        if told_apart > leaves * 4.0 {
            break;
        }
    }
    let pivot = tuple(keys.iter().take(kept), false) + POINTER;
    let fanout = ((PAGE - PAGE_OVERHEAD) * INNER_FILL / pivot).floor().max(2.0);
    let (mut inner, mut height, mut level) = (0.0, 0, leaves);
    while level > 1.0 {
        level = (level / fanout).ceil();
        inner += level;
        height += 1;
    }
    (inner, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_posting_list_takes_a_tenth_of_a_page() {
        // 16 + 132 addresses of 6 bytes = 808.
        assert!((run(16.0, 132.0) - 812.0).abs() < 1e-9);
        assert!((run(16.0, 1.0) - 20.0).abs() < 1e-9);
        assert!((run(16.0, 600.0) - (4.0 * 812.0 + 452.0)).abs() < 1e-9);
    }

    #[test]
    fn three_hundred_thousand_leaves_make_a_tree_of_height_three() {
        let key = Key { width: 8.0, align: 8.0, fixed: true, distinct: 1e9, nulls: 0.0, same_image: true };
        let (_, height) = above(&[key], 300_000.0);
        assert_eq!(height, 3);
        let key = Key { width: 4.0, align: 4.0, fixed: true, distinct: 1e9, nulls: 0.0, same_image: true };
        assert_eq!(above(&[key], 1.0), (0.0, 0));
    }
}
