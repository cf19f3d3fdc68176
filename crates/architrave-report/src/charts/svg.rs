//! Charts as inline SVG: no script, no colour that says something alone, words instead of a legend where there is room.

use super::{Bars, Chart, EFFORTS, Figure, Line, Lines, MarkRow, MatrixRow, Tone};
use crate::format::visible;
use crate::present::effort_word;
use architrave_model::finding::Severity;
use maud::{Markup, html};

/// Width of charts that stand in the text, and of those that stand two in a row.
const WIDE: f64 = 720.0;
const HALF: f64 = 460.0;
/// Width of a character of the words, on average.
const CHARACTER: f64 = 6.8;

/// The picture of a chart. Names come from a database: they are cut to the room there is, and whole in the tooltip.
pub(crate) fn picture(chart: &Chart) -> Markup {
    match &chart.figure {
        Figure::Marks(rows) => marks(chart, rows),
        Figure::Matrix(rows) => matrix(chart, rows),
        Figure::Bars(of) => bars(chart, of),
        Figure::Lines(of) => lines(chart, of),
    }
}

/// One decimal.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn fit(text: &str, room: f64) -> String {
    crate::format::cut(&visible(text), (room / CHARACTER).max(2.0) as usize)
}

/// The frame: what a screen reader says of the picture, and the picture. With links in it, it is a group, not an image.
fn frame(chart: &Chart, (width, height): (f64, f64), links: bool, inner: &Markup) -> Markup {
    let (title, description) = (format!("{}-title", chart.name), format!("{}-desc", chart.name));
    html! {
        svg.chart-picture xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (at(width)) " " (at(height)) } width=(at(width)) height=(at(height)) role=(if links { "group" } else { "img" }) aria-labelledby={ (title) " " (description) } {
            title id=(title) { (visible(&chart.title)) }
            desc id=(description) { (visible(&chart.reading.words())) " The figures stand in the table below." }
            (inner)
        }
    }
}

/// The shape of a severity, centred in a square of 12.
pub(crate) fn shape(severity: Severity, x: f64, y: f64) -> Markup {
    let points = |list: &[(f64, f64)]| list.iter().map(|(dx, dy)| format!("{},{}", at(x + dx), at(y + dy))).collect::<Vec<_>>().join(" ");
    html! {
        @match severity {
            Severity::Critical => { polygon points=(points(&[(0.0, -6.4), (6.4, 0.0), (0.0, 6.4), (-6.4, 0.0)])) {} }
            Severity::High => { polygon points=(points(&[(0.0, -5.8), (6.0, 5.0), (-6.0, 5.0)])) {} }
            Severity::Medium => { rect x=(at(x - 4.8)) y=(at(y - 4.8)) width="9.6" height="9.6" {} }
            Severity::Low => { circle cx=(at(x)) cy=(at(y)) r="5" {} }
            Severity::Info => { circle.hollow cx=(at(x)) cy=(at(y)) r="4.2" {} }
        }
    }
}

fn marks(chart: &Chart, rows: &[MarkRow]) -> Markup {
    const STEP: f64 = 14.0;
    const LEFT: f64 = 152.0;
    let most = rows.iter().map(|r| r.counts.iter().map(|c| c.1).sum::<usize>()).max().unwrap_or(1);
    let room = ((HALF - LEFT - 46.0) / STEP) as usize;
    // Beyond the room, one mark stands for several; a severity that is there keeps at least one.
    let unit = most.div_ceil(room.saturating_sub(4)).max(1);
    let unit = if most <= room { 1 } else { unit };
    let height = rows.len() as f64 * 26.0 + if unit > 1 { 22.0 } else { 6.0 };
    let inner = html! {
        @for (row, y) in rows.iter().zip((0..).map(|n| f64::from(n) * 26.0 + 16.0)) {
            @let total: usize = row.counts.iter().map(|c| c.1).sum();
            text.label x=(at(LEFT - 12.0)) y=(at(y + 4.0)) text-anchor="end" { (fit(&row.label, LEFT - 12.0)) }
            @let starts = starts(row, unit);
            @for ((severity, n), start) in row.counts.iter().zip(starts) {
                a class=(severity.word()) href="#findings" data-filter={ "severity=" (severity.word()) "&area=" (slug(&row.label)) } aria-label={ (n) " " (severity.word()) " in " (row.label) } {
                    title { (n) " " (severity.word()) " in " (row.label) }
                    @for place in 0..n.div_ceil(unit) { (shape(*severity, LEFT + 6.0 + STEP * (start + place) as f64, y)) }
                }
            }
            @let end = row.counts.iter().map(|c| c.1.div_ceil(unit)).sum::<usize>();
            text.value x=(at(LEFT + 10.0 + STEP * end as f64)) y=(at(y + 4.0)) { (total) }
        }
        @if unit > 1 { text.note x=(at(LEFT)) y=(at(height - 4.0)) { "a mark stands for " (unit) " findings, or the rest" } }
    };
    frame(chart, (HALF, height), true, &inner)
}

