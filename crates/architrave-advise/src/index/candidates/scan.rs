//! One occurrence of a table in a statement, its conditions sorted by what an index can do with them.

use super::super::relation::{Column, Relation};
use architrave_model::workload::{Comparison, Condition, Operand, QuerySource, ScanShape, SortItem, Term, WorkloadQuery};
use std::collections::BTreeMap;

/// What is asked of a table, ready for the generators. Terms stand in the order in which keys should: most selective first.
pub(super) struct Scan<'s, 'a> {
    pub(super) relation: &'s Relation<'a>,
    pub(super) shape: &'s ScanShape,
    /// Terms equal to something known when the scan starts.
    pub(super) equals: Vec<Term>,
    /// Terms that are one of several values.
    pub(super) any_of: Vec<Term>,
    /// Terms within a range, or with a fixed beginning.
    pub(super) ranges: Vec<Term>,
    /// Terms with a fixed beginning (`LIKE 'x%'`).
    pub(super) prefixes: Vec<Term>,
    /// Terms equal to terms of another table, by its alias.
    pub(super) joins: BTreeMap<String, Vec<Term>>,
    /// Order wanted.
    pub(super) order: Vec<SortItem>,
    /// Terms grouped by.
    pub(super) group: Vec<Term>,
    /// Terms of alternatives (OR), each of which needs an index of its own.
    pub(super) alternatives: Vec<Term>,
    /// Conditions with a constant (or none to compare with) that stands in the statement itself.
    pub(super) fixed: Vec<Condition>,
}

impl<'s, 'a> Scan<'s, 'a> {
    /// `variants` are the same occurrence under each choice of parameters: what differs between them is not fixed.
    pub(super) fn of(relation: &'s Relation<'a>, shape: &'s ScanShape, variants: &[&ScanShape], query: &WorkloadQuery) -> Self {
        let mut scan = Self {
            relation,
            shape,
            equals: Vec::new(),
            any_of: Vec::new(),
            ranges: Vec::new(),
            prefixes: Vec::new(),
            joins: BTreeMap::new(),
            order: order_of(relation, shape),
            group: shape.group_by.iter().map(|t| plain(relation, t)).filter(|t| may_be_key(relation, t)).collect(),
            alternatives: Vec::new(),
            fixed: Vec::new(),
        };
        for condition in &shape.conditions {
            let condition = Condition { term: plain(relation, &condition.term), ..condition.clone() };
            scan.sort_in(&condition);
            let everywhere = variants.iter().all(|v| v.conditions.iter().any(|c| c.with == condition.with && c.text == condition.text));
            if everywhere && is_written(&condition, query) && may_be_shown(relation, &condition, query) {
                scan.fixed.push(condition);
            }
        }
        for one in shape.alternatives.iter().flatten().filter(|c| is_searchable(c.comparison)) {
            let term = plain(relation, &one.term);
            if may_be_key(relation, &term) {
                push_new(&mut scan.alternatives, term);
            }
        }
        let by_selectivity = |a: &Term, b: &Term| distinct(relation, b).total_cmp(&distinct(relation, a)).then_with(|| a.cmp(b));
        scan.equals.sort_by(by_selectivity);
        scan.any_of.sort_by(by_selectivity);
        scan.joins.values_mut().for_each(|terms| terms.sort_by(by_selectivity));
        scan
    }

    fn sort_in(&mut self, condition: &Condition) {
        let term = condition.term.clone();
        if !may_be_key(self.relation, &term) {
            return;
        }
        match (condition.comparison, &condition.with) {
            (Comparison::Equal, Operand::Join { alias, .. }) => push_new(self.joins.entry(alias.clone()).or_default(), term),
            (Comparison::Equal | Comparison::IsNull, _) => push_new(&mut self.equals, term),
            (Comparison::AnyOf, _) => push_new(&mut self.any_of, term),
            (Comparison::Range, _) => push_new(&mut self.ranges, term),
            (Comparison::Prefix, _) => push_new(&mut self.prefixes, term),
            _ => {}
        }
    }

    /// The column a term is, if it is one.
    pub(super) fn column(&self, term: &Term) -> Option<&Column<'a>> {
        match term {
            Term::Column(name) => self.relation.column(name),
            Term::Expression(_) => None,
        }
    }
}

pub(super) fn push_new<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

fn is_searchable(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Equal | Comparison::AnyOf | Comparison::Range | Comparison::IsNull)
}

