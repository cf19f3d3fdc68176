//! `column/status-unchecked`: see `status_unchecked.md` for the rule's page.

use crate::columns;
use crate::figures::count;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "column/status-unchecked",
    summary: "status column that takes any text",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("status_unchecked.md"),
    check: Check::Catalog(check),
};

/// More distinct values than this are no closed list.
const MOST_VALUES: f64 = 20.0;
/// With fewer rows a small number of values means nothing.
const FEWEST_ROWS: f64 = 1000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| is_open_status(context, t, c));
    for (schema, columns) in &found {
        let why = "The column holds one of a few states, and nothing says which: a misspelt one is stored like any other, and the row drops out of every query that asks for the right one. A check constraint, an \
                   enum or a table of states refuses it, and tells readers what can occur.";
        let verbs = ("holds a state, and takes any text", "hold a state, and take any text");
        let detail = |t: &Table, c: &Column| match context.stats.and_then(|s| s.column(&t.name, &c.name)) {
            Some(s) if s.distinct > 0.0 => Some(format!("{}, {} different values", c.data_type, count(s.distinct))),
            _ => Some(c.data_type.clone()),
        };
        sink.report(columns::draft_with(schema, columns, verbs, why, &detail));
    }
}

/// Called status or state, plain text without foreign key, check or domain, and a default or the statistics show a closed list.
fn is_open_status(context: &Context<'_>, table: &Table, column: &Column) -> bool {
    if !column.name.to_ascii_lowercase().contains("stat") {
        return false;
    }
    let words = words_of(&column.name);
    let state = words.last().is_some_and(|w| w == "status") || (words.len() == 1 && words.first().is_some_and(|w| w == "state"));
    if !state
        || !columns::is_text(column)
        || columns::refers(table, &column.name)
        || columns::checks_of(table, &column.name).next().is_some()
    {
        return false;
    }
    let measured = context
        .stats
        .and_then(|s| s.column(&table.name, &column.name))
        .filter(|_| context.rows(&table.name).is_some_and(|n| n >= FEWEST_ROWS));
    match measured {
        Some(s) => s.distinct >= 2.0 && s.distinct <= MOST_VALUES,
        None => column.default.as_deref().and_then(columns::literal).is_some_and(|d| !d.is_empty()),
    }
}
