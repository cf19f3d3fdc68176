//! A plan as `EXPLAIN` tells it. The serde names are those of `EXPLAIN (FORMAT JSON)`, so that PostgreSQL's own output decodes
//! without translation; reading the text, YAML and XML forms is the offline readers' work.

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One plan: an entry of the array that `EXPLAIN (FORMAT JSON)` answers. Times are milliseconds, costs planner cost units.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The uppermost node.
    #[serde(rename = "Plan")]
    pub root: PlanNode,
    /// Planning.
    #[serde(rename = "Planning Time", skip_serializing_if = "Option::is_none")]
    pub planning_ms: Option<f64>,
    /// Execution, with ANALYZE.
    #[serde(rename = "Execution Time", alias = "Total Runtime", skip_serializing_if = "Option::is_none")]
    pub execution_ms: Option<f64>,
    /// Just-in-time compilation, when it ran (or would run).
    #[serde(rename = "JIT", skip_serializing_if = "Option::is_none")]
    pub jit: Option<Jit>,
    /// Triggers that fired, foreign keys' checks among them.
    #[serde(rename = "Triggers", skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<TriggerTime>,
    /// Sending the rows (17 and later, `SERIALIZE`).
    #[serde(rename = "Serialization", skip_serializing_if = "Option::is_none")]
    pub serialization: Option<Serialization>,
    /// Planner settings that differ from the defaults (`SETTINGS`).
    #[serde(rename = "Settings", skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Statement, as `auto_explain` writes it.
    #[serde(rename = "Query Text", skip_serializing_if = "Option::is_none")]
    pub query_text: Option<String>,
    /// `queryid`.
    #[serde(rename = "Query Identifier", skip_serializing_if = "Option::is_none")]
    pub query_id: Option<i64>,
    /// Anything that a newer server adds.
    #[serde(flatten)]
    pub other: BTreeMap<String, Extra>,
}

/// A value that this model has no field for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "JSON's own kinds")]
pub enum Extra {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Extra>),
    Map(BTreeMap<String, Extra>),
    Null,
}

