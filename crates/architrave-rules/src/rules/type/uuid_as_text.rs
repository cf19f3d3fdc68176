//! `type/uuid-as-text`: see `uuid_as_text.md` for the rule's page.

use super::with_change;
use crate::columns;
use crate::relations::Referrers;
use crate::retype::{Retype, Surroundings};
use crate::samples::sampled;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/uuid-as-text",
    summary: "UUIDs in a text column",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Types,
    docs: include_str!("uuid_as_text.md"),
    check: Check::Catalog(check),
};

/// Fewer sample values decide nothing.
const FEWEST_VALUES: usize = 10;
/// From here on the bytes count.
const MANY_ROWS: f64 = 10_000_000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| holds_uuids(context, t, c));
    if found.is_empty() {
        return;
    }
    let (around, referrers) = (Surroundings::of(catalog), Referrers::of(catalog));
    for (schema, columns) in &found {
        let most = columns.iter().filter_map(|(t, _)| context.rows(&t.name)).fold(0.0, f64::max);
        let why = "A UUID takes 37 bytes as text and 16 as uuid, in the table and again in every index over it, and comparing text runs through the collation where uuid \
                   compares two words. Text accepts what is no UUID, and takes the same one in capitals for another.";
        let draft = columns::draft(schema, columns, ("holds UUIDs as text", "hold UUIDs as text"), why).severity(if most >= MANY_ROWS {
            Severity::Medium
        } else {
            RULE.severity
        });
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("make the UUIDs of schema {schema} uuid");
        let caution = "a value that is no UUID makes the change fail; programs that send text keep working where the driver sends untyped parameters; each table is rewritten under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, &referrers, c)));
    }
}

/// Made by a function that makes UUIDs, or nothing else among the sampled values.
fn holds_uuids(context: &Context<'_>, table: &Table, column: &Column) -> bool {
    if !columns::is_text(column) {
        return false;
    }
    if column.default.as_deref().is_some_and(|d| generator(d).is_some()) {
        return true;
    }
    let Some(stats) = context.stats.and_then(|s| s.column(&table.name, &column.name)) else { return false };
    if stats.average_width != 37 {
        return false;
    }
    let values = sampled(stats);
    values.len() >= FEWEST_VALUES && values.iter().all(|v| is_uuid(v))
}

/// The call in a default that makes a UUID and casts it to text.
fn generator(default: &str) -> Option<&str> {
    let (call, cast) = default.trim().rsplit_once("::")?;
    if !matches!(cast, "text" | "character varying" | "bpchar" | "character(36)" | "character varying(36)") {
        return None;
    }
    let mut call = call.trim();
    while let Some(inner) = call.strip_prefix('(').and_then(|c| c.strip_suffix(')')) {
        call = inner;
    }
    let function = call.strip_suffix("()")?.rsplit('.').next()?;
    matches!(function, "gen_random_uuid" | "uuid_generate_v4" | "uuid_generate_v1" | "uuid_generate_v1mc" | "uuidv4" | "uuidv7")
        .then_some(call)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.chars().enumerate().all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let name = quote_ident(&column.name);
    Retype {
        table,
        column,
        to: "uuid".into(),
        using: Some(format!("{name}::uuid")),
        back_using: Some(format!("{name}::{}", column.data_type)),
        default: column.default.as_deref().and_then(generator).map(str::to_owned),
        checks: Vec::new(),
    }
}

fn blocked(around: &Surroundings<'_>, referrers: &Referrers<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = super::blocked(around, change);
    let others = referrers.to(&table.name).iter().filter(|r| r.reference.columns.contains(&column.name)).map(|r| &r.key.name);
    found.extend(others.map(|name| format!("foreign key {name}")));
    found
}
