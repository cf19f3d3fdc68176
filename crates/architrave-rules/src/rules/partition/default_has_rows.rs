//! `partition/default-has-rows`: see `default_has_rows.md` for the rule's page.

use crate::figures::{by_size, count};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "partition/default-has-rows",
    summary: "default partition that holds rows",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("default_has_rows.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for partition in catalog.tables.iter().filter(|t| t.is_partition && t.partition_bound.as_deref() == Some("DEFAULT")) {
        let Some(parent) = partition.parents.first().and_then(|p| catalog.table_named(p)).filter(|p| scope.covers(&p.name.schema)) else {
            continue;
        };
        let Some(measured) = stats.table(&partition.name) else { continue };
        let rows = measured.row_estimate().unwrap_or(0.0);
        // A list with a catch-all is a design; a range is what rows are moved out of.
        let range = parent.partitioning.as_ref().is_some_and(|p| p.strategy.eq_ignore_ascii_case("range"));
        if rows < 1.0 || !range {
            continue;
        }
        let message = format!("{}, the default partition of {}, holds {} rows", partition.name, parent.name, count(rows));
        let why = "No partition was there for them. Each new partition has to be checked against every row of the default one, under an exclusive lock on it, and is refused when a row belongs into the new range; the rows are not found \
                   by pruning, and do not go when old partitions are dropped.";
        let steps = [(10_000_000.0, Severity::High), (1000.0, Severity::Medium)];
        sink.report(
            Draft::new(ObjectRef::table(&partition.name), message, why)
                .severity(by_size(Some(rows), RULE.severity, &steps, Severity::Low))
                .evidence(format!("rows in {}", partition.name), rows, "pg_class.reltuples")
                .evidence("bytes", measured.total_bytes().unwrap_or(0), "pg_total_relation_size"),
        );
    }
}
