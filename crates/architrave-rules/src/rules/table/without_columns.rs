//! `table/without-columns`: see `without_columns.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/without-columns",
    summary: "table that cannot hold a fact",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("without_columns.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.parents.is_empty() && t.partitioning.is_none()) {
        let message = match table.columns.as_slice() {
            [] => format!("{} has no columns", table.name),
            [only] if only.takes_from_sequence() => format!("{} has no column but its generated {}", table.name, only.name),
            _ => continue,
        };
        let why =
            "A row of it tells nothing but that it is there. Either columns were forgotten or taken away, or the table is a leftover.";
        sink.report(Draft::new(ObjectRef::table(&table.name), message, why).evidence("columns", table.columns.len(), "pg_attribute"));
    }
}