fn starts(row: &MarkRow, unit: usize) -> Vec<usize> {
    row.counts
        .iter()
        .scan(0, |at, (_, n)| {
            let start = *at;
            *at += n.div_ceil(unit);
            Some(start)
        })
        .collect()
}

/// An area's heading as a word of the address.
pub(crate) fn slug(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

fn matrix(chart: &Chart, rows: &[MatrixRow]) -> Markup {
    const LEFT: f64 = 84.0;
    const TOP: f64 = 24.0;
    let wide = (HALF - LEFT) / 3.0;
    let per_line = ((wide - 12.0) / 32.0) as usize;
    let lines = |row: &MatrixRow| row.cells.iter().map(|c| c.len().div_ceil(per_line)).max().unwrap_or(1).clamp(1, 3);
    let heights: Vec<f64> = rows.iter().map(|r| 14.0 + 19.0 * lines(r) as f64).collect();
    let tops: Vec<f64> = heights.iter().scan(TOP, |y, h| Some(std::mem::replace(y, *y + h))).collect();
    let height = TOP + heights.iter().sum::<f64>() + 2.0;
    let inner = html! {
        @for (effort, column) in EFFORTS.iter().zip(0_u8..) {
            text.label x=(at(LEFT + wide * (f64::from(column) + 0.5))) y="15" text-anchor="middle" { (effort_word(*effort)) " effort" }
        }
        @for ((row, y), high) in rows.iter().zip(&tops).zip(&heights) {
            g class=(row.severity.word()) {
                (shape(row.severity, 10.0, y + high / 2.0))
                text.label.strong x="22" y=(at(y + high / 2.0 + 4.0)) { (row.severity.word()) }
                @for (cell, column) in row.cells.iter().zip(0_u8..) {
                    @let x = LEFT + wide * f64::from(column);
                    rect class={ "cell weight-" (weight(row.severity, column)) } x=(at(x + 1.5)) y=(at(y + 1.5)) width=(at(wide - 3.0)) height=(at(high - 3.0)) rx="5" {}
                    (orders(cell, (x + 10.0, y + 21.0), per_line))
                }
            }
        }
    };
    frame(chart, (HALF, height), true, &inner)
}

/// How much a cell speaks for its actions, 0–3: much risk and little effort most.
fn weight(severity: Severity, effort: u8) -> u8 {
    let risk = match severity {
        Severity::Critical | Severity::High => 3_u8,
        Severity::Medium => 2,
        Severity::Low => 1,
        Severity::Info => 0,
    };
    risk.saturating_sub(effort)
}

fn orders(orders: &[u32], (x, y): (f64, f64), per_line: usize) -> Markup {
    let room = per_line * 3;
    let shown = if orders.len() > room { room - 1 } else { orders.len() };
    let place = |n: usize| (at(x + 32.0 * (n % per_line) as f64), at(y + 19.0 * (n / per_line) as f64));
    html! {
        @for (n, order) in orders.iter().take(shown).enumerate() {
            @let (x, y) = place(n);
            a href={ "#a" (order) } { text.action x=(x) y=(y) { "A" (order) } }
        }
        @if orders.len() > shown {
            @let (x, y) = place(shown);
            text.value x=(x) y=(y) { "+" (orders.len() - shown) }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::First => "tone-1",
        Tone::Second => "tone-2",
        Tone::Third => "tone-3",
        Tone::Warning => "tone-warning",
    }
}

fn bars(chart: &Chart, of: &Bars) -> Markup {
    const STEP: f64 = 26.0;
    let longest = |text: fn(&super::Bar) -> &str| of.bars.iter().map(|b| text(b).chars().count()).max().unwrap_or(0) as f64 * CHARACTER;
    let left = (longest(|b| &b.label) + 14.0).clamp(60.0, 300.0);
    let right = (longest(|b| &b.shown) + 14.0).min(190.0);
    let used: Vec<usize> = (0..of.series.len()).filter(|n| of.bars.iter().any(|b| b.parts.iter().any(|p| p.0 == *n))).collect();
    let room = WIDE - left - right;
    let longest = of.bars.iter().map(super::Bar::length).chain(of.line.as_ref().map(|l| l.0)).fold(f64::MIN_POSITIVE, f64::max);
    let scale = |n: f64| n / longest * room;
    let top = if used.len() > 1 || of.line.is_some() { 28.0 } else { 4.0 };
    let height = top + STEP * of.bars.len() as f64 + 4.0;
    let inner = html! {
        @if used.len() > 1 { (legend(of, &used, left)) }
        @for (bar, n) in of.bars.iter().zip(0_u32..) {
            @let y = top + STEP * f64::from(n);
            g {
                title { (visible(&crate::format::cut(&bar.label, 300))) ": " (visible(&bar.shown)) }
                text.label x=(at(left - 10.0)) y=(at(y + 17.0)) text-anchor="end" { (fit(&bar.label, left - 12.0)) }
                @for (start, (series, length)) in stretches(bar).into_iter().zip(&bar.parts) {
                    rect class=(of.series.get(*series).map_or("tone-1", |s| tone(s.1))) x=(at(left + scale(start))) y=(at(y + 4.0)) width=(at(scale(*length).max(1.5))) height="18" {}
                }
                text.value x=(at(left + scale(bar.length()) + 8.0)) y=(at(y + 17.0)) { (fit(&bar.shown, right)) }
            }
        }
        @if let Some((value, words)) = &of.line {
            @let x = left + scale(*value);
            line.reference x1=(at(x)) x2=(at(x)) y1=(at(top - 4.0)) y2=(at(height - 2.0)) {}
            @if used.len() < 2 { text.note x=(at(x)) y=(at(top - 10.0)) text-anchor=(if x > WIDE / 2.0 { "end" } else { "start" }) { (visible(words)) } }
        }
    };
    frame(chart, (WIDE, height), false, &inner)
}

fn stretches(bar: &super::Bar) -> Vec<f64> {
    bar.parts
        .iter()
        .scan(0.0, |at, (_, length)| {
            let start = *at;
            *at += length;
            Some(start)
        })
        .collect()
}

fn legend(of: &Bars, used: &[usize], left: f64) -> Markup {
    let entries: Vec<(&str, Tone)> = used.iter().filter_map(|n| of.series.get(*n)).map(|(words, tone)| (words.as_str(), *tone)).collect();
    let line = of.line.as_ref().map(|(_, words)| words.as_str());
    let widths = entries.iter().map(|e| 22.0 + CHARACTER * e.0.chars().count() as f64 + 14.0);
    let starts: Vec<f64> = widths.clone().scan(0.0, |x, w| Some(std::mem::replace(x, *x + w))).collect();
    let total: f64 = widths.sum::<f64>() + line.map_or(0.0, |w| 22.0 + CHARACTER * w.chars().count() as f64);
    let left = left.min((WIDE - total).max(0.0));
    html! {
        @for ((words, kind), x) in entries.iter().zip(&starts) {
            rect class=(tone(*kind)) x=(at(left + x)) y="5" width="13" height="13" {}
            text.note x=(at(left + x + 19.0)) y="16" { (visible(words)) }
        }
        @if let Some(words) = line {
            @let x = left + total - 22.0 - CHARACTER * words.chars().count() as f64;
            line.reference x1=(at(x + 7.0)) x2=(at(x + 7.0)) y1="4" y2="19" {}
            text.note x=(at(x + 19.0)) y="16" { (visible(words)) }
        }
    }
}

fn lines(chart: &Chart, of: &Lines) -> Markup {
    const LEFT: f64 = 62.0;
    const HIGH: f64 = 210.0;
    const TOP: f64 = 14.0;
    let right = WIDE - 34.0;
    let (from, to) = of.time;
    let x = |moment: f64| LEFT + (moment - from) / (to - from).max(1.0) * (right - LEFT);
    let y = |value: f64| TOP + HIGH - (value / of.top.max(f64::MIN_POSITIVE)).min(1.04) * HIGH;
    let height = TOP + HIGH + 28.0 + 18.0 * of.lines.len() as f64;
    let inner = html! {
        @for (value, words) in &of.value_marks {
            line.grid x1=(at(LEFT)) x2=(at(right)) y1=(at(y(*value))) y2=(at(y(*value))) {}
            text.note x=(at(LEFT - 8.0)) y=(at(y(*value) + 4.0)) text-anchor="end" { (visible(words)) }
        }
        @for (moment, words) in &of.time_marks {
            text.note x=(at(x(*moment))) y=(at(TOP + HIGH + 18.0)) text-anchor="middle" { (visible(words)) }
        }
        line.reference x1=(at(x(of.now))) x2=(at(x(of.now))) y1=(at(TOP)) y2=(at(TOP + HIGH)) {}
        @for (line, n) in of.lines.iter().zip(0_u8..) {
            g class={ "line line-" (n) } {
                title { (visible(&line.label)) }
                @for (class, points) in [("seen", seen(line, of.now)), ("ahead", ahead(line, of.now))] {
                    polyline class=(class) points=(points.iter().map(|p| format!("{},{}", at(x(p.0)), at(y(p.1)))).collect::<Vec<_>>().join(" ")) {}
                }
                @if let Some(end) = line.points.last() { (mark(n, x(end.0).min(right), y(end.1))) }
                @let row = TOP + HIGH + 42.0 + 18.0 * f64::from(n);
                (mark(n, LEFT + 8.0, row - 4.0))
                text.label x=(at(LEFT + 22.0)) y=(at(row)) { (fit(&line.label, right - LEFT - 22.0)) }
            }
        }
    };
    frame(chart, (WIDE, height), false, &inner)
}

fn seen(line: &Line, now: f64) -> Vec<(f64, f64)> {
    line.points.iter().copied().filter(|p| p.0 <= now).collect()
}

fn ahead(line: &Line, now: f64) -> Vec<(f64, f64)> {
    line.points.iter().copied().filter(|p| p.0 >= now).collect()
}

/// Lines are told apart by the mark at their end.
fn mark(line: u8, x: f64, y: f64) -> Markup {
    let like = [Severity::Low, Severity::Critical, Severity::Medium, Severity::High, Severity::Info];
    shape(like.get(usize::from(line)).copied().unwrap_or_default(), x, y)
}
