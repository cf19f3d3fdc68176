//! `relation/type-mismatch`: see `type_mismatch.md` for the rule's page.

use crate::figures::{by_size, count, counted, list_of};
use crate::relations::Referrers;
use crate::retype::{Retype, Surroundings, fix, obstacles};
use architrave_model::catalog::{Column, Constraint, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "relation/type-mismatch",
    summary: "foreign key column of another type than the key it refers to",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Types,
    docs: include_str!("type_mismatch.md"),
    check: Check::Catalog(check),
};

/// A referring column with its table and the foreign key.
type Child<'a> = (&'a Table, &'a Column, &'a Constraint);

/// The referenced column and what the difference does: one cause, however many columns refer to it.
type Cause<'a> = (&'a QualifiedName, &'a str, Mismatch);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut causes: BTreeMap<Cause<'_>, Vec<Child<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        for (key, reference) in table.foreign_keys().filter(|(k, _)| !k.inherited) {
            let Some(parent) = catalog.table_named(&reference.table) else { continue };
            for (from, to) in key.columns.iter().zip(&reference.columns) {
                let (Some(from), Some(to)) = (table.column(from), parent.column(to)) else { continue };
                let Some(mismatch) = mismatch(&from.data_type, &to.data_type) else { continue };
                let children = causes.entry((&parent.name, to.name.as_str(), mismatch)).or_default();
                if !children.iter().any(|(t, c, _)| t.name == table.name && c.name == from.name) {
                    children.push((table, from, key));
                }
            }
        }
    }
    if causes.is_empty() {
        return;
    }
    let (referrers, around) = (Referrers::of(catalog), Surroundings::of(catalog));
    for ((parent, to, mismatch), children) in causes {
        let Some(to) = catalog.table_named(parent).and_then(|t| t.column(to)) else { continue };
        let draft = draft(context, (parent, to), &children, mismatch);
        sink.report(with_fix(&around, context, &referrers, (parent, to), &children, mismatch, draft));
    }
}

/// What the difference does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mismatch {
    /// The child ends before the parent does.
    Narrower,
    /// PostgreSQL compares after a cast, which no index of the child is in the order of.
    Cast,
}

/// None where the difference costs nothing: a wider integer, text beside varchar, an unknown or user-defined type.
fn mismatch(from: &str, to: &str) -> Option<Mismatch> {
    let integer = |t: &str| ["smallint", "integer", "bigint"].iter().position(|i| *i == t);
    match (integer(from), integer(to)) {
        (Some(from), Some(to)) => return (from < to).then_some(Mismatch::Narrower),
        (Some(_), None) if to.starts_with("numeric") => return Some(Mismatch::Cast),
        (None, Some(_)) if from.starts_with("numeric") => return Some(Mismatch::Cast),
        _ => {}
    }
    let length = |t: &str| t.strip_prefix("character varying(")?.strip_suffix(')')?.parse::<u32>().ok();
    match (length(from), length(to)) {
        (Some(from), Some(to)) if from < to => Some(Mismatch::Narrower),
        (Some(_), None) if to == "text" || to == "character varying" => Some(Mismatch::Narrower),
        _ => None,
    }
}

fn draft(context: &Context<'_>, (parent, to): (&QualifiedName, &Column), children: &[Child<'_>], mismatch: Mismatch) -> Draft {
    let named: Vec<String> = children.iter().map(|(t, c, _)| format!("{}.{} ({})", t.name, c.name, c.data_type)).collect();
    let message = format!(
        "{} to {parent}.{} ({}) {} of another type: {}",
        counted(children.len(), "column that refers", "columns that refer"),
        to.name,
        to.data_type,
        if children.len() == 1 { "is" } else { "are" },
        list_of(&named, 3)
    );
    let rows = context.rows(parent);
    let (why, severity) = match mismatch {
        Mismatch::Narrower if to.data_type.starts_with("character") || to.data_type == "text" => (
            "The parent may hold values that are too long for the column: a row that refers to one cannot be stored (value too long for type).".to_owned(),
            Severity::Info,
        ),
        Mismatch::Narrower => {
            let steps = [(1e8, Severity::High), (1e7, Severity::Medium)];
            let small = children.iter().any(|(_, c, _)| c.data_type == "smallint");
            let last = if small { f64::from(i16::MAX) } else { f64::from(i32::MAX) };
            let text = format!(
                "The parent's keys go on past {} and the column does not: from then on no row can refer to a new parent (integer out of range), although the parent was widened to avoid just that.",
                count(last)
            );
            (text, by_size(rows, RULE.severity, &steps, RULE.severity))
        }
        Mismatch::Cast => (
            "The two types have no comparison of their own, so PostgreSQL casts the integer to numeric: an index on the integer side cannot be used for the join, nor, where that side is the child, for the check that each delete \
             of a parent makes."
                .to_owned(),
            Severity::Medium,
        ),
    };
    let mut draft = Draft::new(ObjectRef::column(parent, &to.name), message, why).severity(severity).evidence(
        format!("type of {parent}.{}", to.name),
        to.data_type.as_str(),
        "pg_attribute",
    );
    for (table, column, key) in children {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(format!("{}, by {}", column.data_type, key.name)));
    }
    match rows {
        Some(rows) => draft.evidence(format!("rows in {parent}"), rows, "pg_class.reltuples"),
        None => draft,
    }
}

/// Widens the children, unless something hangs on their types or refers to them in turn.
fn with_fix(
    around: &Surroundings<'_>,
    context: &Context<'_>,
    referrers: &Referrers<'_>,
    (parent, to): (&QualifiedName, &Column),
    children: &[Child<'_>],
    mismatch: Mismatch,
    draft: Draft,
) -> Draft {
    let text = to.data_type.starts_with("character") || to.data_type == "text";
    let fixed = |(table, from, _): &Child<'_>| {
        let referred = referrers.to(&table.name).iter().any(|r| r.reference.columns.contains(&from.name));
        referred || from.takes_from_sequence() || from.generated.is_some() || from.inherited || to.collation != from.collation
    };
    if mismatch != Mismatch::Narrower || children.iter().any(fixed) {
        return draft;
    }
    let mut blocked: Vec<String> = children.iter().flat_map(|(t, c, _)| obstacles(around, t, c, text)).collect();
    blocked.sort();
    blocked.dedup();
    if !blocked.is_empty() {
        return draft.evidence("stands in the way of a change of type", list_of(&blocked, 5), "pg_depend");
    }
    let changes: Vec<Retype<'_>> = children
        .iter()
        .map(|(table, column, _)| Retype {
            table,
            column,
            to: to.data_type.clone(),
            using: None,
            back_using: None,
            default: None,
            checks: Vec::new(),
        })
        .collect();
    let mut fix = fix(around, context, format!("make what refers to {parent}.{} {}", to.name, to.data_type), &changes);
    if text {
        fix.effect.rewrites = Vec::new();
        fix.effect.bytes = None;
    }
    fix.caution = Some(if text {
        "the lock is brief: a longer limit needs no rewrite".to_owned()
    } else {
        "rewrites each table named with nobody reading or writing meanwhile: on a large one add a column, fill it in batches under a trigger, and swap".to_owned()
    });
    draft.fix(fix)
}
