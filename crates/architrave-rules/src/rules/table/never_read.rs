//! `table/never-read`: see `never_read.md` for the rule's page.

use crate::figures::{bytes, count, duration};
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::TableKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "table/never-read",
    summary: "table that nothing has read for weeks",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("never_read.md"),
    check: Check::Stats(check),
};

/// Counters younger than this prove nothing: a monthly job has run.
const YOUNGEST: f64 = 35.0 * DAY;
/// Smaller tables are not worth anybody's time: 10 MiB.
const SMALLEST: i64 = 10 << 20;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(age) = counting_since(stats, context) else {
        return sink.not_checked("when the counters were reset is not known");
    };
    if age < YOUNGEST {
        return sink.not_checked(format!("the counters cover {} only; five weeks are the least", duration(age)));
    }
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(measured) = stats.table(&table.name) else { continue };
        let size = measured.total_bytes().unwrap_or(0);
        // Reading by an index of a unique key while rows are inserted is not counted; a scan by pg_dump is.
        if measured.seq_scans + measured.index_scans > 0 || size < SMALLEST {
            continue;
        }
        let written = measured.writes();
        let state = if written > 0 {
            format!("while {} row changes were written to it", count(written as f64))
        } else {
            "nor written to".to_owned()
        };
        let message = format!("{} was not read in {}, {state}, {}", table.name, duration(age), bytes(size));
        let standbys = stats.replication.len();
        let but = if standbys > 0 { " Standbys count their own reads, and some follow this server." } else { "" };
        let why = format!(
            "No query, no foreign key and not even pg_dump has looked at one of its rows in the {} that the counters cover. It takes {} here and in every backup, and vacuum has to keep it from wraparound.{but}",
            duration(age),
            bytes(size)
        );
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .severity(if size >= 10 << 30 { Severity::Medium } else { RULE.severity })
                .evidence("scans", 0_usize, "pg_stat_user_tables.seq_scan, idx_scan")
                .evidence("rows written", written, "pg_stat_user_tables")
                .evidence("days covered by the counters", (age / DAY).floor(), "pg_stat_database.stats_reset")
                .evidence("bytes", size, "pg_total_relation_size"),
        );
    }
}