/// One node. Row counts and times of `actual_*` are per loop (as PostgreSQL prints them); [`PlanNode::actual_rows_in_all`] and
/// [`PlanNode::actual_ms_in_all`] multiply. Blocks are 8 KiB and, as in `EXPLAIN`, include the node's children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanNode {
    /// `Seq Scan`, `Hash Join`, `Aggregate` …
    #[serde(rename = "Node Type")]
    pub kind: String,
    /// `Outer`, `Inner`, `Member`, `Subquery`, `InitPlan`, `SubPlan`.
    #[serde(rename = "Parent Relationship", skip_serializing_if = "Option::is_none")]
    pub parent_relationship: Option<String>,
    /// `SubPlan 1`, `InitPlan 1 (returns $0)`, `CTE x`.
    #[serde(rename = "Subplan Name", skip_serializing_if = "Option::is_none")]
    pub subplan_name: Option<String>,
    /// `Sorted`, `Hashed`, `Plain`, `Mixed` of Aggregate and SetOp.
    #[serde(rename = "Strategy", skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// `Partial`, `Finalize`, `Simple`.
    #[serde(rename = "Partial Mode", skip_serializing_if = "Option::is_none")]
    pub partial_mode: Option<String>,
    /// `Insert`, `Update`, `Delete`, `Merge` of ModifyTable.
    #[serde(rename = "Operation", skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// `Inner`, `Left`, `Semi`, `Anti` …
    #[serde(rename = "Join Type", skip_serializing_if = "Option::is_none")]
    pub join_type: Option<String>,
    /// The inner side has at most one match (`VERBOSE`).
    #[serde(rename = "Inner Unique", skip_serializing_if = "Option::is_none")]
    pub inner_unique: Option<bool>,
    /// Table, materialized view or foreign table scanned.
    #[serde(rename = "Relation Name", skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Its schema (`VERBOSE` only).
    #[serde(rename = "Schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Alias in the statement.
    #[serde(rename = "Alias", skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Index used.
    #[serde(rename = "Index Name", skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// `Forward`, `Backward`.
    #[serde(rename = "Scan Direction", skip_serializing_if = "Option::is_none")]
    pub scan_direction: Option<String>,
    /// CTE scanned.
    #[serde(rename = "CTE Name", skip_serializing_if = "Option::is_none")]
    pub cte: Option<String>,
    /// Function scanned.
    #[serde(rename = "Function Name", skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Planner cost before the first row.
    #[serde(rename = "Startup Cost")]
    pub startup_cost: f64,
    /// Planner cost of all rows.
    #[serde(rename = "Total Cost")]
    pub total_cost: f64,
    /// Rows that the planner expects, per loop.
    #[serde(rename = "Plan Rows")]
    pub rows: f64,
    /// Average width of a row, bytes.
    #[serde(rename = "Plan Width")]
    pub width: f64,
    /// Milliseconds to the first row, per loop.
    #[serde(rename = "Actual Startup Time", skip_serializing_if = "Option::is_none")]
    pub actual_startup_ms: Option<f64>,
    /// Milliseconds to the last row, per loop.
    #[serde(rename = "Actual Total Time", skip_serializing_if = "Option::is_none")]
    pub actual_ms: Option<f64>,
    /// Rows delivered, per loop.
    #[serde(rename = "Actual Rows", skip_serializing_if = "Option::is_none")]
    pub actual_rows: Option<f64>,
    /// Times the node was run; 0 is `never executed`.
    #[serde(rename = "Actual Loops", skip_serializing_if = "Option::is_none")]
    pub loops: Option<f64>,
    /// Expressions delivered (`VERBOSE`).
    #[serde(rename = "Output", skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// Filter.
    #[serde(rename = "Filter", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Condition answered by the index.
    #[serde(rename = "Index Cond", skip_serializing_if = "Option::is_none")]
    pub index_cond: Option<String>,
    /// Condition checked again on the heap.
    #[serde(rename = "Recheck Cond", skip_serializing_if = "Option::is_none")]
    pub recheck_cond: Option<String>,
    /// `ORDER BY` answered by a GiST or SP-GiST index (distance).
    #[serde(rename = "Order By", skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
    /// Condition of a TID scan.
    #[serde(rename = "TID Cond", skip_serializing_if = "Option::is_none")]
    pub tid_cond: Option<String>,
    /// Condition evaluated on joined rows.
    #[serde(rename = "Join Filter", skip_serializing_if = "Option::is_none")]
    pub join_filter: Option<String>,
    /// Hash join's condition.
    #[serde(rename = "Hash Cond", skip_serializing_if = "Option::is_none")]
    pub hash_cond: Option<String>,
    /// Merge join's condition.
    #[serde(rename = "Merge Cond", skip_serializing_if = "Option::is_none")]
    pub merge_cond: Option<String>,
    /// Condition that does not depend on rows (Result).
    #[serde(rename = "One-Time Filter", skip_serializing_if = "Option::is_none")]
    pub one_time_filter: Option<String>,
    /// Condition by which a window is left early.
    #[serde(rename = "Run Condition", skip_serializing_if = "Option::is_none")]
    pub run_condition: Option<String>,
    /// Sort keys, `DESC` and collation included.
    #[serde(rename = "Sort Key", skip_serializing_if = "Vec::is_empty")]
    pub sort_key: Vec<String>,
    /// Keys that the input is already sorted by (Incremental Sort).
    #[serde(rename = "Presorted Key", skip_serializing_if = "Vec::is_empty")]
    pub presorted_key: Vec<String>,
    /// Group keys.
    #[serde(rename = "Group Key", skip_serializing_if = "Vec::is_empty")]
    pub group_key: Vec<String>,
    /// Memoize's key.
    #[serde(rename = "Cache Key", skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<String>,
    /// Rows that failed `filter`, per loop.
    #[serde(rename = "Rows Removed by Filter", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_filter: Option<f64>,
    /// Rows that failed `join_filter`, per loop.
    #[serde(rename = "Rows Removed by Join Filter", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_join_filter: Option<f64>,
    /// Rows that failed the recheck, per loop.
    #[serde(rename = "Rows Removed by Index Recheck", skip_serializing_if = "Option::is_none")]
    pub rows_removed_by_recheck: Option<f64>,
    /// Rows of an index-only scan that had to be looked up in the heap, in all.
    #[serde(rename = "Heap Fetches", skip_serializing_if = "Option::is_none")]
    pub heap_fetches: Option<f64>,
    /// Searches in the index (18 and later), in all.
    #[serde(rename = "Index Searches", skip_serializing_if = "Option::is_none")]
    pub index_searches: Option<f64>,
    /// Bitmap heap blocks known by row.
    #[serde(rename = "Exact Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub exact_heap_blocks: Option<f64>,
    /// Bitmap heap blocks known by page only.
    #[serde(rename = "Lossy Heap Blocks", skip_serializing_if = "Option::is_none")]
    pub lossy_heap_blocks: Option<f64>,
    /// `quicksort`, `top-N heapsort`, `external merge` …
    #[serde(rename = "Sort Method", skip_serializing_if = "Option::is_none")]
    pub sort_method: Option<String>,
    /// Kilobytes sorted in.
    #[serde(rename = "Sort Space Used", skip_serializing_if = "Option::is_none")]
    pub sort_space_kb: Option<f64>,
    /// `Memory` or `Disk`.
    #[serde(rename = "Sort Space Type", skip_serializing_if = "Option::is_none")]
    pub sort_space_type: Option<String>,
    /// Buckets of a hash table.
    #[serde(rename = "Hash Buckets", skip_serializing_if = "Option::is_none")]
    pub hash_buckets: Option<f64>,
    /// Batches of a hash join's table; more than 1 went to disk.
    #[serde(rename = "Hash Batches", skip_serializing_if = "Option::is_none")]
    pub hash_batches: Option<f64>,
    /// Batches planned.
    #[serde(rename = "Original Hash Batches", skip_serializing_if = "Option::is_none")]
    pub original_hash_batches: Option<f64>,
    /// Batches of a hash aggregate; more than 1 went to disk.
    #[serde(rename = "HashAgg Batches", skip_serializing_if = "Option::is_none")]
    pub hash_aggregate_batches: Option<f64>,
    /// Peak memory of hashing, kilobytes.
    #[serde(rename = "Peak Memory Usage", skip_serializing_if = "Option::is_none")]
    pub peak_memory_kb: Option<f64>,
    /// Disk used by a hash aggregate, kilobytes.
    #[serde(rename = "Disk Usage", skip_serializing_if = "Option::is_none")]
    pub disk_usage_kb: Option<f64>,
    /// Parallel workers planned.
    #[serde(rename = "Workers Planned", skip_serializing_if = "Option::is_none")]
    pub workers_planned: Option<f64>,
    /// Parallel workers that started.
    #[serde(rename = "Workers Launched", skip_serializing_if = "Option::is_none")]
    pub workers_launched: Option<f64>,
    /// What each worker did (`VERBOSE`).
    #[serde(rename = "Workers", skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<Worker>,
    /// Memoize: lookups answered from memory.
    #[serde(rename = "Cache Hits", skip_serializing_if = "Option::is_none")]
    pub cache_hits: Option<f64>,
    /// Memoize: lookups not answered from memory.
    #[serde(rename = "Cache Misses", skip_serializing_if = "Option::is_none")]
    pub cache_misses: Option<f64>,
    /// Memoize: entries dropped for lack of memory.
    #[serde(rename = "Cache Evictions", skip_serializing_if = "Option::is_none")]
    pub cache_evictions: Option<f64>,
    /// Memoize: entries larger than the memory.
    #[serde(rename = "Cache Overflows", skip_serializing_if = "Option::is_none")]
    pub cache_overflows: Option<f64>,
    /// Partitions pruned at execution start.
    #[serde(rename = "Subplans Removed", skip_serializing_if = "Option::is_none")]
    pub subplans_removed: Option<f64>,
    /// Chosen although its kind is disabled by a setting (18 and later).
    #[serde(rename = "Disabled", skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Runs in every worker on a share of the rows.
    #[serde(rename = "Parallel Aware", skip_serializing_if = "Option::is_none")]
    pub parallel_aware: Option<bool>,
    /// Asynchronous foreign scan.
    #[serde(rename = "Async Capable", skip_serializing_if = "Option::is_none")]
    pub async_capable: Option<bool>,
    /// Blocks and their times, with BUFFERS.
    #[serde(flatten)]
    pub buffers: Buffers,
    /// Records of WAL.
    #[serde(rename = "WAL Records", skip_serializing_if = "Option::is_none")]
    pub wal_records: Option<f64>,
    /// Full-page images in it.
    #[serde(rename = "WAL FPI", skip_serializing_if = "Option::is_none")]
    pub wal_full_page_images: Option<f64>,
    /// Bytes of WAL.
    #[serde(rename = "WAL Bytes", skip_serializing_if = "Option::is_none")]
    pub wal_bytes: Option<f64>,
    /// Children: outer, inner, then subplans.
    #[serde(rename = "Plans", skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<PlanNode>,
    /// Anything that this model has no field for.
    #[serde(flatten)]
    pub other: BTreeMap<String, Extra>,
}

