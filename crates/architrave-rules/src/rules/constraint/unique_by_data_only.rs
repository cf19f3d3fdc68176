//! `constraint/unique-by-data-only`: see `unique_by_data_only.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::{count, counted, list_of};
use architrave_model::catalog::{Column, Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::ColumnStats;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "constraint/unique-by-data-only",
    summary: "column that names its row, never repeats, and has no unique constraint",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("unique_by_data_only.md"),
    check: Check::Stats(check),
};

/// Fewer rows prove nothing about the next one.
const FEWEST_ROWS: f64 = 10_000.0;
/// What by its name identifies a row; a hash, a text or a time that happens to be unique does not.
const IDENTIFIES: &[&str] = &[
    "api_key",
    "ean",
    "email",
    "email_address",
    "external_id",
    "guid",
    "iban",
    "invoice_number",
    "isbn",
    "order_number",
    "public_id",
    "serial_number",
    "sku",
    "slug",
    "ssn",
    "token",
    "username",
    "uuid",
    "vat_number",
];

type Place<'a> = (&'a Table, &'a Column, f64);

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(rows) = context.rows(&table.name).filter(|n| *n >= FEWEST_ROWS) else { continue };
        for column in table.columns.iter().filter(|c| IDENTIFIES.contains(&c.name.to_lowercase().as_str())) {
            let repeats = stats.column(&table.name, &column.name).is_none_or(|s| !never_repeats(s));
            if repeats || is_constrained(table, &column.name) {
                continue;
            }
            by_schema.entry(&table.name.schema).or_default().push((table, column, rows));
        }
    }
    for (schema, places) in by_schema {
        sink.report(draft(schema, &places));
    }
}

/// As many distinct values as rows that have one.
fn never_repeats(measured: &ColumnStats) -> bool {
    measured.distinct < 0.0 && -measured.distinct >= 1.0 - measured.null_fraction - 1e-6 && measured.null_fraction < 0.9
}

/// Any unique index that has the column (alone, within a tenant, as lower(…), among some rows), or a foreign key.
fn is_constrained(table: &Table, column: &str) -> bool {
    let unique = table.indexes.iter().filter(|i| i.unique || i.exclusion).any(|i| {
        i.keys.iter().any(|k| k.column.as_deref() == Some(column) || k.expression.as_deref().is_some_and(|e| mentions(e, column)))
    });
    unique || table.foreign_keys().any(|(k, _)| k.columns.iter().any(|c| c == column))
}

fn draft(schema: &str, places: &[Place<'_>]) -> Draft {
    let names: Vec<String> = places.iter().map(|(t, c, _)| format!("{}.{}", t.name.name, c.name)).collect();
    let one = places.len() == 1;
    let message = format!(
        "{} of schema {schema} never {} and {} no unique constraint: {}",
        counted(places.len(), "column", "columns"),
        if one { "repeats" } else { "repeat" },
        if one { "has" } else { "have" },
        list_of(&names, 3)
    );
    let why = "By its name such a column identifies the row, and in the sample that ANALYZE took no value came twice. Nothing keeps it so: two requests at the same time both find the value free and both insert it, and a lookup that \
               expects one row finds two."
        .to_owned();
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("columns", places.len(), "pg_stats.n_distinct");
    for (table, column, rows) in places {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(format!("{} rows", count(*rows))));
    }
    draft
}
