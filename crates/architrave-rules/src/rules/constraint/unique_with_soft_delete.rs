//! `constraint/unique-with-soft-delete`: see `unique_with_soft_delete.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::list;
use crate::statements::{Names, columns_sql, lock};
use architrave_model::catalog::{Column, Index, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "constraint/unique-with-soft-delete",
    summary: "unique constraint that ends with deleted_at and so forbids nothing among live rows",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("unique_with_soft_delete.md"),
    check: Check::Catalog(check),
};

/// Null as long as the row lives.
const MARKS: &[&str] = &[
    "archived_at",
    "archivedat",
    "date_deleted",
    "deleted",
    "deleted_at",
    "deleted_on",
    "deletedat",
    "disabled_at",
    "discarded_at",
    "removed_at",
    "removedat",
    "trashed_at",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    for table in Scope::of(catalog, context).tables() {
        for index in table.indexes.iter().filter(|i| i.unique && i.is_complete() && !i.nulls_not_distinct && i.keys.len() > 1) {
            let Some(mark) = index.leading_columns().filter_map(|c| table.column(c)).find(|c| is_mark(c)) else { continue };
            let rest: Vec<String> = index.keys.iter().filter_map(|k| k.column.clone()).filter(|c| *c != mark.name).collect();
            if rest.len() + 1 != index.keys.len() || guarded(table, &rest, &mark.name) {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            let draft = draft(table, index, mark, &rest);
            sink.report(if table.kind == TableKind::Ordinary { draft.fix(fix(names, context, table, mark, &rest)) } else { draft });
        }
    }
}

/// Nullable time of deletion.
pub(super) fn is_mark(column: &Column) -> bool {
    let time = column.base_type().starts_with("timestamp") || column.data_type == "date";
    !column.not_null && time && MARKS.contains(&column.name.to_lowercase().as_str())
}

/// Something else keeps live rows apart: a unique index over some of the columns, complete or among the live; or one among the live that takes some
/// of the columns and others, and so tells what is meant to be unique.
fn guarded(table: &Table, rest: &[String], mark: &str) -> bool {
    let meant = |i: &Index| {
        i.predicate.as_deref().is_some_and(|p| mentions(p, mark))
            && i.keys.iter().any(|k| k.column.as_ref().is_some_and(|c| rest.contains(c)))
    };
    if table.indexes.iter().any(|i| i.unique && i.valid && meant(i)) {
        return true;
    }
    let within = |i: &Index| i.keys.iter().all(|k| k.column.as_ref().is_some_and(|c| rest.contains(c)) || k.expression.is_some());
    let live = |i: &Index| i.predicate.as_deref().is_none_or(|p| mentions(p, mark));
    table.indexes.iter().any(|i| i.unique && i.valid && within(i) && live(i))
}

fn draft(table: &Table, index: &Index, mark: &Column, rest: &[String]) -> Draft {
    let (kind, name) = match &index.constraint {
        Some(name) => (ObjectKind::Constraint, name),
        None => (ObjectKind::Index, &index.name),
    };
    let message = format!("{name} on {}: rows with {} null may repeat ({})", table.name, mark.name, rest.join(", "));
    let why = format!(
        "Two nulls are not equal to a unique constraint. As long as {} is null, which it is in every live row, any number of rows with the same {} are accepted; only two rows deleted at the same instant collide. What was \
         meant is a partial index: unique among the live.",
        mark.name,
        list(rest)
    );
    Draft::new(ObjectRef::in_table(kind, &table.name, name), message, why)
        .evidence(format!("definition of {}", index.name), index.definition.as_str(), "pg_index")
        .evidence(format!("{} may be null", mark.name), true, "pg_attribute.attnotnull")
}

fn fix(names: &mut Names<'_>, context: &Context<'_>, table: &Table, mark: &Column, rest: &[String]) -> Fix {
    let name = names.free(&table.name.schema, &table.name.name, rest, "live_key");
    let (sql, columns, quoted) = (table.name.sql(), columns_sql(rest), quote_ident(&mark.name));
    Fix {
        title: format!("make ({}) unique among the live rows of {}", rest.join(", "), table.name),
        up: vec![format!("create unique index concurrently {} on {sql} ({columns}) where {quoted} is null", quote_ident(&name))],
        down: vec![format!("drop index concurrently {}", QualifiedName::new(&table.name.schema, &name).sql())],
        transactional: false,
        effect: Effect {
            locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")],
            scans: vec![table.name.to_string()],
            bytes: context.rows(&table.name).map(|rows| (rows * (12.0 + 8.0 * rest.len() as f64) / 0.9) as i64),
            ..Effect::default()
        },
        caution: Some(format!(
            "fails where live rows repeat already: look first (select {columns}, count(*) from {sql} where {quoted} is null group by {columns} having count(*) > 1); the old constraint may go once nothing names it in ON CONFLICT"
        )),
    }
}
