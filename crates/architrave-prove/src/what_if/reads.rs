//! What repeated index scans read, reckoned with the runs that the plan itself foresees.
//!
//! The planner spreads the pages that an inner index scan fetches over the runs it will have (`index_pages_fetched` in PostgreSQL's
//! `costsize.c`, after Mackert and Lohman). When it prices the scan it does not know the outer side of the join yet, and takes all
//! rows of the table that the parameter comes from for the number of runs (`get_loop_count` in `indxpath.c`). Where other conditions
//! leave fewer runs, each is charged too little: a nested loop over 800 suppliers is priced as a share of one over all 10,000. The same
//! formula with the runs of the finished plan tells what was left out. Only what is missing is told, never a saving.
//!
//! A bitmap that reaches most pages of a table is priced as if it read them in one go (`cost_bitmap_heap_scan`): page by page, with the
//! bitmap to build first, it takes longer than the sequential scan that it pretends to beat by a few percent.

use architrave_model::plan::PlanNode;
use std::collections::HashMap;

/// A table as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heap {
    /// `relpages`.
    pub(super) pages: f64,
    /// `reltuples`.
    pub(super) rows: f64,
}

/// A key column of an index, in order.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Column name as plans print it (quoted where it must be).
    pub(super) column: String,
    /// Distinct values; 0 when there are no statistics.
    pub(super) distinct: f64,
    /// Correlation of the values' order with that of the rows, −1 to 1.
    pub(super) correlation: f64,
}

/// What must be known of a database.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads {
    /// By name as plans print it; names that stand for several tables are left out.
    pub(super) heaps: HashMap<String, Heap>,
    /// Key columns by index name.
    pub(super) keys: HashMap<String, Vec<Key>>,
    /// `random_page_cost`.
    pub(super) random_page_cost: f64,
    /// `effective_cache_size`, pages.
    pub(super) cache: f64,
}

/// Rows of an index in about the order of the heap: neighbours lie on one page, which the formula does not see.
const ORDERED: f64 = 0.8;

/// From this share of the pages on, a bitmap reads about the whole table.
const MOST: f64 = 0.5;

/// What a page costs more when it is fetched by a bitmap than when the scan simply comes to it, in `seq_page_cost`: TPC-H's query 6 through an index
/// on `l_shipdate` takes 1.3 times as long as the sequential scan, at nine tenths of its cost.
const PAGE_BY_PAGE: f64 = 1.0;

impl Reads {
    /// Cost of reads that the plan's own cost does not hold.
    pub(super) fn unpaid(&self, root: &PlanNode) -> f64 {
        let mut total = 0.0;
        sum_pages(self, root, &mut total);
        self.below(root, 1.0, total)
    }

    fn below(&self, node: &PlanNode, runs: f64, total_pages: f64) -> f64 {
        let mut unpaid = if runs > 1.0 { self.of_scan(node, runs, total_pages) } else { self.of_bitmap(node, total_pages) };
        for child in &node.children {
            let more = node.expected_runs_of(child);
            if more.is_finite() {
                unpaid += self.below(child, runs * more, total_pages);
            }
        }
        // What stops early reads as much less as it costs less.
        let input = node.inputs().next();
        match input.filter(|input| node.kind == "Limit" && input.total_cost > 0.0) {
            Some(input) => unpaid * (node.total_cost / input.total_cost).min(1.0),
            None => unpaid,
        }
    }

    fn of_scan(&self, node: &PlanNode, runs: f64, total_pages: f64) -> f64 {
        let Some(heap) = node.relation.as_ref().and_then(|name| self.heaps.get(name)) else { return 0.0 };
        let fetched = match node.kind.as_str() {
            "Index Scan" => self.fetched(node, heap),
            "Bitmap Heap Scan" => node.children.first().map_or(0.0, |bitmap| bitmap.rows),
            _ => return 0.0,
        };
        if self.ordered(node) {
            return 0.0;
        }
        let pages = pages_fetched(fetched * runs, heap.pages, self.cache, total_pages);
        (pages * self.random_page_cost - node.total_cost * runs).max(0.0)
    }

    /// What a bitmap costs more than a scan in one go, when it reads most pages.
    fn of_bitmap(&self, node: &PlanNode, total_pages: f64) -> f64 {
        let Some(heap) = node.relation.as_ref().and_then(|name| self.heaps.get(name)) else { return 0.0 };
        if node.kind != "Bitmap Heap Scan" || self.ordered(node) {
            return 0.0;
        }
        let rows = node.children.first().map_or(0.0, |bitmap| bitmap.rows);
        let pages = pages_fetched(rows, heap.pages, self.cache, total_pages).min(heap.pages);
        if pages > heap.pages * MOST { pages * PAGE_BY_PAGE } else { 0.0 }
    }

    /// Rows that one run of an index scan takes from the heap: those that equal a value of each key asked for.
    fn fetched(&self, node: &PlanNode, heap: &Heap) -> f64 {
        let keys = node.index.as_ref().and_then(|name| self.keys.get(name)).map_or(&[][..], Vec::as_slice);
        let condition = node.index_cond.as_deref().unwrap_or_default();
        let mut rows = heap.rows;
        for key in keys {
            if !condition.contains(&format!("({} = ", key.column)) || key.distinct < 1.0 {
                break;
            }
            rows /= key.distinct;
        }
        // Without an equality nothing is known but what is left after the filter.
        if rows < heap.rows { rows.max(node.rows) } else { node.rows }
    }

