//! Partial indexes: conditions that every call of a statement repeats, where few rows meet them.
//!
//! A condition may stand in a predicate only when developers wrote it: `IS NULL`, a flag, or a constant of a column with few
//! values that stands in the statement's own text. Values that came in as parameters or out of statistics never do: the index
//! would serve one call and not the next, and the predicate would show a row's value.

use super::super::definition::{index, key, term, term_sql};
use super::super::relation::{Column, bare, elements};
use super::Proposal;
use super::keys::ordered;
use super::scan::{Scan, push_new};
use architrave_model::catalog::IndexKey;
use architrave_model::workload::{Comparison, Condition, Operand, Term};

/// A column of words with more values than this holds data, not states.
const STATES: f64 = 40.0;
/// The same of numbers, which are keys of something more often than states.
const NUMBERED_STATES: f64 = 10.0;
/// A predicate that more rows meet spares too little.
const MOST_ROWS: f64 = 0.6;
/// Rows not deleted are most rows: the predicate still keeps dead weight out.
const MOST_ROWS_ALIVE: f64 = 0.97;
/// A column that is NULL in this share of rows is worth leaving them out.
const MOSTLY_NULL: f64 = 0.5;

struct Predicate {
    sql: String,
    share: f64,
    term: Term,
}

/// Partial indexes for one scan.
pub(super) fn proposals(scan: &Scan<'_, '_>) -> Vec<Proposal> {
    let predicates: Vec<Predicate> = scan.fixed.iter().filter_map(|c| predicate(scan, c)).collect();
    let mut all = Vec::new();
    for one in &predicates {
        for keys in keys_beside(scan, &[&one.term]) {
            all.push(partial(keys, one.sql.clone(), one.share));
        }
    }
    if predicates.len() > 1 {
        let terms: Vec<&Term> = predicates.iter().map(|p| &p.term).collect();
        let sql: Vec<String> = predicates.iter().map(|p| format!("({})", p.sql)).collect();
        let share = predicates.iter().map(|p| p.share).product();
        for keys in keys_beside(scan, &terms) {
            all.push(partial(keys, sql.join(" and "), share));
        }
    }
    all.extend(mostly_null(scan));
    all
}

fn partial(keys: Vec<IndexKey>, predicate: String, share: f64) -> Proposal {
    let mut one = index("btree", keys);
    one.predicate = Some(predicate);
    Proposal { index: one, share }
}

fn predicate(scan: &Scan<'_, '_>, condition: &Condition) -> Option<Predicate> {
    let Term::Column(_) = &condition.term else { return None };
    let column = scan.column(&condition.term)?;
    let name = term_sql(&condition.term);
    let (sql, share, most) = match (condition.comparison, &condition.with) {
        (Comparison::IsNull, _) => (format!("{name} is null"), column.null_fraction(), MOST_ROWS_ALIVE),
        (Comparison::IsNotNull, _) => (format!("{name} is not null"), 1.0 - column.null_fraction(), MOST_ROWS),
        (Comparison::Boolean, _) => {
            let negated = condition.text.trim_start_matches('(').to_ascii_lowercase().starts_with("not ");
            let share = column.frequency(if negated { "f" } else { "t" });
            (if negated { format!("not {name}") } else { name }, share, MOST_ROWS)
        }
        (Comparison::Equal, Operand::Constant(constant)) if holds_states(scan, column) => {
            (format!("{name} = {constant}"), column.frequency(constant), MOST_ROWS)
        }
        (Comparison::AnyOf, Operand::Constant(constant)) if holds_states(scan, column) => {
            let share = elements(&bare(constant)).iter().map(|v| column.frequency(v)).sum();
            (format!("{name} = any ({constant})"), share, MOST_ROWS)
        }
        _ => return None,
    };
    (share <= most).then(|| Predicate { sql, share, term: condition.term.clone() })
}

/// Whether a column says in which of a few states a row is: no reference, no time, no quantity.
fn holds_states(scan: &Scan<'_, '_>, column: &Column<'_>) -> bool {
    let refers = scan.relation.table.is_some_and(|t| t.foreign_keys().any(|(key, _)| key.columns.iter().any(|c| c == column.name)));
    let most = match column.base_type.as_str() {
        "text" | "character varying" | "character" | "\"char\"" | "boolean" => STATES,
        "smallint" | "integer" => NUMBERED_STATES,
        _ if column.is_enum => STATES,
        _ => return false,
    };
    !refers && column.distinct() <= most
}

/// Keys of a partial index: what the scan searches and orders by beside the predicate; the primary key when nothing is left.
fn keys_beside(scan: &Scan<'_, '_>, without: &[&Term]) -> Vec<Vec<IndexKey>> {
    let rest = |terms: &[Term]| -> Vec<IndexKey> { terms.iter().filter(|t| !without.contains(t)).map(key).collect() };
    let equals = rest(&scan.equals);
    let order: Vec<IndexKey> = ordered(&scan.order).into_iter().filter(|k| !without.contains(&&term(k))).collect();
    let mut all = Vec::new();
    let mut add = |parts: &[&[IndexKey]]| {
        let mut keys: Vec<IndexKey> = Vec::new();
        for one in parts.iter().copied().flatten() {
            if keys.iter().all(|k| term(k) != term(one)) {
                keys.push(one.clone());
            }
        }
        if !keys.is_empty() && keys.len() <= 4 {
            push_new(&mut all, keys);
        }
    };
    add(&[&equals]);
    add(&[&equals, &order]);
    for one in rest(&scan.ranges).iter().chain(&rest(&scan.any_of)) {
        add(&[&equals, std::slice::from_ref(one)]);
    }
    for terms in scan.joins.values() {
        add(&[&rest(terms)]);
        add(&[&rest(terms), &equals]);
    }
    if all.is_empty() {
        let key_column = scan.relation.table.and_then(|t| t.primary_key()).and_then(|k| k.columns.first());
        let first = key_column.map(|c| Term::Column(c.clone())).or_else(|| without.first().map(|t| (*t).clone()));
        all.extend(first.map(|t| vec![key(&t)]));
    }
    all
}

/// `x = …` only ever finds rows where `x` is not null: on a column that is mostly NULL the rest is a small index.
fn mostly_null(scan: &Scan<'_, '_>) -> Vec<Proposal> {
    let mut all = Vec::new();
    let is_searched = |c: Comparison| matches!(c, Comparison::Equal | Comparison::AnyOf | Comparison::Range);
    for condition in scan.shape.conditions.iter().filter(|c| is_searched(c.comparison)) {
        let Some(column) = scan.column(&condition.term).filter(|c| c.null_fraction() >= MOSTLY_NULL) else { continue };
        let predicate = format!("{} is not null", term_sql(&condition.term));
        all.push(partial(vec![key(&condition.term)], predicate, 1.0 - column.null_fraction()));
    }
    all
}
