//! `index/unused`: see `unused.md` for the rule's page.

use crate::figures::{bytes, count, counted, duration};
use crate::leans::{inserts_seen, is_free};
use crate::relations::{Indexed, indexed};
use crate::statements::drop_index;
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::IndexStats;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/unused",
    summary: "index that no query has used for weeks",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("unused.md"),
    check: Check::Stats(check),
};

/// Counters younger than this prove nothing.
const YOUNGEST: f64 = 7.0 * DAY;
/// From here on a monthly job has run.
const PAST_A_MONTH: f64 = 35.0 * DAY;
/// Smaller indexes are not worth anybody's time: 1 MiB.
const SMALLEST: i64 = 1 << 20;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(age) = counting_since(stats, context) else {
        return sink.not_checked("when the counters were reset is not known");
    };
    if age < YOUNGEST {
        return sink.not_checked(format!("the counters cover {} only; a week is the least", duration(age)));
    }
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        if of.is_partitioned() || !is_read(stats, &of) {
            continue;
        }
        for index in of.indexes {
            let Some(used) = stats.index(&of.name.schema, &index.name) else { continue };
            let idle = used.scans == 0 && used.last_scan.is_none() && used.bytes.is_some_and(|b| b >= SMALLEST);
            if idle && is_free(&of, index) && known_for(stats, &of, index, used, age) >= YOUNGEST {
                sink.report(draft(context, stats, &of, index, used, age));
            }
        }
    }
}

/// A table that nobody reads says nothing about its indexes.
fn is_read(stats: &Stats, of: &Indexed<'_>) -> bool {
    stats.table(of.name).is_some_and(|t| t.seq_scans + t.index_scans > 0)
}

/// Days that the index has been there for, as far as its own counters can tell: never more than they cover.
fn known_for(stats: &Stats, of: &Indexed<'_>, index: &Index, used: &IndexStats, age: f64) -> f64 {
    let seen = stats.table(of.name).and_then(|t| inserts_seen(index, used, t));
    age * seen.unwrap_or(1.0)
}

fn draft(context: &Context<'_>, stats: &Stats, of: &Indexed<'_>, index: &Index, used: &IndexStats, age: f64) -> Draft {
    let size = used.bytes.unwrap_or(0);
    let writes = context.writes(of.name).unwrap_or(0);
    let expressions = index.keys.iter().any(|k| k.expression.is_some());
    let standbys = stats.replication.len();
    let mut doubts = Vec::new();
    if standbys > 0 {
        let them = counted(standbys, "standby or WAL receiver", "standbys or WAL receivers");
        doubts.push(format!("{them} follow this server, and the queries that a standby runs are counted there, not here"));
    }
    if context.server.in_recovery {
        doubts.push("this is a standby: what the primary uses is counted there".to_owned());
    }
    if expressions {
        doubts.push("the planner may use the statistics of its expression without ever scanning it".to_owned());
    }
    if age < PAST_A_MONTH {
        doubts.push("a job that runs once a month may not have run yet".to_owned());
    }
    let severity = match (size, writes) {
        (size, _) if size >= 1 << 30 => Severity::Medium,
        (_, writes) if writes >= 100_000_000 => Severity::Medium,
        _ => Severity::Low,
    };
    let confidence = if doubts.is_empty() { Confidence::Likely } else { Confidence::Possible };
    let but = if doubts.is_empty() { String::new() } else { format!(" But {}.", doubts.join("; ")) };
    let why = format!(
        "In the {} that the counters cover no query scanned it, while its table was read and took {} row changes. It enforces nothing and serves no foreign key and no policy; it \
         costs {} of disk and cache and a write per changed row.{but}",
        duration(age),
        count(writes as f64),
        bytes(size)
    );
    let message = format!("{} on {} has not been scanned in {}, {}", index.name, of.name, duration(age), bytes(size));
    let mut fix = drop_index(of, index, used.bytes);
    fix.caution = Some(if doubts.is_empty() {
        "make sure that no rare job (year end, disaster drill) needs it".to_owned()
    } else {
        doubts.join("; ")
    });
    Draft::new(of.index_ref(index), message, why)
        .severity(severity)
        .confidence(confidence)
        .evidence(format!("scans of {}", index.name), used.scans, "pg_stat_user_indexes.idx_scan")
        .evidence("days covered by the counters", (age / DAY).floor(), "pg_stat_database.stats_reset")
        .evidence(format!("size of {}", index.name), size, "pg_relation_size")
        .fix(fix)
}
