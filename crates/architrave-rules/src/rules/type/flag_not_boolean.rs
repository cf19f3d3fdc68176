//! `type/flag-not-boolean`: see `flag_not_boolean.md` for the rule's page.

use crate::columns;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/flag-not-boolean",
    summary: "yes-or-no column that is not boolean",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Types,
    docs: include_str!("flag_not_boolean.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| is_flag(context, t, c));
    for (schema, columns) in &found {
        let why = "By its name the column answers yes or no, and its type takes other answers as well: 2, '?', an empty string. Every query has to know which of them mean yes; boolean knows two, takes one \
                   byte, and stands in WHERE by itself.";
        sink.report(columns::draft(schema, columns, ("is a flag, but no boolean", "are flags, but no booleans"), why));
    }
}

/// Named like a question, of a type with room for two answers, no default or check that says more.
fn is_flag(context: &Context<'_>, table: &Table, column: &Column) -> bool {
    let narrow = matches!(column.data_type.as_str(), "smallint" | "integer" | "character(1)" | "character varying(1)" | "bit(1)");
    if !narrow || columns::refers(table, &column.name) || columns::is_key(table, &column.name) {
        return false;
    }
    let words = words_of(&column.name);
    let asks = words.len() > 1 && words.first().is_some_and(|w| matches!(w.as_str(), "is" | "has" | "can"));
    let told = columns::checks_of(table, &column.name).next().is_some();
    let default = column.default.as_deref().map(|d| columns::literal(d).unwrap_or_else(|| d.to_owned()));
    let two = default.is_none_or(|d| matches!(d.to_lowercase().as_str(), "0" | "1" | "y" | "n" | "t" | "f" | "j"));
    let many = context.stats.and_then(|s| s.column(&table.name, &column.name)).is_some_and(|s| s.distinct < 0.0 || s.distinct > 2.0);
    asks && !told && two && !many
}
