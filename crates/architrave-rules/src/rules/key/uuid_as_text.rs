//! `key/uuid-as-text`: see `uuid_as_text.md` for the rule's page.

use crate::figures::{bytes, counted, list_of};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "key/uuid-as-text",
    summary: "key columns that hold UUIDs as text",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Types,
    docs: include_str!("uuid_as_text.md"),
    check: Check::Catalog(check),
};

/// Sampled values from which on all of them being UUIDs is no accident.
const FEWEST_VALUES: usize = 10;
/// A uuid takes 16 bytes; its text 36 and a length byte.
const TEXT_OVER_UUID: f64 = 21.0;

type Place<'a> = (&'a Table, &'a Column, &'static str);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let keys: BTreeSet<&str> = key_columns(table);
        for column in table.columns.iter().filter(|c| is_text(c) && !c.inherited && keys.contains(c.name.as_str())) {
            if let Some(evidence) = evidence(context, table, column) {
                by_schema.entry(&table.name.schema).or_default().push((table, column, evidence));
            }
        }
    }
    for (schema, places) in by_schema {
        sink.report(draft(context, schema, &places));
    }
}

/// Columns of the primary key and of foreign keys.
fn key_columns(table: &Table) -> BTreeSet<&str> {
    let own = table.primary_key().into_iter().flat_map(|k| &k.columns);
    own.chain(table.foreign_keys().flat_map(|(k, _)| &k.columns)).map(String::as_str).collect()
}

fn is_text(column: &Column) -> bool {
    !column.is_array() && matches!(column.base_type().as_str(), "text" | "character varying" | "character")
}

/// The default makes UUIDs, or all values that ANALYZE sampled are.
fn evidence(context: &Context<'_>, table: &Table, column: &Column) -> Option<&'static str> {
    let makes = |d: &str| ["gen_random_uuid()", "uuid_generate_v", "uuidv4()", "uuidv7()"].iter().any(|f| d.contains(f));
    if column.default.as_deref().is_some_and(makes) {
        // `'prefix_' || gen_random_uuid()` is no UUID.
        return column
            .default
            .as_deref()
            .is_some_and(|d| !d.contains("||") && !d.contains("replace(") && !d.contains("substr"))
            .then_some("default");
    }
    let sampled = context.stats?.column(&table.name, &column.name)?;
    let bounds = sampled.histogram_bounds.as_deref().or(sampled.most_common_values.as_deref())?;
    let values: Vec<&str> = bounds.trim_start_matches('{').trim_end_matches('}').split(',').collect();
    (values.len() >= FEWEST_VALUES && values.iter().all(|v| is_uuid(v))).then_some("sampled values")
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && value.char_indices().all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

fn draft(context: &Context<'_>, schema: &str, places: &[Place<'_>]) -> Draft {
    let names: Vec<String> = places.iter().map(|(t, c, _)| format!("{}.{}", t.name.name, c.name)).collect();
    let message = format!(
        "{} of schema {schema} {} UUIDs as text: {}",
        counted(places.len(), "key column", "key columns"),
        if places.len() == 1 { "holds" } else { "hold" },
        list_of(&names, 3)
    );
    let wasted: f64 = places.iter().filter_map(|(t, _, _)| context.rows(&t.name)).map(|n| n * TEXT_OVER_UUID).sum();
    let size = if wasted >= 1_048_576.0 {
        format!(" Here that is {} in the rows alone, and as much again in each index.", bytes(wasted as i64))
    } else {
        String::new()
    };
    let why = format!(
        "A uuid takes 16 bytes, its text 37: in the row, in every index, and once more in each table that refers to it. Text is compared by the rules of a collation where a uuid is compared bytewise, capital and small \
         letters make two keys of one, and nothing refuses what is no UUID at all.{size}"
    );
    let severity = if wasted >= 10_737_418_240.0 { Severity::Medium } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(severity);
    for (table, column, evidence) in places {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(format!("{}, by its {evidence}", column.data_type)));
    }
    draft
}
