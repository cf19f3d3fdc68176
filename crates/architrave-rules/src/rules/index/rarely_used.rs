//! `index/rarely-used`: see `rarely_used.md` for the rule's page.

use crate::figures::{bytes, count, duration};
use crate::leans::{inserts_seen, is_free};
use crate::relations::{Indexed, indexed};
use crate::statements::drop_index;
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::{IndexStats, TableStats};
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/rarely-used",
    summary: "index that is written far more often than it is read",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("rarely_used.md"),
    check: Check::Stats(check),
};

/// Counters younger than this miss whatever runs once a month.
const YOUNGEST: f64 = 30.0 * DAY;
/// Smaller indexes are not worth anybody's time: 16 MiB.
const SMALLEST: i64 = 16 << 20;
/// New entries per scan from which on keeping the index costs more than it can save: a scan saves a read of the table at most, which the
/// further condition on the size of the table bounds.
const ENTRIES_PER_SCAN: f64 = 100_000.0;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(age) = counting_since(stats, context) else {
        return sink.not_checked("when the counters were reset is not known");
    };
    if age < YOUNGEST {
        return sink.not_checked(format!("the counters cover {} only; 30 days are the least", duration(age)));
    }
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        let Some(table) = stats.table(of.name) else { continue };
        let entries = new_entries(table);
        if entries < ENTRIES_PER_SCAN {
            continue;
        }
        for index in of.indexes.iter().filter(|i| i.method != "brin" && i.predicate.is_none()) {
            let Some(used) = stats.index(&of.name.schema, &index.name) else { continue };
            let size = used.bytes.unwrap_or(0);
            let rare = used.scans > 0 && used.scans as f64 <= age / DAY && entries / used.scans as f64 >= ENTRIES_PER_SCAN;
            let young = inserts_seen(index, used, table).is_some_and(|seen| seen < 0.5);
            if rare && !young && size >= SMALLEST && is_free(&of, index) {
                sink.report(draft(&of, index, used, (entries, size, age)));
            }
        }
    }
}

/// Entries that every complete index of the table got: inserts, and updates that were not heap-only.
fn new_entries(table: &TableStats) -> f64 {
    (table.inserted + (table.updated - table.hot_updated).max(0)) as f64
}

fn draft(of: &Indexed<'_>, index: &Index, used: &IndexStats, (entries, size, age): (f64, i64, f64)) -> Draft {
    let scans = used.scans as f64;
    let message = format!(
        "{} on {} was scanned {} times in {} and got {} entries, {}",
        index.name,
        of.name,
        count(scans),
        duration(age),
        count(entries),
        bytes(size)
    );
    let why = format!(
        "For every scan the index was written {} times, each with its share of WAL, cache and vacuum. What runs less than once a day may be served by reading the table, by a partial \
         index over the rows it wants, or elsewhere. Whether it may take that long is for people to say.",
        count(entries / scans)
    );
    let severity = if size >= 1 << 30 && entries >= 1e8 { Severity::Low } else { RULE.severity };
    let mut fix = drop_index(of, index, used.bytes);
    fix.caution = Some("find the statement that uses it first (architrave index plans the workload without it): without the index it reads the whole table".to_owned());
    let mut draft = Draft::new(of.index_ref(index), message, why)
        .severity(severity)
        .evidence(format!("scans of {}", index.name), used.scans, "pg_stat_user_indexes.idx_scan")
        .evidence(format!("inserts and updates that were not heap-only in {}", of.name), entries, "pg_stat_user_tables")
        .evidence("days covered by the counters", (age / DAY).floor(), "pg_stat_database.stats_reset")
        .evidence(format!("size of {}", index.name), size, "pg_relation_size");
    if index.keys.iter().any(|k| k.expression.is_some()) {
        draft = draft.evidence("statistics of its expression go with it", true, "pg_statistic");
    }
    draft.fix(fix)
}