/// Distinct values of a term; an expression counts like a tenth of the rows.
pub(super) fn distinct(relation: &Relation<'_>, term: &Term) -> f64 {
    match term {
        Term::Column(name) => relation.column(name).map_or(1.0, Column::distinct),
        Term::Expression(_) => relation.rows * 0.1,
    }
}

/// A column behind a cast that changes nothing (`(status)::text` of a varchar) is that column.
fn plain(relation: &Relation<'_>, term: &Term) -> Term {
    let Term::Expression(text) = term else { return term.clone() };
    let Some(inner) = text.strip_suffix("::text").map(|t| t.trim_start_matches('(').trim_end_matches(')')) else { return term.clone() };
    let name = inner.trim_matches('"');
    match relation.column(name) {
        Some(column) if column.base_type == "character varying" => Term::Column(name.to_owned()),
        _ => term.clone(),
    }
}

/// The order wanted, up to the first term that no index can hold.
fn order_of(relation: &Relation<'_>, shape: &ScanShape) -> Vec<SortItem> {
    let items = shape.order_by.iter().map(|i| SortItem { term: plain(relation, &i.term), ..i.clone() });
    items.take_while(|i| may_be_key(relation, &i.term)).collect()
}

/// What stands for more than the row itself: aggregates, other statements, parameters, the clock.
const NOT_OF_THE_ROW: [&str; 16] = [
    "$",
    "SubPlan",
    "InitPlan",
    "sum(",
    "avg(",
    "count(",
    "min(",
    "max(",
    "array_agg(",
    "string_agg(",
    "rank(",
    "row_number(",
    "now()",
    "random()",
    "CURRENT_",
    "OVER (",
];

/// Whether a term can be a b-tree's key: a column of a type with an order, or an expression over the row alone.
pub(super) fn may_be_key(relation: &Relation<'_>, term: &Term) -> bool {
    match term {
        Term::Expression(text) => {
            !NOT_OF_THE_ROW.iter().any(|f| text.contains(f)) && relation.columns.iter().any(|c| text.contains(c.name))
        }
        Term::Column(name) => relation.column(name).is_some_and(|c| {
            c.array || !matches!(c.base_type.as_str(), "json" | "xml" | "point" | "box" | "polygon" | "circle" | "line" | "lseg" | "path")
        }),
    }
}

/// Whether what a condition compares with is written in the statement: then it is a decision of its developers, the same for
/// every call. A value that statistics or a parameter put there is not.
fn is_written(condition: &Condition, query: &WorkloadQuery) -> bool {
    match (&condition.with, condition.comparison) {
        (Operand::None, Comparison::IsNull | Comparison::IsNotNull | Comparison::Boolean) => true,
        (Operand::Constant(constant), _) => {
            let value = super::super::relation::bare(constant);
            let each = if value.starts_with('{') { super::super::relation::elements(&value) } else { vec![value] };
            !each.is_empty() && each.iter().all(|v| stands_in(&query.text, v))
        }
        _ => false,
    }
}

/// A server log holds statements with the values of real calls in them: there a constant counts as a decision only when the schema
/// knows it too (an enum's label, a check, a default, another index's predicate).
fn may_be_shown(relation: &Relation<'_>, condition: &Condition, query: &WorkloadQuery) -> bool {
    let (Operand::Constant(constant), QuerySource::Log { .. }, Term::Column(name)) = (&condition.with, &query.source, &condition.term)
    else {
        return true;
    };
    let value = super::super::relation::bare(constant);
    let each = if value.starts_with('{') { super::super::relation::elements(&value) } else { vec![value] };
    let column = relation.column(name);
    if column.is_some_and(|c| c.is_enum || c.base_type == "boolean") {
        return true;
    }
    let mut texts: Vec<&str> = relation.indexes.iter().filter_map(|i| i.predicate.as_deref()).collect();
    if let Some(table) = relation.table {
        texts.extend(table.constraints.iter().filter_map(|c| c.expression.as_deref()));
        texts.extend(table.column(name).and_then(|c| c.default.as_deref()));
    }
    each.iter().all(|v| texts.iter().any(|t| stands_in(t, v)))
}

fn stands_in(text: &str, value: &str) -> bool {
    let quoted = format!("'{}'", value.replace('\'', "''"));
    if text.contains(&quoted) {
        return true;
    }
    // Numbers and truth values stand there without quotes; letters of a text keep their case.
    let bare = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || c == '.') || matches!(value, "true" | "false");
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    bare && text.split(|c| !is_word(c)).any(|word| word.eq_ignore_ascii_case(value))
}
