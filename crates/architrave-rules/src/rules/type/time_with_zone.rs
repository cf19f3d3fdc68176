//! `type/time-with-zone`: see `time_with_zone.md` for the rule's page.

use super::{blocked, with_change};
use crate::columns;
use crate::retype::{Retype, Surroundings};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/time-with-zone",
    summary: "time of day with an offset but no date",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("time_with_zone.md"),
    check: Check::Catalog(check),
};

const WHY: &str = "An offset without a date is no time zone: 09:00+01 is eight in UTC all year, while the clocks of the place move in summer. 09:00+01 and 10:00+02 are the same moment of the day in UTC and not equal. PostgreSQL has the type because the standard demands it.";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|_, c| c.base_type() == "time with time zone");
    if found.is_empty() {
        return;
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in &found {
        let draft = columns::draft(schema, columns, ("is time with time zone", "are time with time zone"), WHY);
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("drop the offset from the times of day of schema {schema}");
        let caution = "the offset of every stored value is lost: keep the zone's name in a column of its own where places differ, or timestamptz where a moment is meant; each table is rewritten under \
                       an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let to = column.data_type.replacen(" with time zone", " without time zone", 1);
    Retype { table, column, to, using: None, back_using: None, default: None, checks: Vec::new() }
}
