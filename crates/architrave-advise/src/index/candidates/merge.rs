//! New candidates out of chosen ones: two made one, and one made smaller.

use super::super::definition::term;
use super::Proposal;
use architrave_model::catalog::Index;

/// Most key columns of a merged index.
const WIDEST: usize = 5;
/// Most included columns.
const MOST_INCLUDED: usize = 8;

/// Indexes that could stand in for both: the first one's keys, then what the second adds, as keys or as included columns. Only
/// b-trees with the same predicate.
pub(in super::super) fn merged(first: &Index, second: &Index, share: f64) -> Vec<Proposal> {
    if first.method != "btree" || second.method != "btree" || first.predicate != second.predicate || first.unique || second.unique {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (one, other) in [(first, second), (second, first)] {
        let mut keys = one.keys.clone();
        keys.extend(other.keys.iter().filter(|k| one.keys.iter().all(|o| term(o) != term(k))).cloned());
        let mut wide = Index { keys, ..one.clone() };
        wide.include = included(&wide, [&one.include, &other.include]);
        if wide.keys.len() <= WIDEST && wide.include.len() <= MOST_INCLUDED {
            all.push(Proposal { index: nameless(wide), share });
        }
        if other.keys.iter().all(|k| k.column.is_some()) {
            let added: Vec<String> = other.keys.iter().filter_map(|k| k.column.clone()).collect();
            let mut narrow = one.clone();
            narrow.include = included(one, [&one.include, &added]);
            narrow.include = included(one, [&narrow.include, &other.include]);
            if narrow.include.len() <= MOST_INCLUDED && narrow.include != one.include {
                all.push(Proposal { index: nameless(narrow), share });
            }
        }
    }
    all
}

/// The index without its last key, without included columns, without its predicate's company: smaller ones that may do as well.
pub(in super::super) fn shrunk(index: &Index, share: f64) -> Vec<Proposal> {
    let mut all = Vec::new();
    if !index.include.is_empty() {
        all.push(Index { include: Vec::new(), ..index.clone() });
        if index.include.len() > 1 {
            for left_out in 0..index.include.len() {
                let mut fewer = index.clone();
                fewer.include.remove(left_out);
                all.push(fewer);
            }
        }
    }
    if index.keys.len() > 1 && index.method == "btree" {
        let mut shorter = index.clone();
        shorter.keys.pop();
        all.push(shorter);
    }
    all.into_iter().map(|i| Proposal { index: nameless(i), share }).collect()
}

fn nameless(index: Index) -> Index {
    Index { name: String::new(), ..index }
}

/// Columns of both lists that are no keys, sorted.
fn included(index: &Index, lists: [&Vec<String>; 2]) -> Vec<String> {
    let mut all: Vec<String> = lists.into_iter().flatten().cloned().collect();
    all.retain(|c| index.keys.iter().all(|k| k.column.as_ref() != Some(c)));
    all.sort();
    all.dedup();
    all
}
