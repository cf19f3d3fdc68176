//! B-trees: equality first, then a range or the order wanted, then columns that spare the way to the table.

use super::super::definition::{index, key};
use super::super::relation::Column;
use super::Proposal;
use super::scan::{Scan, push_new};
use architrave_model::catalog::{Index, IndexKey, NullsOrder};
use architrave_model::workload::{SortItem, Term};

/// Most key columns.
const WIDEST: usize = 4;
/// Most columns in a covering index, keys included.
const WIDEST_COVERING: usize = 8;
/// Covering more than this share of the row copies the table.
const COVERED_SHARE: f64 = 0.6;
/// Terms of one scan that are combined two by two.
const PAIRED: usize = 7;

/// B-trees for one scan, narrow ones first.
pub(super) fn proposals(scan: &Scan<'_, '_>) -> Vec<Proposal> {
    let mut found: Vec<Vec<IndexKey>> = Vec::new();
    for term in searched(scan) {
        push_new(&mut found, vec![key(&term)]);
    }
    for keys in composites(scan) {
        push_new(&mut found, keys);
    }
    let composed = found.len();
    for keys in pairs(scan) {
        push_new(&mut found, keys);
    }
    let mut all: Vec<Proposal> = found.iter().map(|keys| Proposal::whole(index("btree", keys.clone()))).collect();
    for keys in &found[..composed] {
        all.extend(covering(scan, keys).map(Proposal::whole));
    }
    all.extend(beginnings(scan).into_iter().map(Proposal::whole));
    all
}

/// Every term that an index could be searched by.
pub(super) fn searched(scan: &Scan<'_, '_>) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let all = [&scan.equals, &scan.any_of, &scan.ranges, &scan.alternatives];
    for term in all.into_iter().flatten().chain(scan.joins.values().flatten()) {
        push_new(&mut terms, term.clone());
    }
    terms
}

/// Sequences of keys that answer the scan as a whole, or one of its joins.
fn composites(scan: &Scan<'_, '_>) -> Vec<Vec<IndexKey>> {
    let equals: Vec<IndexKey> = scan.equals.iter().map(key).collect();
    let mut starts: Vec<Vec<IndexKey>> = vec![equals.clone()];
    for terms in scan.joins.values() {
        let join: Vec<IndexKey> = terms.iter().map(key).collect();
        starts.push(join.clone());
        starts.push(joined(&join, &equals));
        starts.push(joined(&equals, &join));
    }
    let mut all: Vec<Vec<IndexKey>> = Vec::new();
    let order = ordered(&scan.order);
    let group: Vec<IndexKey> = scan.group.iter().map(key).collect();
    for start in &starts {
        let mut add = |more: &[IndexKey]| {
            let keys = joined(start, more);
            if !keys.is_empty() && keys.len() <= WIDEST.max(order.len()) && (!more.is_empty() || keys.len() > 1) {
                push_new(&mut all, keys);
            }
        };
        add(&[]);
        for term in scan.any_of.iter().chain(&scan.ranges) {
            add(&[key(term)]);
        }
        for list in &scan.any_of {
            for range in &scan.ranges {
                add(&[key(list), key(range)]);
            }
        }
        add(&order);
        add(&group);
    }
    push_new(&mut all, order);
    push_new(&mut all, group);
    all.retain(|keys| !keys.is_empty());
    all
}

/// Terms two by two: what a constant or a join fixes, then another condition. An index may pay by its second column for another
/// query. Columns of joins with different tables are not paired: they are seldom known at the same time.
fn pairs(scan: &Scan<'_, '_>) -> Vec<Vec<IndexKey>> {
    let mut own: Vec<&Term> = Vec::new();
    for term in [&scan.equals, &scan.any_of, &scan.ranges, &scan.alternatives].into_iter().flatten() {
        push_new(&mut own, term);
    }
    own.truncate(PAIRED);
    let joins = scan.joins.values().flatten();
    let mut all = Vec::new();
    for first in own.iter().copied().chain(joins) {
        for second in own.iter().copied().filter(|t| *t != first) {
            push_new(&mut all, vec![key(first), key(second)]);
        }
    }
    for first in own.iter().copied().filter(|t| !scan.ranges.contains(t)) {
        for second in scan.joins.values().flatten().filter(|t| *t != first) {
            push_new(&mut all, vec![key(first), key(second)]);
        }
    }
    all
}

/// Without repetition of a term.
fn joined(first: &[IndexKey], second: &[IndexKey]) -> Vec<IndexKey> {
    let mut keys = first.to_vec();
    for one in second {
        if !keys.iter().any(|k| k.column == one.column && k.expression == one.expression) {
            keys.push(one.clone());
        }
    }
    keys
}

/// Keys in the order wanted. An order that starts descending is turned round: b-trees are read from both ends.
pub(super) fn ordered(order: &[SortItem]) -> Vec<IndexKey> {
    let turn = order.first().is_some_and(|first| first.descending);
    let one = |item: &SortItem| {
        let (descending, nulls_first) = (item.descending != turn, item.nulls_first != turn);
        IndexKey { descending, nulls: if nulls_first { NullsOrder::First } else { NullsOrder::Last }, ..key(&item.term) }
    };
    order.iter().map(one).collect()
}

/// The index with all other columns that the scan needs, when they are few.
fn covering(scan: &Scan<'_, '_>, keys: &[IndexKey]) -> Option<Index> {
    if keys.iter().any(|k| k.column.is_none()) {
        return None;
    }
    let rest: Vec<String> = scan.shape.columns.iter().filter(|c| keys.iter().all(|k| k.column.as_ref() != Some(*c))).cloned().collect();
    let width = |names: &mut dyn Iterator<Item = &String>| names.filter_map(|c| scan.relation.column(c)).map(Column::width).sum::<f64>();
    let covered = width(&mut rest.iter()) + width(&mut keys.iter().filter_map(|k| k.column.as_ref()));
    let known = rest.iter().all(|c| scan.relation.column(c).is_some());
    if rest.is_empty() || !known || rest.len() + keys.len() > WIDEST_COVERING || covered > COVERED_SHARE * scan.relation.row_width() {
        return None;
    }
    let mut wide = index("btree", keys.to_vec());
    wide.include = rest;
    Some(wide)
}

/// `LIKE 'x%'` needs an operator class that compares bytes, unless the collation does so already.
fn beginnings(scan: &Scan<'_, '_>) -> Vec<Index> {
    let mut all = Vec::new();
    for term in &scan.prefixes {
        let class = match scan.column(term).map(|c| c.base_type.as_str()) {
            Some("character varying") => "varchar_pattern_ops",
            Some("character") => "bpchar_pattern_ops",
            Some("text") | None => "text_pattern_ops",
            Some(_) => continue,
        };
        let pattern = IndexKey { operator_class: Some(class.to_owned()), ..key(term) };
        all.push(index("btree", vec![pattern.clone()]));
        let equals: Vec<IndexKey> = scan.equals.iter().map(key).collect();
        if !equals.is_empty() && equals.len() < WIDEST {
            all.push(index("btree", joined(&equals, &[pattern])));
        }
    }
    all
}
