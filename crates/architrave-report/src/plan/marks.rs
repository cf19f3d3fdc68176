//! What the plan itself tells that is worth a second look, in a few words. Advice is the rules' work.

use super::words::compact;
use crate::format;
use architrave_model::plan::PlanNode;

/// The marks of a node.
pub(super) fn of(node: &PlanNode) -> Vec<String> {
    let mut marks = Vec::new();
    if node.loops == Some(0.0) {
        return marks;
    }
    spilled(node, &mut marks);
    dropped(node, &mut marks);
    if let Some(lossy) = node.lossy_heap_blocks.filter(|blocks| *blocks > 0.0) {
        marks.push(format!("{} of the bitmap's pages known as whole pages only", compact(lossy)));
    }
    if let Some(fetches) = node.heap_fetches.filter(|fetches| *fetches >= 1000.0) {
        marks.push(format!("{} rows looked up in the table although the index has all columns", compact(fetches)));
    }
    if let (Some(planned), Some(launched)) = (node.workers_planned, node.workers_launched)
        && launched < planned
    {
        marks.push(format!("{} of {} workers started", compact(launched), compact(planned)));
    }
    if node.disabled == Some(true) {
        marks.push("chosen although a setting disables it".to_owned());
    }
    marks
}

fn spilled(node: &PlanNode, marks: &mut Vec<String>) {
    let on_disk = node.sort_space_type.as_deref() == Some("Disk");
    let of_worker = node.workers.iter().any(|worker| worker.sort_space_type.as_deref() == Some("Disk"));
    if on_disk || of_worker {
        let size =
            node.sort_space_kb.filter(|_| on_disk).map_or_else(String::new, |kb| format!(": {}", format::bytes((kb * 1024.0) as i64)));
        marks.push(format!("sorted on disk{size}"));
    }
    if let Some(batches) = node.hash_batches.filter(|batches| *batches > 1.0) {
        marks.push(format!("hash table in {} batches on disk", compact(batches)));
    }
    if let Some(kb) = node.disk_usage_kb.filter(|kb| *kb > 0.0) {
        marks.push(format!("groups on disk: {}", format::bytes((kb * 1024.0) as i64)));
    }
    if let Some(evictions) = node.cache_evictions.filter(|evictions| *evictions > 0.0) {
        marks.push(format!("{} results pushed out of the cache", compact(evictions)));
    }
}

fn dropped(node: &PlanNode, marks: &mut Vec<String>) {
    let loops = node.loops.unwrap_or(1.0);
    let kept = node.actual_rows_in_all().unwrap_or(0.0);
    let mut say = |removed: Option<f64>, by: &str| {
        let removed = removed.unwrap_or(0.0) * loops;
        if removed >= 1000.0 && removed >= 9.0 * kept {
            marks.push(format!("{by} drops {} of {} rows", compact(removed), compact(removed + kept)));
        }
    };
    say(node.rows_removed_by_filter, "the filter");
    say(node.rows_removed_by_join_filter, "the join filter");
    say(node.rows_removed_by_recheck, "the recheck");
}
