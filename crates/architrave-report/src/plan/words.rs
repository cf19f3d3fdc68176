//! Names and numbers of nodes, short enough for a box or a line.

use crate::format::{self, visible};
use architrave_model::plan::PlanNode;

/// What the node does, in EXPLAIN's words: `Parallel Hash Left Join`.
pub(super) fn kind(node: &PlanNode) -> String {
    let mut words = String::new();
    if node.parallel_aware == Some(true) {
        words.push_str("Parallel ");
    }
    if let Some(mode @ ("Partial" | "Finalize")) = node.partial_mode.as_deref() {
        words.push_str(&format!("{mode} "));
    }
    match (node.kind.as_str(), node.strategy.as_deref(), node.join_type.as_deref(), node.operation.as_deref()) {
        ("Aggregate", Some("Sorted"), ..) => words.push_str("GroupAggregate"),
        ("Aggregate", Some("Hashed"), ..) => words.push_str("HashAggregate"),
        ("Aggregate", Some("Mixed"), ..) => words.push_str("MixedAggregate"),
        ("SetOp", Some("Hashed"), ..) => words.push_str("HashSetOp"),
        ("ModifyTable", _, _, Some(operation)) => words.push_str(operation),
        (kind @ ("Hash Join" | "Merge Join" | "Nested Loop"), _, Some(join), _) if join != "Inner" => {
            words.push_str(&format!("{} {join} Join", kind.trim_end_matches(" Join")));
        }
        (kind, ..) => words.push_str(kind),
    }
    if node.scan_direction.as_deref() == Some("Backward") {
        words.push_str(" Backward");
    }
    visible(&words)
}

/// What it works on: `on orders o`, `using orders_pkey on orders`; empty when nothing.
pub(super) fn target(node: &PlanNode) -> String {
    let mut words = Vec::new();
    if let Some(index) = &node.index {
        words.push(format!("{} {index}", if node.kind == "Bitmap Index Scan" { "on" } else { "using" }));
    }
    let name = node.relation.as_ref().or(node.cte.as_ref()).or(node.function.as_ref());
    let alias = node.alias.as_ref().filter(|alias| Some(*alias) != name);
    match (name, alias) {
        (Some(name), Some(alias)) => words.push(format!("on {name} {alias}")),
        (Some(name), None) => words.push(format!("on {name}")),
        (None, Some(alias)) => words.push(format!("on {alias}")),
        (None, None) => {}
    }
    visible(&words.join(" "))
}

/// Every condition with EXPLAIN's name for it.
pub(super) fn conditions(node: &PlanNode) -> Vec<(&'static str, &str)> {
    let all = [
        ("Index Cond", &node.index_cond),
        ("TID Cond", &node.tid_cond),
        ("Hash Cond", &node.hash_cond),
        ("Merge Cond", &node.merge_cond),
        ("Join Filter", &node.join_filter),
        ("Filter", &node.filter),
        ("One-Time Filter", &node.one_time_filter),
        ("Run Condition", &node.run_condition),
        ("Order By", &node.order_by),
        ("Cache Key", &node.cache_key),
    ];
    all.into_iter().filter_map(|(name, condition)| Some((name, condition.as_deref()?))).collect()
}

/// Conditions and keys, the recheck of a bitmap scan left out (its index scans tell the same).
pub(super) fn details(node: &PlanNode) -> Vec<(&'static str, String)> {
    let keys = [("Sort Key", &node.sort_key), ("Presorted Key", &node.presorted_key), ("Group Key", &node.group_key)];
    let keys = keys.into_iter().filter(|(_, keys)| !keys.is_empty()).map(|(name, keys)| (name, visible(&keys.join(", "))));
    conditions(node).into_iter().map(|(name, condition)| (name, visible(condition))).chain(keys).collect()
}

/// A number in few characters: `12`, `9,300`, `120k`, `4.8M`, `1.2G`.
pub(super) fn compact(n: f64) -> String {
    let unit = |divisor: f64, letter: char| format!("{}{letter}", format::short(n / divisor));
    match n.abs() {
        size if size >= 999.5e12 => unit(1e15, 'P'),
        size if size >= 999.5e9 => unit(1e12, 'T'),
        size if size >= 999.5e6 => unit(1e9, 'G'),
        size if size >= 999_500.0 => unit(1e6, 'M'),
        size if size >= 99_999.5 => unit(1e3, 'k'),
        size if size >= 10.0 || n.fract().abs() < 0.005 => format::exact(n.round() as i64),
        _ => format::short(n),
    }
}

/// A duration; a node may take less than a tenth of a millisecond.
pub(super) fn duration(ms: f64) -> String {
    if ms > 0.0 && ms < 0.0995 { format!("{ms:.3} ms") } else { format::milliseconds(ms) }
}

/// `62%`, `<1%`; nothing for nothing.
pub(super) fn per_cent(share: f64) -> String {
    match share * 100.0 {
        nothing if nothing <= 0.0 => String::new(),
        little if little < 0.5 => "<1%".to_owned(),
        all => format!("{all:.0}%"),
    }
}

/// `×120` when more came than expected, `÷833` when fewer; none below a factor of 2.
pub(super) fn off(factor: f64) -> Option<String> {
    if factor >= 2.0 {
        Some(format!("×{}", compact(factor.round())))
    } else if factor > 0.0 && factor <= 0.5 {
        Some(format!("÷{}", compact((1.0 / factor).round())))
    } else {
        None
    }
}
