//! `partition/range-runs-out`: see `range_runs_out.md` for the rule's page.

use crate::figures::duration;
use crate::statistics::DAY;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "partition/range-runs-out",
    summary: "partitions that end soon, or have ended",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("range_runs_out.md"),
    check: Check::Stats(check),
};

/// Seconds ahead for which partitions should be there.
const AHEAD: f64 = 7.0 * DAY;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_parent: BTreeMap<&QualifiedName, Vec<&Table>> = BTreeMap::new();
    for partition in catalog.tables.iter().filter(|t| t.is_partition) {
        if let Some(parent) = partition.parents.first() {
            by_parent.entry(parent).or_default().push(partition);
        }
    }
    for (parent, partitions) in by_parent {
        let Some(table) = catalog.table_named(parent).filter(|t| scope.covers(&t.name.schema)) else { continue };
        let by_time = table.partitioning.as_ref().is_some_and(|p| p.strategy.eq_ignore_ascii_case("range") && p.columns.len() == 1);
        let key = table.partitioning.as_ref().and_then(|p| table.column(p.columns.first()?));
        if !by_time || !key.is_some_and(|c| c.base_type().starts_with("timestamp") || c.base_type() == "date") {
            continue;
        }
        report(stats, context, table, &partitions, sink);
    }
}

fn report(stats: &Stats, context: &Context<'_>, table: &Table, partitions: &[&Table], sink: &mut Sink<'_>) {
    let bounds: Vec<&str> = partitions.iter().filter_map(|p| p.partition_bound.as_deref()).collect();
    let default = bounds.contains(&"DEFAULT");
    let ends: Vec<Option<(f64, &str)>> = bounds.iter().filter(|b| **b != "DEFAULT").map(|b| end_of(b)).collect();
    // Not read: MAXVALUE, or a form that is not known.
    let Some(ends) = ends.into_iter().collect::<Option<Vec<_>>>() else { return };
    let Some((end, day)) = ends.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    // What took no row since the reset is history, and ends where it ends.
    let written: i64 = partitions.iter().filter_map(|p| stats.table(&p.name)).map(|t| t.inserted).sum();
    let left = end - context.now;
    if left > AHEAD || written == 0 {
        return;
    }
    let state = if left <= 0.0 { format!("ended {} ago", duration(-left)) } else { format!("end in {}", duration(left)) };
    let message = format!("the partitions of {} {state}, on {day}", table.name);
    let then = if default {
        "later rows go into the default partition, from which they have to be moved before a partition for them can be made"
    } else {
        "every INSERT of a later row fails: no partition of relation found for row"
    };
    let why = format!("The last partition ends there, and {then}. Make them some periods ahead, by a scheduled job that somebody watches.");
    let severity = match (left <= 0.0, default) {
        (true, false) => Severity::High,
        (true, true) | (false, false) => Severity::Medium,
        (false, true) => Severity::Low,
    };
    sink.report(
        Draft::new(ObjectRef::table(&table.name), message, why)
            .severity(severity)
            .evidence("end of the last partition", day.to_owned(), "pg_get_expr(relpartbound)")
            .evidence("partitions", partitions.len(), "pg_inherits")
            .evidence("default partition", default, "pg_get_expr(relpartbound)")
            .evidence("rows inserted since the reset", written, "pg_stat_user_tables.n_tup_ins"),
    );
}

/// The upper bound as unix seconds, midnight UTC of its day, and the day as written.
fn end_of(bound: &str) -> Option<(f64, &str)> {
    let (_, upper) = bound.split_once(") TO ('")?;
    let day = upper.get(..10)?;
    let mut parts = day.split('-');
    let (year, month, date) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    // Days from the civil calendar, with years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + date - 1 - 719_468;
    Some((days as f64 * DAY, day))
}
