//! `relation/type-mismatch`: see `type_mismatch.md` for the rule's page.

use crate::figures::{by_size, count};
use crate::relations::Referrers;
use crate::retype::{Retype, Surroundings, fix, obstacles};
use architrave_model::catalog::{Column, Constraint, Reference, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

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

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut around = None;
    for table in Scope::of(catalog, context).tables() {
        for (key, reference) in table.foreign_keys().filter(|(k, _)| !k.inherited) {
            let Some(parent) = catalog.table_named(&reference.table) else { continue };
            for (from, to) in key.columns.iter().zip(&reference.columns) {
                let (Some(from), Some(to)) = (table.column(from), parent.column(to)) else { continue };
                let Some(mismatch) = mismatch(&from.data_type, &to.data_type) else { continue };
                let (referrers, around) = around.get_or_insert_with(|| (Referrers::of(catalog), Surroundings::of(catalog)));
                let draft = draft(context, table, (key, reference), (from, to), mismatch);
                sink.report(with_fix(around, context, referrers, (table, from, to), mismatch, draft));
            }
        }
    }
}

/// What the difference does.
#[derive(Clone, Copy, PartialEq)]
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

fn draft(
    context: &Context<'_>,
    table: &Table,
    (key, reference): (&Constraint, &Reference),
    (from, to): (&Column, &Column),
    mismatch: Mismatch,
) -> Draft {
    let message = format!(
        "{}.{} is {}, and {}.{} to which it refers is {}",
        table.name, from.name, from.data_type, reference.table, to.name, to.data_type
    );
    let rows = context.rows(&reference.table);
    let (why, severity) = match mismatch {
        Mismatch::Narrower if from.data_type.starts_with("character") => (
            "The parent may hold values that are too long for the column: a row that refers to one cannot be stored (value too long for type).".to_owned(),
            Severity::Info,
        ),
        Mismatch::Narrower => {
            let steps = [(1e8, Severity::High), (1e7, Severity::Medium)];
            let last = if from.data_type == "smallint" { f64::from(i16::MAX) } else { f64::from(i32::MAX) };
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
    let object = ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name);
    let draft = Draft::new(object, message, why)
        .severity(severity)
        .evidence(format!("type of {}.{}", table.name, from.name), from.data_type.as_str(), "pg_attribute")
        .evidence(format!("type of {}.{}", reference.table, to.name), to.data_type.as_str(), "pg_attribute");
    match rows {
        Some(rows) => draft.evidence(format!("rows in {}", reference.table), rows, "pg_class.reltuples"),
        None => draft,
    }
}

/// Widens the child, unless something hangs on its type or refers to it in turn.
fn with_fix(
    around: &Surroundings<'_>,
    context: &Context<'_>,
    referrers: &Referrers<'_>,
    (table, from, to): (&Table, &Column, &Column),
    mismatch: Mismatch,
    draft: Draft,
) -> Draft {
    let referred = referrers.to(&table.name).iter().any(|r| r.reference.columns.contains(&from.name));
    let kept = from.takes_from_sequence() || from.generated.is_some() || from.inherited || to.collation != from.collation;
    if mismatch != Mismatch::Narrower || referred || kept {
        return draft;
    }
    let blocked = obstacles(around, table, from, from.data_type.starts_with("character"));
    if !blocked.is_empty() {
        return draft.evidence("stands in the way of a change of type", crate::figures::list_of(&blocked, 5), "pg_depend");
    }
    let change = Retype { table, column: from, to: to.data_type.clone(), using: None, back_using: None, default: None, checks: Vec::new() };
    let mut fix = fix(around, context, format!("make {}.{} {}", table.name, from.name, to.data_type), &[change]);
    let text = from.data_type.starts_with("character");
    if text {
        fix.effect.rewrites = Vec::new();
        fix.effect.bytes = None;
    }
    fix.caution = Some(if text {
        "the lock is brief: a longer limit needs no rewrite".to_owned()
    } else {
        "rewrites the table with nobody reading or writing meanwhile: on a large one add a column, fill it in batches under a trigger, and swap".to_owned()
    });
    draft.fix(fix)
}
