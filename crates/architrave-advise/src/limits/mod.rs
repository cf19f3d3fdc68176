//! Limits with dates: keys, sequences, transaction ids and size of a database, from one reading or two.

use architrave_model::QualifiedName;
use architrave_model::Snapshot;
use architrave_model::catalog::Sequence;
use architrave_model::limits::{KeyLimit, Limits, TransactionIds};
use architrave_model::review::Review;
use architrave_model::stats::{DatabaseStats, Stats};

#[cfg(test)]
mod tests;

const DAY: f64 = 86_400.0;
/// Age at which the server refuses to give out transaction ids: 2^31 less a reserve of 3 million.
const LAST_XID: i64 = 2_147_483_648 - 3_000_000;
/// Beyond so many days a date says nothing.
const FARTHEST: f64 = 365.25 * 200.0;

/// The limits of every target that has statistics.
pub fn lines(review: &Review) -> Vec<Limits> {
    let targets = review.targets.iter().filter(|t| t.snapshot.stats.is_some());
    targets
        .map(|target| {
            let earlier = review.earlier.as_ref().filter(|e| e.target == target.name).map(|e| &e.snapshot);
            let mut limits = Limits { target: target.name.clone(), ..of(&target.snapshot, earlier) };
            let scope = crate::assessment::reviewed(review, target);
            limits.keys.retain(|key| scope.covers(&key.sequence.schema));
            limits
        })
        .collect()
}

/// The limits of a database; with an earlier reading of the same one, the pace and the dates.
pub fn of(snapshot: &Snapshot, earlier: Option<&Snapshot>) -> Limits {
    let Some(stats) = &snapshot.stats else { return Limits::default() };
    let before = earlier.and_then(|e| e.stats.as_ref()).filter(|s| s.captured_at < stats.captured_at);
    let since = before.map(|s| s.captured_at);
    let days = since.map(|s| (stats.captured_at - s) / DAY);
    let mut keys: Vec<KeyLimit> = snapshot
        .catalog
        .sequences
        .iter()
        .filter_map(|sequence| {
            let mut key = key(snapshot, sequence)?;
            if let (Some(days), Some(then)) = (days, earlier.and_then(|e| last_value(e, &sequence.name))) {
                pace(&mut key, sequence, then, days, stats.captured_at);
            }
            Some(key)
        })
        .collect();
    keys.sort_by(|a, b| b.used.total_cmp(&a.used).then(a.sequence.cmp(&b.sequence)));
    let bytes = |s: &Stats| s.database.as_ref().and_then(|d| d.bytes);
    let bytes_per_day = before.and_then(|b| Some((bytes(stats)? - bytes(b)?) as f64 / days?));
    Limits { target: String::new(), since, until: stats.captured_at, keys, transaction_ids: transaction_ids(stats, before), bytes_per_day }
}

/// The last value of the sequence in that reading.
fn last_value(snapshot: &Snapshot, name: &QualifiedName) -> Option<i64> {
    let sequences = &snapshot.catalog.sequences;
    sequences.binary_search_by(|s| s.name.cmp(name)).ok().and_then(|at| sequences.get(at))?.last_value
}

/// How far a sequence has come; none when it starts over at its end, was never used, or cannot end (64 bits, hardly used).
fn key(snapshot: &Snapshot, sequence: &Sequence) -> Option<KeyLimit> {
    let last_value = sequence.last_value.filter(|_| !sequence.cycle && sequence.extension.is_none())?;
    let column_type = sequence.owned_by_table.as_ref().zip(sequence.owned_by_column.as_ref()).and_then(|(table, column)| {
        let table = snapshot.catalog.table_named(table)?;
        Some(table.columns.iter().find(|c| c.name == *column)?.base_type())
    });
    let (least, most) = match column_type.as_deref().unwrap_or(&sequence.data_type) {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let up = sequence.increment >= 0;
    let (limit, start) = if up { (sequence.max.min(most), sequence.min.max(0)) } else { (sequence.min.max(least), sequence.max) };
    let range = (limit as f64 - start as f64).abs();
    let used = ((last_value as f64 - start as f64).abs() / range.max(1.0)).clamp(0.0, 1.0);
    let endless = limit.unsigned_abs() > u64::from(u32::MAX) && used < 0.01;
    (!endless).then(|| KeyLimit {
        sequence: sequence.name.clone(),
        table: sequence.owned_by_table.clone(),
        column: sequence.owned_by_column.clone(),
        last_value,
        limit,
        used,
        per_day: None,
        exhausted_at: None,
    })
}

/// Values a day and the day of the last one; a sequence that went back was set anew and tells no pace.
fn pace(key: &mut KeyLimit, sequence: &Sequence, then: i64, days: f64, now: f64) {
    let direction = if sequence.increment >= 0 { 1.0 } else { -1.0 };
    let per_day = (key.last_value as f64 - then as f64) * direction / days;
    if per_day < 0.0 {
        return;
    }
    key.per_day = Some(per_day);
    let left = ((key.limit as f64 - key.last_value as f64) * direction).max(0.0);
    key.exhausted_at = date(left, per_day, now);
}

/// When `left` is used up; none when that is farther than anybody plans.
fn date(left: f64, per_day: f64, now: f64) -> Option<f64> {
    (per_day > 0.0 && left / per_day <= FARTHEST).then(|| now + left / per_day * DAY)
}

fn transaction_ids(stats: &Stats, before: Option<&Stats>) -> Option<TransactionIds> {
    let tables = stats.tables.iter().filter_map(|t| t.xid_age);
    let age = tables.chain(stats.databases.iter().map(|d| d.xid_age)).max()?;
    let per_day_at_least = before.and_then(|b| Some(rise(stats, b)? / ((stats.captured_at - b.captured_at) / DAY)));
    let transactions_per_day = stats.database.as_ref().and_then(|now| {
        let then = before.and_then(|b| Some((b.database.as_ref()?, b.captured_at)));
        transactions(now, stats.captured_at, then)
    });
    let fastest = per_day_at_least.unwrap_or(0.0).max(transactions_per_day.unwrap_or(0.0));
    let refuses_writes_at = date((LAST_XID - age).max(0) as f64, fastest, stats.captured_at);
    Some(TransactionIds { age, per_day_at_least, transactions_per_day, refuses_writes_at })
}

/// By how many transactions the oldest id of some table or database aged. Freezing only makes younger, so at least so many ids were
/// given out; exactly so many where one table was not frozen in between.
fn rise(stats: &Stats, before: &Stats) -> Option<f64> {
    let tables = stats.tables.iter().filter_map(|t| Some(t.xid_age? - before.table(&t.name)?.xid_age?));
    let databases = stats.databases.iter().filter_map(|d| Some(d.xid_age - before.databases.iter().find(|b| b.name == d.name)?.xid_age));
    tables.chain(databases).max().filter(|rise| *rise > 0).map(|rise| rise as f64)
}

/// Commits and rollbacks in a day: between the readings, or since the counters were reset when that was later.
fn transactions(now: &DatabaseStats, at: f64, then: Option<(&DatabaseStats, f64)>) -> Option<f64> {
    let all = |d: &DatabaseStats| d.commits + d.rollbacks;
    let (count, from) = match then.filter(|(then, _)| then.stats_reset == now.stats_reset && all(then) <= all(now)) {
        Some((then, taken)) => (all(now) - all(then), taken),
        None => (all(now), now.stats_reset?),
    };
    (at > from).then(|| count as f64 / ((at - from) / DAY))
}