/// Blocks of 8 KiB touched, and the milliseconds spent reading and writing them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Buffers {
    /// Found in shared buffers.
    #[serde(rename = "Shared Hit Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_hit: Option<f64>,
    /// Read into shared buffers.
    #[serde(rename = "Shared Read Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_read: Option<f64>,
    /// Made dirty.
    #[serde(rename = "Shared Dirtied Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_dirtied: Option<f64>,
    /// Written by this statement.
    #[serde(rename = "Shared Written Blocks", skip_serializing_if = "Option::is_none")]
    pub shared_written: Option<f64>,
    /// Local (temporary tables) found.
    #[serde(rename = "Local Hit Blocks", skip_serializing_if = "Option::is_none")]
    pub local_hit: Option<f64>,
    /// Local read.
    #[serde(rename = "Local Read Blocks", skip_serializing_if = "Option::is_none")]
    pub local_read: Option<f64>,
    /// Temporary files read.
    #[serde(rename = "Temp Read Blocks", skip_serializing_if = "Option::is_none")]
    pub temp_read: Option<f64>,
    /// Temporary files written.
    #[serde(rename = "Temp Written Blocks", skip_serializing_if = "Option::is_none")]
    pub temp_written: Option<f64>,
    /// Milliseconds reading blocks (`track_io_timing`).
    #[serde(rename = "I/O Read Time", alias = "Shared I/O Read Time", skip_serializing_if = "Option::is_none")]
    pub io_read_ms: Option<f64>,
    /// Milliseconds writing blocks.
    #[serde(rename = "I/O Write Time", alias = "Shared I/O Write Time", skip_serializing_if = "Option::is_none")]
    pub io_write_ms: Option<f64>,
    /// Milliseconds reading temporary files.
    #[serde(rename = "Temp I/O Read Time", skip_serializing_if = "Option::is_none")]
    pub temp_io_read_ms: Option<f64>,
    /// Milliseconds writing temporary files.
    #[serde(rename = "Temp I/O Write Time", skip_serializing_if = "Option::is_none")]
    pub temp_io_write_ms: Option<f64>,
}

