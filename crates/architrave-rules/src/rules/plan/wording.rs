//! Nodes and their figures in words: as EXPLAIN's text names them, and as somebody says it who has never read a plan.

use super::tree::{Seat, Tree};
use super::weight::Weight;
use crate::figures::{bytes, count, list_of};
use architrave_model::rule::Draft;

/// Milliseconds as a person says them: `0.4 ms`, `412 ms`, `1.9 s`, `3.1 min`.
pub(crate) fn ms(n: f64) -> String {
    match n.max(0.0) {
        n if n < 0.05 => "under 0.1 ms".to_owned(),
        n if n < 10.0 => format!("{n:.1} ms"),
        n if n < 1000.0 => format!("{n:.0} ms"),
        n if n < 120_000.0 => format!("{:.1} s", n / 1000.0),
        n => format!("{:.1} min", n / 60_000.0),
    }
}

/// Blocks of 8 KiB as bytes: `97 MB`.
pub(crate) fn blocks(n: f64) -> String {
    bytes((n * 8192.0) as i64)
}

/// Bytes with a fraction where it tells: `4.6 MB`, `97 MB`.
pub(crate) fn size(n: f64) -> String {
    let mb = n / 1_048_576.0;
    if (1.0..10.0).contains(&mb) { format!("{mb:.1} MB") } else { bytes(n as i64) }
}

/// `1 row`, `1,000 rows`.
pub(crate) fn rows(n: f64) -> String {
    let n = n.round();
    format!("{} row{}", count(n), if count(n) == "1" { "" } else { "s" })
}

/// `3.4 times`, `1,200 times`: how many times one figure is the other, never below 1.
pub(crate) fn times(factor: f64) -> String {
    if factor < 10.0 { format!("{factor:.1} times") } else { format!("{} times", count(factor)) }
}

