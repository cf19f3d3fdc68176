//! `query/sequential-scans-on-large-table`: see `sequential_scans_on_large_table.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::{bytes, count, duration, percent};
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::{StatementStats, TableStats};
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "query/sequential-scans-on-large-table",
    summary: "large table that is read in full again and again",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("sequential_scans_on_large_table.md"),
    check: Check::Stats(check),
};

/// Below this a full read is as good as an index.
const FEWEST_ROWS: f64 = 10_000.0;
/// Backups and reports read a table in full too, a few times a day.
const SCANS_PER_DAY: f64 = 24.0;
/// A scan that ends after a few rows (LIMIT, EXISTS) is no full read.
const LEAST_SHARE_READ: f64 = 0.3;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(age) = counting_since(stats, context) else {
        return sink.not_checked("when the counters were reset is not known");
    };
    if age < DAY {
        return sink.not_checked(format!("the counters cover {} only; a day is the least", duration(age)));
    }
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(seen) = stats.table(&table.name) else { continue };
        let Some(rows) = seen.row_estimate().filter(|n| *n >= FEWEST_ROWS) else { continue };
        let per_day = seen.seq_scans as f64 / (age / DAY);
        let read = seen.seq_rows_read as f64 / (seen.seq_scans.max(1) as f64);
        if per_day >= SCANS_PER_DAY && read >= rows * LEAST_SHARE_READ {
            sink.report(draft(stats, table, seen, rows, (per_day, read, age)));
        }
    }
}

fn draft(stats: &Stats, table: &Table, seen: &TableStats, rows: f64, (per_day, read, age): (f64, f64, f64)) -> Draft {
    let size = seen.table_bytes.map_or_else(String::new, |b| format!(" ({})", bytes(b)));
    let daily = per_day * read;
    let severity = match daily {
        n if n >= 1e9 => Severity::High,
        n if n >= 1e7 => RULE.severity,
        _ => Severity::Low,
    };
    let share = seen.seq_scans as f64 / (seen.seq_scans + seen.index_scans).max(1) as f64;
    let message = format!("{} is read in full {} times a day, {} rows each", table.name, count(per_day), count(read));
    let mut why = format!(
        "In {} the table{size} was scanned from end to end {} times, {} of all scans, for {} rows read a day. It costs more with every row that is added, pushes \
         other tables out of the cache, and usually means that a WHERE or a JOIN has no index to use.",
        duration(age),
        count(seen.seq_scans as f64),
        percent(share),
        count(daily)
    );
    let suspects = statements_on(stats, table);
    if suspects.is_empty() {
        why.push_str(" Which queries do it, pg_stat_statements would tell: it shows no statement on this table.");
    } else {
        why.push_str(" The dearest statements on it stand in the evidence: EXPLAIN them.");
    }
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(severity)
        .evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples")
        .evidence("sequential scans", seen.seq_scans, "pg_stat_user_tables.seq_scan")
        .evidence("rows read by them", seen.seq_rows_read, "pg_stat_user_tables.seq_tup_read")
        .evidence("index scans", seen.index_scans, "pg_stat_user_tables.idx_scan");
    for statement in suspects {
        let fact = format!("{} calls, {:.1} ms each", count(statement.calls as f64), statement.mean_ms);
        draft = draft.evidence(fact, crate::statements::cut(&statement.query, 400), "pg_stat_statements");
    }
    draft
}

/// The three dearest statements that name the table and filter.
fn statements_on<'a>(stats: &'a Stats, table: &Table) -> Vec<&'a StatementStats> {
    let reads = |s: &&StatementStats| {
        let text = s.query.to_lowercase();
        (text.starts_with("select") || text.starts_with("with") || text.starts_with("update") || text.starts_with("delete"))
            && mentions(&s.query, &table.name.name)
    };
    let mut found: Vec<&StatementStats> = stats.statements.iter().filter(reads).collect();
    found.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms).then_with(|| a.query_id.cmp(&b.query_id)));
    found.truncate(3);
    found
}