/// One parallel worker's share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Worker {
    /// Number from 0.
    #[serde(rename = "Worker Number")]
    pub number: i64,
    /// Milliseconds, per loop.
    #[serde(rename = "Actual Total Time", skip_serializing_if = "Option::is_none")]
    pub actual_ms: Option<f64>,
    /// Rows, per loop.
    #[serde(rename = "Actual Rows", skip_serializing_if = "Option::is_none")]
    pub actual_rows: Option<f64>,
    /// Loops.
    #[serde(rename = "Actual Loops", skip_serializing_if = "Option::is_none")]
    pub loops: Option<f64>,
    /// Sort method of this worker.
    #[serde(rename = "Sort Method", skip_serializing_if = "Option::is_none")]
    pub sort_method: Option<String>,
    /// Kilobytes sorted in.
    #[serde(rename = "Sort Space Used", skip_serializing_if = "Option::is_none")]
    pub sort_space_kb: Option<f64>,
    /// `Memory` or `Disk`.
    #[serde(rename = "Sort Space Type", skip_serializing_if = "Option::is_none")]
    pub sort_space_type: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub other: BTreeMap<String, Extra>,
}

/// Just-in-time compilation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jit {
    /// Functions compiled.
    #[serde(rename = "Functions")]
    pub functions: f64,
    /// Switches.
    #[serde(rename = "Options", skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, bool>,
    /// Milliseconds, with ANALYZE.
    #[serde(rename = "Timing", skip_serializing_if = "Option::is_none")]
    pub timing: Option<JitTiming>,
}

/// Milliseconds of just-in-time compilation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JitTiming {
    /// Code generation (an object with the deforming's share from 17 on).
    #[serde(rename = "Generation", skip_serializing_if = "Option::is_none")]
    pub generation: Option<Extra>,
    /// Inlining.
    #[serde(rename = "Inlining", skip_serializing_if = "Option::is_none")]
    pub inlining: Option<f64>,
    /// Optimisation.
    #[serde(rename = "Optimization", skip_serializing_if = "Option::is_none")]
    pub optimization: Option<f64>,
    /// Emission.
    #[serde(rename = "Emission", skip_serializing_if = "Option::is_none")]
    pub emission: Option<f64>,
    /// All.
    #[serde(rename = "Total", skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
}

/// Time spent in a trigger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TriggerTime {
    /// Name; foreign keys' triggers are named `RI_ConstraintTrigger_…`.
    #[serde(rename = "Trigger Name")]
    pub name: String,
    /// Constraint behind it.
    #[serde(rename = "Constraint Name", skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Table.
    #[serde(rename = "Relation", skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Milliseconds in all.
    #[serde(rename = "Time", skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// Calls.
    #[serde(rename = "Calls")]
    pub calls: f64,
}

