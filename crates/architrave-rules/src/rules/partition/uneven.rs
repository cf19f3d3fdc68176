//! `partition/uneven`: see `uneven.md` for the rule's page.

use crate::figures::percent;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::TableStats;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "partition/uneven",
    summary: "one partition with most of the rows",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Performance,
    docs: include_str!("uneven.md"),
    check: Check::Stats(check),
};

/// Smaller tables need no partitions.
const FEWEST_ROWS: f64 = 10_000_000.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_parent: BTreeMap<&QualifiedName, Vec<(&Table, f64)>> = BTreeMap::new();
    for partition in catalog.tables.iter().filter(|t| t.is_partition) {
        if let (Some(parent), Some(rows)) = (partition.parents.first(), stats.table(&partition.name).and_then(TableStats::row_estimate)) {
            by_parent.entry(parent).or_default().push((partition, rows));
        }
    }
    for (parent, partitions) in by_parent {
        let Some(table) = catalog.table_named(parent).filter(|t| scope.covers(&t.name.schema)) else { continue };
        // Ranges of time differ by nature: the newest is growing, old ones were thinned out.
        let spread = table.partitioning.as_ref().is_some_and(|p| !p.strategy.eq_ignore_ascii_case("range"));
        let total: f64 = partitions.iter().map(|(_, n)| n).sum();
        let Some((largest, rows)) = partitions.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        let fair = 1.0 / partitions.len() as f64;
        if !spread || partitions.len() < 3 || total < FEWEST_ROWS || rows / total < (5.0 * fair).max(0.6) {
            continue;
        }
        let definition = table.partitioning.as_ref().map_or_else(String::new, |p| p.definition.clone());
        let message =
            format!("{} holds {} of the rows of {parent}, one of {} partitions", largest.name, percent(rows / total), partitions.len());
        let why = format!(
            "The key, {definition}, does not divide the rows: one value, or a few, have most of them. That partition is as large to scan, to vacuum and to move as the whole table would be, and the others cost planning time."
        );
        sink.report(
            Draft::new(ObjectRef::table(parent), message, why)
                .evidence(format!("rows in {}", largest.name), *rows, "pg_class.reltuples")
                .evidence("rows in all partitions", total, "pg_class.reltuples")
                .place(ObjectRef::table(&largest.name), None),
        );
    }
}
