//! Limits with their dates, as blocks of the first section.

use crate::charts;
use crate::format::{self, bytes, count, date, exact, percent, seconds_text, short};
use crate::report::Block;
use crate::sections::{first, para, table_of, with_chart};
use crate::text::{Text, code, say};
use architrave_model::limits::{KeyLimit, Limits, TransactionIds};

const DAY: f64 = 86_400.0;

/// Keys that are used so far deserve a line even without a date.
const WORTH_A_LINE: f64 = 0.001;

/// Keys and sequences with the day they run out; the fullest first.
pub(crate) fn keys(limits: &Limits, number: usize, blocks: &mut Vec<Block>) {
    let worth = |k: &&KeyLimit| k.used >= WORTH_A_LINE || k.exhausted_at.is_some();
    let mut shown: Vec<&KeyLimit> = limits.keys.iter().filter(worth).collect();
    if shown.is_empty() {
        return;
    }
    let day = |k: &KeyLimit| k.exhausted_at.unwrap_or(f64::MAX);
    shown.sort_by(|a, b| day(a).total_cmp(&day(b)).then(b.used.total_cmp(&a.used)).then(a.sequence.cmp(&b.sequence)));
    let dated = limits.since.is_some();
    let rows = shown.into_iter().map(|k| {
        let mut row = vec![code(k.name()), exact(k.last_value).into(), exact(k.limit).into(), percent(k.used).into()];
        if dated {
            row.push(k.per_day.map_or_else(|| "unknown".into(), |n| rate(n).into()));
            row.push(ends(k).into());
        }
        row
    });
    let (rows, more) = first(rows.collect::<Vec<Vec<Text>>>(), 5, "keys");
    let headings: &[&'static str] =
        if dated { &["Key", "#Last value", "#Limit", "#Used", "#A day", "Runs out"] } else { &["Key", "#Last value", "#Limit", "#Used"] };
    blocks.push(with_chart(table_of(headings, rows, more), |table| charts::limits(limits, number, table)));
}

fn rate(per_day: f64) -> String {
    if per_day < 10.0 { short(per_day) } else { count(per_day) }
}

fn ends(key: &KeyLimit) -> String {
    match (key.exhausted_at, key.per_day) {
        (Some(at), _) => date(at),
        (None, Some(per_day)) if per_day > 0.0 => "in more than 200 years".to_owned(),
        (None, Some(_)) => "stands still".to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

/// What the dates rest on, and how fast the database grows.
pub(crate) fn pace(limits: &Limits, blocks: &mut Vec<Block>) {
    let Some(days) = limits.days() else {
        if limits.keys.iter().any(|k| k.used >= WORTH_A_LINE) {
            blocks.push(para(say!(
                "One reading puts no date on these: give an older snapshot of this database ({}) to have the pace.",
                code("--since")
            )));
        }
        return;
    };
    let short_time = if days < 1.0 { " So short a time says little about other days." } else { "" };
    let grew = limits.bytes_per_day.map_or_else(String::new, |n| {
        let way = if n < 0.0 { "shrank" } else { "grew" };
        let year = if n > 0.0 { format!(" ({} in a year at that pace)", size(n * 365.0)) } else { String::new() };
        format!(" The database {way} by {} a day{year}.", size(n.abs()))
    });
    blocks.push(para(format!(
        "The pace is that between two readings, {} apart, and taken to stay the same.{short_time}{grew}",
        seconds_text(days * DAY)
    )));
}

fn size(n: f64) -> String {
    bytes(n.min(9.2e18) as i64)
}

/// How fast transaction ids are given out.
pub(crate) fn transaction_ids(ids: &TransactionIds) -> Option<Text> {
    let ended = |upper: f64| format!("{} commits and rollbacks a day", count(upper));
    let pace = match (ids.per_day_at_least, ids.transactions_per_day) {
        (Some(least), Some(upper)) if upper > least => {
            format!("At least {} transaction ids are given out in a day; {}", count(least), ended(upper))
        }
        (Some(least), _) => format!("At least {} transaction ids are given out in a day", count(least)),
        (None, Some(upper)) => format!("This database has {}", ended(upper)),
        (None, None) => return None,
    };
    let bound = if ids.transactions_per_day.is_some() {
        ", an upper bound for the ids that this database uses itself: transactions that only read take none, but other databases of the server and subtransactions take theirs"
    } else {
        ""
    };
    let end = ids.refuses_writes_at.map_or_else(String::new, |at| {
        format!(" If vacuum froze nothing from now on, writes would be refused from about {} on.", format::date(at))
    });
    Some(format!("{pace}{bound}.{end}").into())
}
