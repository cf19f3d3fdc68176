//! `partition/large-table-whole`: see `large_table_whole.md` for the rule's page.

use crate::figures::{bytes, count};
use architrave_model::catalog::TableKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "partition/large-table-whole",
    summary: "very large table in one piece that rows are deleted from",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Scaling,
    docs: include_str!("large_table_whole.md"),
    check: Check::Stats(check),
};

/// Bytes from which on partitions are worth their trouble: 100 GiB.
const LARGE: i64 = 100 << 30;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary && t.parents.is_empty()) {
        let Some(measured) = stats.table(&table.name) else { continue };
        let Some(size) = measured.total_bytes().filter(|b| *b >= LARGE) else { continue };
        let time = table.columns.iter().find(|c| c.not_null && (c.base_type().starts_with("timestamp") || c.base_type() == "date"));
        // Retention shows as deletes beside inserts: that is what dropping partitions replaces.
        let retention = measured.inserted > 0 && measured.deleted as f64 >= 0.1 * measured.inserted as f64;
        let Some(time) = time.filter(|_| retention) else { continue };
        let rows = measured.row_estimate().unwrap_or(0.0);
        let message = format!(
            "{} is {} in one piece, with {} rows deleted for {} inserted",
            table.name,
            bytes(size),
            count(measured.deleted as f64),
            count(measured.inserted as f64)
        );
        let why = format!(
            "Rows come and go at this size, and each row that goes is written to the WAL, left to vacuum and kept as a hole. Partitions by range of {} turn that into dropping a table. Vacuum, an index build and a dump work on one piece of \
             {} until then, one process at a time for the heap.",
            time.name,
            bytes(size)
        );
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .severity(if size >= 10 * LARGE { Severity::Medium } else { RULE.severity })
                .evidence("bytes", size, "pg_total_relation_size")
                .evidence("rows", rows, "pg_class.reltuples")
                .evidence("rows deleted since the reset", measured.deleted, "pg_stat_user_tables.n_tup_del")
                .evidence("rows inserted since the reset", measured.inserted, "pg_stat_user_tables.n_tup_ins"),
        );
    }
}