    fn ordered(&self, node: &PlanNode) -> bool {
        let own = node.index.as_ref().or_else(|| node.children.first().and_then(|c| c.index.as_ref()));
        let keys = own.and_then(|name| self.keys.get(name));
        keys.and_then(|keys| keys.first()).is_none_or(|key| key.correlation.abs() >= ORDERED)
    }
}

fn sum_pages(reads: &Reads, node: &PlanNode, total: &mut f64) {
    *total += node.relation.as_ref().and_then(|name| reads.heaps.get(name)).map_or(0.0, |heap| heap.pages);
    for child in &node.children {
        sum_pages(reads, child, total);
    }
}

/// Pages that so many fetches of single rows read from a table of `pages`, when it has its share of a cache of `cache` pages among
/// tables of `total` pages.
fn pages_fetched(fetches: f64, pages: f64, cache: f64, total: f64) -> f64 {
    let table = pages.max(1.0);
    let share = (cache * table / total.max(table)).max(1.0);
    let distinct = |fetches: f64| 2.0 * table * fetches / (2.0 * table + fetches);
    if table <= share {
        return distinct(fetches).min(table);
    }
    let fits = 2.0 * table * share / (2.0 * table - share);
    if fetches <= fits { distinct(fetches) } else { share + (fetches - fits) * (table - share) / table }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(correlation: f64) -> Reads {
        let key = Key { column: "supplier".into(), distinct: 10_000.0, correlation };
        Reads {
            heaps: HashMap::from([("item".to_owned(), Heap { pages: 100_000.0, rows: 6_000_000.0 })]),
            keys: HashMap::from([("by_supplier".to_owned(), vec![key])]),
            random_page_cost: 4.0,
            cache: 524_288.0,
        }
    }

    /// A nested loop over suppliers, whose inner scan fetches 600 rows per run.
    fn plan(outer_rows: f64, inner_cost: f64) -> PlanNode {
        let json = serde_json::json!({"Node Type": "Nested Loop", "Total Cost": 1.0, "Plans": [
            {"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "supplier", "Plan Rows": outer_rows},
            {"Node Type": "Index Scan", "Parent Relationship": "Inner", "Relation Name": "item", "Index Name": "by_supplier",
             "Index Cond": "(supplier = supplier.id)", "Total Cost": inner_cost, "Plan Rows": 180.0}]});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn runs_that_were_priced_as_a_share_of_more_are_charged_in_full() {
        // 480,000 fetches read about every page of 100,000 once; 800 × 60 were charged.
        let unpaid = reads(0.0).unpaid(&plan(800.0, 60.0));
        assert!((unpaid - (100_000.0 * 4.0 - 48_000.0)).abs() < 1.0, "{unpaid}");
    }

    #[test]
    fn what_was_charged_is_not_charged_again() {
        assert!(reads(0.0).unpaid(&plan(800.0, 600.0)).abs() < f64::EPSILON);
        assert!(reads(0.0).unpaid(&plan(1.0, 0.1)).abs() < f64::EPSILON, "one run is priced as one");
        assert!(reads(0.97).unpaid(&plan(800.0, 60.0)).abs() < f64::EPSILON, "neighbours share pages");
    }

    #[test]
    fn a_bitmap_over_most_pages_is_no_sequential_scan() {
        let bitmap = |rows: f64| -> PlanNode {
            let json = serde_json::json!({"Node Type": "Bitmap Heap Scan", "Relation Name": "item", "Total Cost": 200_000.0, "Plans": [
                {"Node Type": "Bitmap Index Scan", "Parent Relationship": "Outer", "Index Name": "by_supplier", "Plan Rows": rows}]});
            serde_json::from_value(json).unwrap()
        };
        assert!(reads(0.0).unpaid(&bitmap(900_000.0)) > 40_000.0);
        assert!(reads(0.0).unpaid(&bitmap(20_000.0)).abs() < f64::EPSILON, "few pages are what bitmaps are for");
        assert!(reads(0.97).unpaid(&bitmap(900_000.0)).abs() < f64::EPSILON, "neighbours share pages");
    }

    #[test]
    fn a_limit_stops_the_reads_too() {
        let loops = plan(800.0, 60.0);
        let whole = reads(0.0).unpaid(&loops);
        let loops = PlanNode { total_cost: 1_000.0, ..loops };
        let limit = PlanNode { kind: "Limit".into(), total_cost: 10.0, children: vec![loops], ..PlanNode::default() };
        assert!((reads(0.0).unpaid(&limit) - whole / 100.0).abs() < 1e-6);
    }

    #[test]
    fn a_small_cache_reads_pages_again() {
        let in_cache = pages_fetched(1e6, 100_000.0, 1e9, 100_000.0);
        let beyond = pages_fetched(1e6, 100_000.0, 1_000.0, 100_000.0);
        assert!(in_cache <= 100_000.0 && beyond > 500_000.0, "{in_cache} {beyond}");
    }
}
