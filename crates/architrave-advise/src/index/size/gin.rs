//! The size of a GIN index: a tree of distinct keys, each with a compressed list of rows or a tree of such lists.

use super::super::relation::{Column, Relation};
use super::width::mentioned;
use super::{PAGE, max_align};
use architrave_model::catalog::{Index, IndexKey};
use architrave_model::what_if::IndexSize;

/// Share of an entry page that is filled after a build: full pages are halved.
const ENTRY_FILL: f64 = 0.65;
/// Share of a posting page that is filled.
const POSTING_FILL: f64 = 0.9;
/// Longest list kept beside its key; longer ones get pages of their own.
const INLINE: f64 = 2000.0;

/// What a key of the index is split into.
struct Elements {
    /// Elements per row.
    per_row: f64,
    /// Distinct elements.
    distinct: f64,
    /// Bytes of one.
    width: f64,
    /// Frequencies of the most common ones (share of rows), the share of the rest is even.
    common: Vec<f64>,
}

/// Size of a GIN index over `rows` rows; `parts` partitions share the table's pages.
pub(super) fn size(relation: &Relation<'_>, index: &Index, rows: f64, parts: f64) -> IndexSize {
    let table_pages = (relation.pages / parts).max(1.0);
    let (mut entry_bytes, mut posting_pages) = (0.0, 0.0);
    for key in &index.keys {
        let elements = elements_of(relation, key, rows);
        let mut left = rows * elements.per_row;
        let mut others = elements.distinct;
        for frequency in &elements.common {
            let count = frequency * rows;
            let (bytes, pages) = one(elements.width, count, table_pages);
            entry_bytes += bytes;
            posting_pages += pages;
            left -= count;
            others -= 1.0;
        }
        let others = others.max(1.0);
        let (bytes, pages) = one(elements.width, (left / others).max(1.0), table_pages);
        entry_bytes += others * bytes;
        posting_pages += others * pages;
    }
    let leaves = (entry_bytes / ((PAGE - 32.0) * ENTRY_FILL)).ceil().max(1.0);
    IndexSize { pages: 2.0 + leaves * 1.01 + posting_pages, rows, height: 0 }
}

/// Bytes in the entry tree and pages of its own for one element that `count` rows hold.
fn one(width: f64, count: f64, table_pages: f64) -> (f64, f64) {
    let list = count * address(count, table_pages) + 6.0;
    let head = 8.0 + width + 4.0;
    if list <= INLINE {
        // Up to a few addresses are stored as they are.
        (max_align(head + list.max(8.0)), 0.0)
    } else {
        (max_align(head + 4.0), (list / (PAGE * POSTING_FILL)).ceil())
    }
}

/// Mean bytes of one row's address in a compressed list: the distance to the one before in groups of seven bits, where a page
/// counts 2,048.
fn address(count: f64, table_pages: f64) -> f64 {
    let same_page = (1.0 - table_pages / count.max(1.0)).max(0.0);
    let distance = (2048.0 * (table_pages / count.max(1.0)).max(1.0)).log2();
    let far = (distance / 7.0).ceil().max(2.0);
    same_page * 1.0 + (1.0 - same_page) * far
}

fn elements_of(relation: &Relation<'_>, key: &IndexKey, rows: f64) -> Elements {
    let class = key.operator_class.as_deref().unwrap_or("");
    let text = key.expression.as_deref().unwrap_or("");
    let column = key.column.as_deref().and_then(|c| relation.column(c)).or_else(|| mentioned(relation, text).into_iter().next());
    let Some(column) = column else { return Elements { per_row: 5.0, distinct: rows.max(1.0), width: 8.0, common: Vec::new() } };
    let width = column.width();
    if class.contains("trgm") {
        // About one trigram per character, out of the few thousand that a language uses.
        let distinct = (6000.0_f64).min(rows * width).max(1.0);
        return Elements { per_row: (width * 0.95).max(3.0), distinct, width: 4.0, common: Vec::new() };
    }
    if column.array || column.base_type == "tsvector" {
        return counted(column, rows);
    }
    if text.contains("to_tsvector") {
        return Elements { per_row: (width / 8.0).max(1.0), distinct: 15.0 * rows.sqrt().max(1.0), width: 8.0, common: Vec::new() };
    }
    if class.contains("jsonb_path_ops") {
        // One hash per leaf value; a key and a scalar take about 22 bytes of the document.
        let per_row = (width / 22.0).max(1.0);
        return Elements { per_row, distinct: (rows * 0.05 * per_row).max(1.0), width: 4.0, common: Vec::new() };
    }
    if column.base_type == "jsonb" {
        let per_row = (width / 11.0).max(2.0);
        return Elements { per_row, distinct: (rows * 0.03 * per_row).max(1.0), width: 10.0, common: Vec::new() };
    }
    Elements { per_row: 1.0, distinct: column.distinct(), width, common: column.common().to_vec() }
}

/// Arrays and text search vectors: statistics count their elements.
fn counted(column: &Column<'_>, rows: f64) -> Elements {
    let stats = column.stats;
    let frequencies = stats.and_then(|s| s.most_common_element_frequencies.as_deref()).unwrap_or(&[]);
    let extra = if column.array { 3 } else { 2 };
    let common: Vec<f64> = frequencies.iter().take(frequencies.len().saturating_sub(extra)).copied().collect();
    let listed: f64 = common.iter().sum();
    let guess = ((column.width() - 20.0) / if column.array { 8.0 } else { 10.0 }).max(1.0);
    // The last figure of the histogram of distinct element counts is their mean.
    let per_row = stats.and_then(|s| s.element_count_histogram.as_ref()).and_then(|h| h.last().copied()).unwrap_or(guess).max(listed);
    // Elements that are too rare for the list: as many as their least frequency allows.
    let least = common.last().copied().unwrap_or(1.0 / rows.max(1.0)).max(1.0 / rows.max(1.0));
    let rest = (per_row - listed).max(0.0);
    let distinct = common.len() as f64 + if rest < 0.02 { 0.0 } else { (rest / (least * 0.3)).min(rows * rest) };
    let width = ((column.width() - 20.0) / per_row.max(1.0)).clamp(4.0, 40.0);
    Elements { per_row, distinct: distinct.max(1.0), width, common }
}
