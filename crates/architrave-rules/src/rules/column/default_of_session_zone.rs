//! `column/default-of-session-zone`: see `default_of_session_zone.md` for the rule's page.

use crate::columns;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "column/default-of-session-zone",
    summary: "default that depends on the time zone of whoever inserts",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("default_of_session_zone.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| follows_session(c));
    for (schema, columns) in &found {
        let why = "What day or what hour it is depends on where one asks: the default takes TimeZone of the inserting session, so that two programs write two dates for one moment, and a report for a day \
                   misses what came in around midnight. (now() at time zone 'UTC')::date says which place is meant.";
        let detail = |_: &Table, column: &Column| column.default.clone();
        let verbs = ("takes its default from the session's time zone", "take their default from the session's time zone");
        sink.report(columns::draft_with(schema, columns, verbs, why, &detail));
    }
}

fn follows_session(column: &Column) -> bool {
    if !matches!(column.base_type().as_str(), "date" | "time without time zone") || column.is_array() || column.generated.is_some() {
        return false;
    }
    let Some(default) = column.default.as_deref().map(str::to_lowercase) else { return false };
    let now = ["now()", "current_timestamp", "current_date", "current_time", "localtime", "clock_timestamp()"]
        .iter()
        .any(|f| default.contains(f));
    now && !default.contains("at time zone") && !default.contains("timezone(")
}
