//! `type/timestamp-without-zone`: see `timestamp_without_zone.md` for the rule's page.

use super::with_change;
use crate::figures::{counted, list_of};
use crate::retype::{Retype, Surroundings, obstacles};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "type/timestamp-without-zone",
    summary: "point in time stored without time zone",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Types,
    docs: include_str!("timestamp_without_zone.md"),
    check: Check::Catalog(check),
};

/// A column with its table.
type Place<'a> = (&'a Table, &'a Column);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, (Vec<Place<'_>>, usize)> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let (without, with) = by_schema.entry(&table.name.schema).or_default();
        for column in table.columns.iter().filter(|c| !c.inherited) {
            match column.base_type().as_str() {
                "timestamp without time zone" if !is_local(&column.name) => without.push((table, column)),
                "timestamp with time zone" => *with += 1,
                _ => {}
            }
        }
    }
    let around = Surroundings::of(catalog);
    for (schema, (columns, with)) in by_schema.iter().filter(|(_, (columns, _))| !columns.is_empty()) {
        let draft = draft(context, schema, columns, *with);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(t, c)| retype(t, c)).collect();
        let title = format!("store the times of schema {schema} with time zone");
        let caution = "reads every stored value as UTC: make sure that this is what was written (the server's time zone at the time, if the default was now()); each table is rewritten \
                       under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

/// A wall-clock time by its name: opening hours, the local time of an event.
fn is_local(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("local") || name.contains("wall")
}

fn draft(context: &Context<'_>, schema: &str, columns: &[(&Table, &Column)], with: usize) -> Draft {
    let names: Vec<String> = columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
    let are = if columns.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {schema} {are} timestamp without time zone: {}",
        counted(columns.len(), "column of schema", "columns of schema"),
        list_of(&names, 3)
    );
    let now = columns.iter().filter(|(_, c)| c.default.as_deref().is_some_and(takes_session_time)).count();
    let mut why = "Such a value is what a clock showed somewhere: compared with now() it shifts by the session's offset, twice a year an hour exists twice or not at all, and two \
                   writers in two zones cannot be told apart."
        .to_owned();
    if now > 0 {
        why.extend([format!(" {} filled by now() in whatever zone the session has set.", counted(now, "of them is", "of them are"))]);
    }
    if with > 0 {
        why.extend([format!(
            " {} of this schema already have a time zone; mixing both kinds converts silently.",
            counted(with, "column", "columns")
        )]);
    }
    let days: Vec<String> = columns.iter().filter(|(_, c)| is_day(&c.name)).map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
    if !days.is_empty() {
        let kind = if days.len() == 1 { "is a day" } else { "are days" };
        why.extend([format!(
            " By name {} {kind} of the calendar: the fix makes date of it, which no zone shifts, and drops the time of day.",
            list_of(&days, 3)
        )]);
    }
    // Prisma writes UTC and reads UTC: consistent, as long as nobody else writes.
    let prisma = context.stack.named("Prisma").is_some() && with == 0;
    if prisma {
        why.push_str(" Prisma makes this type by default and always writes UTC, so the values agree as long as nothing else writes; `@db.Timestamptz` states it.");
    }
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(if prisma { Severity::Low } else { RULE.severity })
        .evidence("columns with time zone", with, "pg_attribute")
        .evidence("columns without", columns.len(), "pg_attribute");
    for (table, column) in columns {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
    }
    draft
}

/// `now()` and its like, cast to the session's zone when stored.
fn takes_session_time(default: &str) -> bool {
    let default = default.to_lowercase();
    let now = default.contains("now()") || default.contains("current_timestamp") || default.contains("localtimestamp");
    now && !is_utc_now(&default)
}

/// `timezone('utc', now())` and `now() at time zone 'utc'`.
fn is_utc_now(default: &str) -> bool {
    let default = default.to_lowercase();
    (default.contains("timezone(") || default.contains("at time zone")) && (default.contains("'utc'") || default.contains("'gmt'"))
}

/// A day of the calendar by its name: it has neither a time nor a zone.
fn is_day(name: &str) -> bool {
    let name = name.to_lowercase().replace('_', "");
    ["birthdate", "birthday", "dateofbirth", "hiredate", "dateofhire"].iter().any(|d| name.contains(d)) || name == "dob"
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    if is_day(&column.name) {
        let back = Some(format!("{}::timestamp", quote_ident(&column.name)));
        return Retype { table, column, to: "date".to_owned(), using: None, back_using: back, default: None, checks: Vec::new() };
    }
    let utc = format!("{} at time zone 'UTC'", quote_ident(&column.name));
    let now = column.default.as_deref().is_some_and(|d| takes_session_time(d) || is_utc_now(d));
    Retype {
        table,
        column,
        to: column.data_type.replace("without time zone", "with time zone"),
        using: Some(utc.clone()),
        back_using: Some(utc),
        default: now.then(|| "now()".to_owned()),
        checks: Vec::new(),
    }
}

fn blocked(around: &Surroundings<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = obstacles(around, table, column, true);
    if column.is_array() {
        found.push(format!("array column {}.{}", table.name, column.name));
    }
    let simple = |d: &str| change.default.is_some() || d.starts_with('\'') || d.to_lowercase().starts_with("null");
    if column.default.as_deref().is_some_and(|d| !simple(d)) {
        found.push(format!("the default of {}.{}", table.name, column.name));
    }
    found
}