/// Turning rows into what goes over the wire.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Serialization {
    /// Milliseconds.
    #[serde(rename = "Time", skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// Kilobytes.
    #[serde(rename = "Output Volume")]
    pub kilobytes: f64,
    /// `text` or `binary`.
    #[serde(rename = "Format")]
    pub format: String,
}

impl Plan {
    /// Whether it was run (`ANALYZE`).
    pub fn is_analyzed(&self) -> bool {
        self.root.loops.is_some()
    }

    /// All nodes, parents before their children.
    pub fn nodes(&self) -> Vec<&PlanNode> {
        let mut all = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            all.push(node);
            open.extend(node.children.iter().rev());
        }
        all
    }
}

impl PlanNode {
    /// Rows delivered in all loops, when it was run.
    pub fn actual_rows_in_all(&self) -> Option<f64> {
        Some(self.actual_rows? * self.loops?)
    }

    /// Milliseconds in all loops, children included, when it was timed. In a parallel plan the loops of workers overlap.
    pub fn actual_ms_in_all(&self) -> Option<f64> {
        Some(self.actual_ms? * self.loops?)
    }

    /// Milliseconds of this node alone: its own less those of its children (init plans run once and are charged where they
    /// hang). Never below 0.
    pub fn own_ms(&self) -> Option<f64> {
        let children: f64 = self.children.iter().filter_map(Self::actual_ms_in_all).sum();
        self.actual_ms_in_all().map(|own| (own - children).max(0.0))
    }

    /// Planner cost of this node alone. Never below 0.
    pub fn own_cost(&self) -> f64 {
        let children: f64 = self.children.iter().map(|c| c.total_cost).sum();
        (self.total_cost - children).max(0.0)
    }

    /// The relation with its schema, when the plan tells it (`VERBOSE`); else with `public` left out by PostgreSQL: ask the
    /// catalogue.
    pub fn qualified_relation(&self) -> Option<QualifiedName> {
        Some(QualifiedName { schema: self.schema.clone()?, name: self.relation.clone()? })
    }

    /// Whether it reads a table by itself.
    pub fn is_scan(&self) -> bool {
        self.kind.ends_with("Scan") && self.relation.is_some()
    }

    /// Whether it joins two inputs.
    pub fn is_join(&self) -> bool {
        matches!(self.kind.as_str(), "Nested Loop" | "Hash Join" | "Merge Join")
    }

    /// How often the planner expects a child to run for each run of this node.
    pub fn expected_runs_of(&self, child: &Self) -> f64 {
        match child.parent_relationship.as_deref() {
            Some("Inner") if self.kind == "Nested Loop" && !matches!(child.kind.as_str(), "Materialize" | "Memoize") => {
                self.inputs().next().map_or(1.0, |outer| outer.rows.max(1.0))
            }
            // A hashed subplan runs once; the text of its use tells.
            Some("SubPlan") => {
                let name = child.subplan_name.as_deref().unwrap_or_default();
                let filtered = |sign: &str| self.filter.as_deref().is_some_and(|f| f.contains(sign));
                let hashed = filtered(&format!("hashed {name}"));
                // In the filter of a scan it runs for the rows that are read, which no figure of the node tells but its cost.
                let read = if self.inputs().next().is_none() && filtered(name) { f64::INFINITY } else { self.rows };
                let most = self.inputs().map(|i| i.rows).fold(read, f64::max);
                if hashed { 1.0 } else { most.min(self.runs_paid_for(child)).max(1.0) }
            }
            _ => 1.0,
        }
    }

    /// How many runs of a subplan this node's own cost has room for: which of its rows reach the condition is in no plan, what they
    /// cost is.
    fn runs_paid_for(&self, subplan: &Self) -> f64 {
        let inputs: f64 = self.inputs().map(|input| input.total_cost * self.expected_runs_of(input)).sum();
        // EXISTS is charged for the first row only. Several subplans of one node run about equally often.
        let each = |plan: &Self| plan.startup_cost + (plan.total_cost - plan.startup_cost) / plan.rows.max(1.0);
        let subplans = self.children.iter().filter(|c| c.parent_relationship == subplan.parent_relationship);
        let together: f64 = subplans.map(each).sum();
        if together > 0.0 { ((self.total_cost - inputs).max(0.0) / together).floor() } else { f64::INFINITY }
    }

    /// The children that feed rows, subplans and init plans left out.
    pub fn inputs(&self) -> impl Iterator<Item = &PlanNode> {
        self.children.iter().filter(|c| !matches!(c.parent_relationship.as_deref(), Some("InitPlan" | "SubPlan")))
    }
}

#[cfg(test)]
mod tests;