impl Tree<'_> {
    /// The node as EXPLAIN's text names it, with the table's schema: `Seq Scan on public.orders o`.
    pub(crate) fn label(&self, seat: &Seat<'_>) -> String {
        let node = seat.node;
        let mut label = kind(seat);
        if let Some(index) = &node.index {
            let word = if node.kind == "Bitmap Index Scan" { "on" } else { "using" };
            label.push_str(&format!(" {word} {index}"));
        }
        if node.relation.is_some() {
            label.push_str(&format!(" on {}", self.relation(seat)));
        } else if let Some(cte) = &node.cte {
            label.push_str(&format!(" on {cte}"));
        } else if let Some(function) = &node.function {
            label.push_str(&format!(" on {function}"));
        }
        label
    }

    /// `public.orders o`; the bare name where no schema is known.
    fn relation(&self, seat: &Seat<'_>) -> String {
        let name = self.relation_name(seat);
        match seat.node.alias.as_deref() {
            Some(alias) if Some(alias) != seat.node.relation.as_deref() => format!("{name} {alias}"),
            _ => name,
        }
    }

    /// `public.orders`; the bare name where no schema is known.
    pub(crate) fn relation_name(&self, seat: &Seat<'_>) -> String {
        let bare = || seat.node.relation.clone().unwrap_or_default();
        self.table_name(seat).map_or_else(bare, |name| name.to_string())
    }

    /// The way from the top of the plan to the node: `Limit > Hash Join > Seq Scan on public.orders o`.
    pub(crate) fn path(&self, seat: &Seat<'_>) -> String {
        // `InitPlan 1 (returns $0)`, `CTE x`, `SubPlan 2`: what runs beside the flow of rows says so.
        let beside = |s: &Seat<'_>| s.node.subplan_name.as_deref().map_or("", |name| name.split(" (").next().unwrap_or(name)).to_owned();
        let step = |s: &Seat<'_>| if s.is_subplan() { format!("{}: {}", beside(s), self.label(s)) } else { self.label(s) };
        let mut labels: Vec<String> = self.ancestors(seat).map(step).collect();
        labels.reverse();
        labels.push(step(seat));
        labels.join(" > ")
    }

    /// What kind of work it is, as a clause without subject: `reads public.orders from end to end`.
    pub(crate) fn work(&self, seat: &Seat<'_>) -> String {
        let node = seat.node;
        let relation = self.relation_name(seat);
        let index = node.index.as_deref().unwrap_or("its index");
        let keys = |keys: &[String]| list_of(keys, 3);
        match node.kind.as_str() {
            "Seq Scan" => format!("reads {relation} from end to end"),
            "Sample Scan" => format!("reads a sample of {relation}"),
            "Index Scan" => format!("finds rows of {relation} through the index {index}"),
            "Index Only Scan" => format!("reads the index {index} of {relation}"),
            "Bitmap Index Scan" => format!("collects the places of matching rows from the index {index}"),
            "Bitmap Heap Scan" => format!("fetches the rows of {relation} whose places an index gave, page by page"),
            "Tid Scan" | "Tid Range Scan" => format!("fetches rows of {relation} by their place"),
            "Foreign Scan" => format!("asks another server for rows of {relation}"),
            "Function Scan" | "Table Function Scan" => "runs a function and takes its rows".to_owned(),
            "Values Scan" => "reads a list of values".to_owned(),
            "CTE Scan" | "WorkTable Scan" => "reads the stored result of a WITH query".to_owned(),
            "Subquery Scan" => "passes on the rows of a subquery".to_owned(),
            "Nested Loop" => "joins row by row: for each row of one side it looks for partners on the other".to_owned(),
            "Hash Join" => "joins through a hash table built from one side".to_owned(),
            "Merge Join" => "joins two sorted inputs side by side".to_owned(),
            "Hash" => "builds the hash table of a join in memory".to_owned(),
            "Sort" => format!("sorts rows by {}", keys(&node.sort_key)),
            "Incremental Sort" => format!("sorts rows by {} that come partly sorted", keys(&node.sort_key)),
            "Aggregate" | "Group" if node.group_key.is_empty() => "computes an aggregate over all rows".to_owned(),
            "Aggregate" | "Group" => format!("groups rows by {}", keys(&node.group_key)),
            "WindowAgg" => "computes window functions".to_owned(),
            "Unique" => "drops duplicates of sorted rows".to_owned(),
            "SetOp" => "computes EXCEPT or INTERSECT".to_owned(),
            "Materialize" => "keeps rows to read them again".to_owned(),
            "Memoize" => "remembers the answers of the inner side of a join".to_owned(),
            "Append" | "Merge Append" => "puts the rows of several inputs together".to_owned(),
            "Gather" | "Gather Merge" => "collects the rows of parallel workers".to_owned(),
            "LockRows" => "locks the rows it found".to_owned(),
            "ModifyTable" => format!("writes {relation}, its indexes included"),
            "Limit" => "passes on the first rows".to_owned(),
            "ProjectSet" => "calls functions that return several rows".to_owned(),
            "Result" => "computes a row".to_owned(),
            other => format!("does the work of a {other} node"),
        }
    }

    /// Where the figures come from: `EXPLAIN ANALYZE` or `EXPLAIN`.
    pub(crate) fn source(&self) -> &'static str {
        if self.is_analyzed() { "EXPLAIN ANALYZE" } else { "EXPLAIN" }
    }

    /// Further nodes of the same kind as places of the finding, each with what is special about it.
    pub(crate) fn with_others(&self, draft: Draft, others: &[&Seat<'_>], detail: impl Fn(&Seat<'_>) -> String) -> Draft {
        others.iter().fold(draft, |draft, seat| draft.place(self.object(seat), Some(detail(seat))))
    }

    /// The evidence that every finding on a node has: where it stands and what it weighs.
    pub(crate) fn with_place(&self, draft: Draft, seat: &Seat<'_>, weight: Weight) -> Draft {
        let draft = draft.evidence("node", self.path(seat), self.source());
        let draft =
            draft.evidence(if weight.is_timed() { "time of the node" } else { "cost of the node" }, weight.words(), weight.source());
        if self.explained.calls > 1.0 { draft.evidence("calls", self.explained.calls, "workload") } else { draft }
    }
}

/// `Parallel Seq Scan`, `HashAggregate`, `Hash Left Join`, as EXPLAIN's text has them.
fn kind(seat: &Seat<'_>) -> String {
    let node = seat.node;
    let mut kind = match node.kind.as_str() {
        "Aggregate" => match node.strategy.as_deref() {
            Some("Hashed") => "HashAggregate",
            Some("Sorted") => "GroupAggregate",
            Some("Mixed") => "MixedAggregate",
            _ => "Aggregate",
        },
        other => other,
    }
    .to_owned();
    if let Some(operation) = &node.operation
        && kind == "ModifyTable"
    {
        kind.clone_from(operation);
    }
    if let Some(mode) = node.partial_mode.as_deref().filter(|m| *m != "Simple") {
        kind = format!("{mode} {kind}");
    }
    if node.is_join()
        && let Some(join) = node.join_type.as_deref().filter(|j| *j != "Inner")
    {
        kind = match kind.strip_suffix(" Join") {
            Some(method) => format!("{method} {join} Join"),
            None => format!("{kind} {join} Join"),
        };
    }
    if node.scan_direction.as_deref() == Some("Backward") {
        kind.push_str(" Backward");
    }
    if node.parallel_aware == Some(true) { format!("Parallel {kind}") } else { kind }
}
