//! `column/always-null`: see `always_null.md` for the rule's page.

use crate::columns;
use crate::figures::count;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/always-null",
    summary: "column without a single value",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("always_null.md"),
    check: Check::Stats(check),
};

/// Fewer rows prove little.
const FEWEST_ROWS: f64 = 10_000.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let enough = |t: &Table| context.rows(&t.name).is_some_and(|n| n >= FEWEST_ROWS);
    let empty = |t: &Table, c: &Column| {
        !c.not_null && c.generated.is_none() && stats.column(&t.name, &c.name).is_some_and(|s| s.null_fraction >= 1.0)
    };
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| enough(t) && empty(t, c));
    for (schema, columns) in &found {
        let why = "No row of the sample that ANALYZE took has a value there. Either nothing writes the column any more (or yet), and everybody who reads the table wonders what it is for, or something that \
                   should write it does not. A NULL costs next to no space; the price is paid by people.";
        let detail = |t: &Table, c: &Column| Some(format!("{}, {} rows", c.data_type, count(context.rows(&t.name).unwrap_or(0.0))));
        sink.report(columns::draft_with(schema, columns, ("is null in every row", "are null in every row"), why, &detail));
    }
}
