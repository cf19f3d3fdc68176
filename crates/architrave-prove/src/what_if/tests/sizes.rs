//! Estimated sizes of indexes against the same indexes built for real.

use super::{server, snapshot};
use architrave_advise::index::relation::Facts;
use architrave_advise::index::size::estimate;
use architrave_model::name::QualifiedName;
use std::fmt::Write as _;

const ROWS: &str = include_str!("sizes.sql");

/// Half of all estimates are within this share of the real size …
const MEDIAN: f64 = 0.2;
/// … and nine of ten within this factor.
const WORST_FACTOR: f64 = 2.0;

/// B-trees, whose every byte is modelled, are nearly exact at the median; columns that depend on each other count as if they did not.
const TREES_MEDIAN: f64 = 0.05;
const WORST_TREE: f64 = 0.4;

/// Shares of rows that partial indexes hold.
const SHARES: &[(&str, f64)] = &[("partial_rare", 0.02), ("partial_not_null", 0.3)];

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_close_to_what_is_built() {
    let Some(server) = server().await else { return };
    let snapshot = snapshot(&server, ROWS).await;
    let stats = snapshot.stats.as_ref().unwrap();
    let facts = Facts { catalog: &snapshot.catalog, stats: Some(stats), major: snapshot.server.major() };
    let relation = facts.relation(&QualifiedName::new("public", "sized")).unwrap();
    let (mut errors, mut trees, mut table) = (Vec::new(), Vec::new(), String::new());
    for index in relation.indexes {
        let share = SHARES.iter().find(|(name, _)| *name == index.name).map_or(1.0, |(_, share)| *share);
        let estimated = estimate(&relation, index, share);
        let built = stats.index("public", &index.name).unwrap().bytes.unwrap() as f64;
        let factor = estimated.bytes() / built;
        errors.push((factor - 1.0).abs());
        if index.method == "btree" {
            trees.push((factor - 1.0).abs());
        }
        writeln!(
            table,
            "{:24} {:6} {:8.0} kB estimated {:8.0} kB built  {:+5.0} %",
            index.name,
            index.method,
            estimated.bytes() / 1024.0,
            built / 1024.0,
            (factor - 1.0) * 100.0
        )
        .unwrap();
    }
    assert!(errors.len() > 30, "{table}");
    errors.sort_by(f64::total_cmp);
    trees.sort_by(f64::total_cmp);
    assert!(trees[trees.len() / 2] <= TREES_MEDIAN, "{table}");
    assert!(trees.last().is_some_and(|worst| *worst <= WORST_TREE), "{table}");
    let (median, ninth) = (errors[errors.len() / 2], errors[errors.len() * 9 / 10]);
    assert!(median <= MEDIAN && ninth <= WORST_FACTOR - 1.0, "median {median:.2}, nine of ten {ninth:.2}\n{table}");
}
