//! What grows: limits that fill up, the size ahead, statements over more data.

use super::{Bar, Bars, Chart, Figure, Line, Lines, Tone};
use crate::format::{bytes, count, cut, date, percent, short};
use crate::report::{Block, Table};
use crate::sections::{first, table_of};
use crate::text::{Text, code, say};
use architrave_model::limits::{KeyLimit, Limits};
use architrave_model::on_twin::StatementGrowth;

const YEAR: f64 = 365.0 * 86_400.0;
/// Transaction ids after which the server refuses writes.
const LAST_ID: f64 = 2_147_483_648.0 - 3_000_000.0;
/// Lines drawn: more cannot be told apart.
const LINES: usize = 5;

fn boxed(columns: &[&'static str], rows: Vec<Vec<Text>>, more: Option<String>) -> Table {
    match table_of(columns, rows, more) {
        Block::Table(table) => table,
        _ => Table::default(),
    }
}

/// Keys and transaction ids on their way to the end, for those that get there within ten years; beside the table of keys.
pub(crate) fn limits(limits: &Limits, number: usize, table: Table) -> Option<Block> {
    let since = limits.since?;
    let mut ends: Vec<(String, f64, f64, f64)> = limits.keys.iter().filter_map(|k| key(k, limits)).collect();
    if let Some(ids) = &limits.transaction_ids
        && let (Some(pace), Some(end)) = (ids.per_day_at_least, ids.refuses_writes_at)
    {
        ends.push(("transaction ids, never frozen".to_owned(), ids.age as f64 / LAST_ID, pace / LAST_ID, end));
    }
    ends.retain(|e| e.3 > limits.until && e.3 < limits.until + 10.0 * YEAR);
    ends.sort_by(|a, b| a.3.total_cmp(&b.3).then(a.0.cmp(&b.0)));
    let (soonest, last) = (ends.first()?.clone(), ends.iter().take(LINES).map(|e| e.3).fold(0.0, f64::max));
    let span = (last - limits.until).clamp(YEAR / 12.0, 10.0 * YEAR);
    let to = limits.until + span * 1.05;
    let days = (limits.until - since) / 86_400.0;
    let lines = ends.iter().take(LINES).map(|(label, used, per_day, end)| Line {
        label: format!("{label}: {}", date(*end)),
        points: vec![(since, (used - per_day * days).max(0.0)), (limits.until, *used), (*end, 1.0)],
    });
    Some(Chart::block(Chart {
        name: format!("chart-limits-{number}"),
        title: "Share of each limit that is used".to_owned(),
        reading: say!("{} ends first: about {}, at the pace between the two readings.", code(&soonest.0), date(soonest.3)),
        figure: Figure::Lines(Lines {
            time: (since, to),
            time_marks: moments(since, limits.until, to),
            now: limits.until,
            top: 1.0,
            value_marks: [0.0, 0.25, 0.5, 0.75, 1.0].map(|v| (v, percent(v))).to_vec(),
            lines: lines.collect(),
        }),
        table,
    }))
}

fn key(key: &KeyLimit, limits: &Limits) -> Option<(String, f64, f64, f64)> {
    let (per_day, end) = (key.per_day?, key.exhausted_at?);
    (key.limit > 0 && end > limits.until).then(|| (key.name(), key.used, per_day / key.limit as f64, end))
}

/// The years (or, of a short time, months) between two moments, and the moment of reading.
fn moments(from: f64, now: f64, to: f64) -> Vec<(f64, String)> {
    let steps = 4.0;
    let ahead = (1..=4).map(|n| now + (to - now) / steps * f64::from(n)).map(|at| (at, date(at)[..7].to_owned()));
    let far = (now - from) / (to - from) > 0.12;
    far.then(|| (from, date(from))).into_iter().chain(std::iter::once((now, "read".to_owned()))).chain(ahead).collect()
}

/// The size of the database a year ahead.
pub(crate) fn size_ahead(limits: &Limits, size: Option<i64>, number: usize) -> Option<Block> {
    let (since, now) = (limits.since?, size? as f64);
    let per_day = limits.bytes_per_day.filter(|n| *n > 0.0)?;
    let before = (now - per_day * (limits.until - since) / 86_400.0).max(0.0);
    let (later, then) = (limits.until + YEAR, now + per_day * 365.0);
    let shown = |n: f64| bytes(n.min(9.2e18) as i64);
    let row = |what: &str, at: f64, n: f64| vec![Text::from(what), date(at).into(), shown(n).into()];
    let rows = vec![row("earlier reading", since, before), row("this reading", limits.until, now), row("a year on", later, then)];
    Some(Chart::block(Chart {
        name: format!("chart-growth-{number}"),
        title: "Growth of the database".to_owned(),
        reading: format!("{} now, {} in a year at the pace between the two readings.", shown(now), shown(then)).into(),
        figure: Figure::Lines(Lines {
            time: (since, later),
            time_marks: moments(since, limits.until, later),
            now: limits.until,
            top: then * 1.08,
            value_marks: [0.0, 0.5, 1.0].map(|v| (v * then, shown(v * then))).to_vec(),
            lines: vec![Line { label: shown(then), points: vec![(since, before), (limits.until, now), (later, then)] }],
        }),
        table: boxed(&["Size", "On", "#Bytes"], rows, None),
    }))
}

/// By how much the cost of each statement rises over `factor` times the data; beside the table of the same figures.
pub(crate) fn statements(then: &[&StatementGrowth], factor: f64, name: String, table: Table) -> Option<Block> {
    let rise = |g: &StatementGrowth| g.cost_then / g.cost_now.max(f64::MIN_POSITIVE);
    let faster = then.iter().filter(|g| g.excess() >= crate::on_twin::EXCESS).count();
    if then.len() < 2 {
        return None;
    }
    let (shown, _) = first(then.to_vec(), 10, "");
    let bars = shown.iter().map(|g| Bar {
        label: cut(&g.text, 60),
        shown: format!("{}×{}", short(rise(g)), if g.flips { ", another plan" } else { "" }),
        parts: vec![(usize::from(g.excess() >= crate::on_twin::EXCESS), rise(g))],
    });
    Some(Chart::block(Chart {
        name,
        title: format!("Cost of the statements over {} times the data", short(factor)),
        reading: format!("{} of {} grow faster than the data.", count(faster as f64), count(then.len() as f64)).into(),
        figure: Figure::Bars(Bars {
            series: vec![("in step with the data or slower".to_owned(), Tone::First), ("faster than the data".to_owned(), Tone::Warning)],
            bars: bars.collect(),
            line: Some((factor, format!("the data: {}×", short(factor)))),
        }),
        table,
    }))
}
