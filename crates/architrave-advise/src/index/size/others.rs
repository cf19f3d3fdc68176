//! The sizes of GiST, BRIN and hash indexes.

use super::super::relation::Relation;
use super::width::{keys_and_included, mentioned, tuple};
use super::{PAGE, max_align, option};
use architrave_model::catalog::Index;
use architrave_model::what_if::IndexSize;

/// Share of a GiST page that is filled after rows were inserted one by one.
const GIST_FILL: f64 = 0.68;

/// A GiST index (and, roughly, SP-GiST).
pub(super) fn gist(relation: &Relation<'_>, index: &Index, rows: f64) -> IndexSize {
    let (mut keys, included) = keys_and_included(relation, index);
    for (key, own) in keys.iter_mut().zip(&index.keys) {
        let trigrams = own.operator_class.as_deref().is_some_and(|c| c.contains("gist_trgm"));
        if trigrams {
            // Leaves keep each row's trigrams, three bytes apiece, until there are more than a signature holds.
            key.width = 5.0 + 3.0 * (key.width + 1.0).min(200.0);
            key.fixed = false;
        }
        let shape = own.column.as_deref().and_then(|c| relation.column(c)).map(|c| c.base_type.clone()).unwrap_or_default();
        if matches!(shape.as_str(), "point" | "box" | "circle" | "polygon" | "path") {
            // Kept as bounding boxes (a point as itself).
            key.width = if shape == "point" { 16.0 } else { 32.0 };
            key.fixed = true;
        }
    }
    let entry = tuple(keys.iter().chain(&included), false) + 4.0;
    let leaves = (rows * entry / ((PAGE - 40.0) * GIST_FILL)).ceil().max(1.0);
    let fanout = ((PAGE - 40.0) * GIST_FILL / (entry + 8.0)).max(2.0);
    IndexSize { pages: (leaves * (1.0 + 1.0 / (fanout - 1.0))).ceil(), rows, height: 0 }
}

/// A BRIN index: one summary per range of pages.
pub(super) fn brin(relation: &Relation<'_>, index: &Index, table_pages: f64) -> IndexSize {
    let per_range = option(index, "pages_per_range").unwrap_or(128.0).max(1.0);
    let ranges = (table_pages / per_range).ceil().max(1.0);
    let (keys, _) = keys_and_included(relation, index);
    let entry = max_align(8.0 + keys.iter().map(|k| 2.0 * max_align(k.width)).sum::<f64>()) + 4.0;
    let map = (ranges / 1360.0).ceil();
    IndexSize { pages: 1.0 + map + (ranges * entry / (PAGE - 32.0)).ceil(), rows: ranges, height: 0 }
}

/// A hash index: buckets for the rows expected, in steps of a quarter of a power of two, and overflow pages for long runs.
pub(super) fn hash(relation: &Relation<'_>, index: &Index, rows: f64) -> IndexSize {
    let fill = option(index, "fillfactor").unwrap_or(75.0) / 100.0;
    let target = (PAGE * fill / 20.0).floor().max(10.0);
    let holds = ((PAGE - 40.0) / 20.0).floor();
    let wanted = (rows / target).ceil().max(2.0);
    let power = 2.0_f64.powf(wanted.log2().floor());
    let step = if power >= 512.0 { power / 4.0 } else { power };
    let buckets = (wanted / step).ceil() * step;
    let distinct = match index.keys.first() {
        Some(key) => match key.column.as_deref().and_then(|c| relation.column(c)) {
            Some(column) => column.distinct(),
            None => mentioned(relation, key.expression.as_deref().unwrap_or("")).first().map_or(rows, |c| c.distinct()),
        },
        None => rows,
    }
    .clamp(1.0, rows.max(1.0));
    // Buckets that hold nothing keep their page; runs of equal keys all go to one bucket.
    let per_key = rows / distinct;
    let used = buckets * (1.0 - (-distinct / buckets).exp());
    let in_used = (rows / used.max(1.0)).max(per_key);
    let overflow = used * ((in_used / holds).ceil() - 1.0).max(0.0);
    let bitmaps = (overflow / 32_000.0).ceil().max(1.0);
    IndexSize { pages: 1.0 + buckets + overflow + bitmaps, rows, height: 0 }
}
