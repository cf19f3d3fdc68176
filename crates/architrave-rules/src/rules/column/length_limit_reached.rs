//! `column/length-limit-reached`: see `length_limit_reached.md` for the rule's page.

use crate::columns;
use crate::samples::sampled;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/length-limit-reached",
    summary: "text that ends where the limit of its column is",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("length_limit_reached.md"),
    check: Check::Stats(check),
};

/// Shorter limits are codes of a fixed length.
const SHORTEST_LIMIT: usize = 20;
/// Fewer sample values decide nothing.
const FEWEST_VALUES: usize = 20;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let reached = |t: &Table, c: &Column| {
        let Some(limit) = limit(&c.data_type).filter(|n| *n >= SHORTEST_LIMIT) else { return false };
        let values = stats.column(&t.name, &c.name).map(sampled).unwrap_or_default();
        let at = values.iter().filter(|v| v.chars().count() == limit).count();
        let near = values.iter().filter(|v| (limit - limit / 10..limit).contains(&v.chars().count())).count();
        // Values of one length have it by nature; a cut shows as a heap at the limit with nothing before it.
        values.len() >= FEWEST_VALUES && at >= 3 && at * 3 <= values.len() && near < at
    };
    let found = columns::by_schema(Scope::of(catalog, context), &reached);
    for (schema, columns) in &found {
        let why = "Several of the sampled values are exactly as long as the column allows, and hardly any a little shorter: somebody cuts what does not fit, or writes until the error comes. What was cut is lost. Raising the limit, or text \
                   with a check, changes the catalogue only, without rewriting the table.";
        let verbs = ("holds values that end at its limit", "hold values that end at their limit");
        sink.report(columns::draft(schema, columns, verbs, why));
    }
}

/// `n` of `character varying(n)`.
fn limit(data_type: &str) -> Option<usize> {
    data_type.strip_prefix("character varying(")?.strip_suffix(')')?.parse().ok()
}
