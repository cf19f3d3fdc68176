//! `column/single-value`: see `single_value.md` for the rule's page.

use crate::columns;
use crate::figures::count;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/single-value",
    summary: "column with one and the same value in every row",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("single_value.md"),
    check: Check::Stats(check),
};

/// Fewer rows prove little.
const FEWEST_ROWS: f64 = 100_000.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let enough = |t: &Table| context.rows(&t.name).is_some_and(|n| n >= FEWEST_ROWS);
    let one = |t: &Table, c: &Column| {
        let same = stats.column(&t.name, &c.name).is_some_and(|s| (0.5..1.5).contains(&s.distinct) && s.null_fraction <= 0.0);
        same && c.base_type() != "boolean" && c.generated.is_none() && !columns::refers(t, &c.name) && !columns::is_key(t, &c.name)
    };
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| enough(t) && one(t, c));
    for (schema, columns) in &found {
        let bytes: f64 = columns
            .iter()
            .filter_map(|(t, c)| Some(context.rows(&t.name)? * f64::from(stats.column(&t.name, &c.name)?.average_width)))
            .sum();
        let why = "Every row of the sample that ANALYZE took says the same, so the column tells nothing: no query is narrowed by it and no index over it is of use. Mostly it is a plan for later, or a program \
                   that writes a constant where it should write what it knows.";
        let detail = |t: &Table, c: &Column| Some(format!("{}, {} rows", c.data_type, count(context.rows(&t.name).unwrap_or(0.0))));
        let draft =
            columns::draft_with(schema, columns, ("has the same value in every row", "have the same value in every row"), why, &detail);
        sink.report(draft.evidence("bytes of these values", bytes.floor(), "pg_stats.avg_width"));
    }
}
