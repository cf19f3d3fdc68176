//! How big an index would be when built: a formula per access method, held against real builds by the what-if prover's tests.

mod btree;
mod gin;
mod others;
mod width;

use super::relation::Relation;
use architrave_model::catalog::Index;
use architrave_model::what_if::IndexSize;

/// Bytes of a page.
const PAGE: f64 = 8192.0;

/// Estimated size of an index on the relation. `share` is the share of rows that a partial index holds, 1 without predicate.
pub fn estimate(relation: &Relation<'_>, index: &Index, share: f64) -> IndexSize {
    let rows = (relation.rows * share).max(0.0);
    let per_part = |pages: f64| pages.max(1.0).ceil();
    let parts = relation.parts.max(1.0);
    let one = match index.method.as_str() {
        "gin" => gin::size(relation, index, rows / parts, parts),
        "gist" | "spgist" => others::gist(relation, index, rows / parts),
        "brin" => others::brin(relation, index, relation.pages / parts),
        "hash" => others::hash(relation, index, rows / parts),
        _ => btree::size(relation, index, rows / parts, parts),
    };
    IndexSize { pages: per_part(one.pages) * parts, rows: one.rows * parts, height: one.height }
}

/// Value of an integer storage parameter.
fn option(index: &Index, name: &str) -> Option<f64> {
    index.options.iter().filter_map(|o| o.split_once('=')).find(|(k, _)| *k == name).and_then(|(_, v)| v.parse().ok())
}

/// Rounded up to a multiple of 8, as PostgreSQL aligns tuples.
fn max_align(bytes: f64) -> f64 {
    (bytes / 8.0).ceil() * 8.0
}
