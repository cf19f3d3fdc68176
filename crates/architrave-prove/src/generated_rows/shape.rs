//! From a column's statistics to the segments of its source: most-common values with their rows, and between histogram bounds as
//! many distinct values as the column has.

use super::axis::{Axis, Points};
use super::family::Family;
use super::source::{Segment, Span};
use super::strings::{Letters, TextSpan};
use std::collections::BTreeMap;

/// More distinct values than any text column has between two bounds.
const PLENTY: i128 = 1 << 60;
/// Texts up to this length may have no room between two of them.
const SHORT: usize = 8;
/// Below this share of the rows, what most-common values leave over is rounding.
const ROUNDING: f64 = 0.000_5;

/// What a source shall look like.
pub(super) struct Wish<'a> {
    pub(super) family: &'a Family,
    pub(super) axis: Option<&'a Axis>,
    /// Rows, NULLs included.
    pub(super) rows: u64,
    /// Distinct values among them.
    pub(super) distinct: u64,
    /// No value twice: as many distinct values as rows.
    pub(super) unique: bool,
    /// Most-common values and their share of the rows that are not NULL.
    pub(super) common: &'a [(String, f64)],
    /// Histogram bounds, in order of the server that wrote them.
    pub(super) bounds: &'a [String],
    /// Values that must be among those of a unique source: other tables refer to them.
    pub(super) pins: &'a [String],
    /// The point of a value, where it is not the axis's own.
    pub(super) point: &'a dyn Fn(&str) -> Option<i128>,
    /// The highest point there is, where the values are another source's.
    pub(super) highest: Option<i128>,
    /// Longest text.
    pub(super) most: Option<usize>,
}

/// A value's place in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Point(i128),
    Text(String),
}

/// A known value.
#[derive(Debug, Clone)]
struct Event {
    text: String,
    /// Share of the rows, when it is a most-common one.
    share: f64,
    listed: bool,
    bound: bool,
}

/// Neighbouring values that still need a number.
#[derive(Debug)]
struct Stretch {
    from: Key,
    text: String,
    /// The first value itself is one of them.
    with_first: bool,
    upper: Option<(Key, String)>,
    /// Share of the rows.
    share: f64,
    /// So many values fit.
    room: i128,
    listed: bool,
    count: u64,
}

/// The segments, in the order of their values.
pub(super) fn segments(wish: &Wish<'_>) -> Vec<Segment> {
    let events = events(wish);
    let listed: f64 = events.values().map(|e| e.share).sum();
    let common = events.values().filter(|e| e.listed).count() as u64;
    let mut rest = (1.0 - listed).max(0.0);
    let mut wanted = if wish.unique { wish.rows } else { wish.distinct.saturating_sub(common) };
    let has_more = events.values().any(|e| !e.listed);
    if !wish.unique {
        let least = u64::from(rest > ROUNDING && (has_more || common == 0));
        wanted = wanted.max(least).min(((rest * wish.rows as f64).round() as u64).max(u64::from(common == 0)));
    }
    if wanted == 0 {
        rest = 0.0;
    }
    let known: Vec<&str> = wish.common.iter().map(|(text, _)| text.as_str()).chain(wish.bounds.iter().map(String::as_str)).collect();
    let letters = Letters::of(&known, *wish.family == Family::Bytes);
    let mut stretches = stretches(wish, &letters, &events, rest, wanted);
    apportion(&mut stretches, wanted, wish);
    write(wish, &letters, stretches)
}

/// The known values by their place.
fn events(wish: &Wish<'_>) -> BTreeMap<Key, Event> {
    let mut events: BTreeMap<Key, Event> = BTreeMap::new();
    let key = |text: &str| match wish.axis {
        Some(_) => (wish.point)(text).map(Key::Point),
        None => Some(Key::Text(text.to_owned())),
    };
    let mut add = |text: &String, share: f64, bound: bool| {
        let listed = share > 0.0 && !wish.unique;
        let Some(key) = key(text) else { return };
        let event = events.entry(key).or_insert_with(|| Event { text: text.clone(), share: 0.0, listed, bound: false });
        event.listed |= listed;
        event.share += if listed { share } else { 0.0 };
        event.bound |= bound;
    };
    for (text, share) in wish.common {
        add(text, *share, false);
    }
    let taken: f64 = wish.common.iter().map(|(_, share)| share).sum();
    let bucket = (1.0 - taken).max(0.0) / (wish.bounds.len().max(2) - 1) as f64;
    let mut last: Option<&String> = None;
    for bound in wish.bounds {
        // A bound that is there twice fills a bucket of its own.
        add(bound, if last == Some(bound) { bucket } else { 0.0 }, true);
        last = Some(bound);
    }
    if wish.unique {
        for pin in wish.pins {
            add(pin, 0.0, false);
        }
        for point in wish.highest.map_or(Vec::new(), |highest| vec![0, highest]) {
            let event = Event { text: String::new(), share: 0.0, listed: false, bound: false };
            events.entry(Key::Point(point)).or_insert(event);
        }
    }
    events
}

/// Cuts the line at the known values.
fn stretches(wish: &Wish<'_>, letters: &Letters, events: &BTreeMap<Key, Event>, rest: f64, wanted: u64) -> Vec<Stretch> {
    let all: Vec<(&Key, &Event)> = events.iter().collect();
    let bounds: Vec<usize> = (0..all.len()).filter(|at| all[*at].1.bound).collect();
    let single = if wanted > 0 { rest / wanted as f64 } else { 0.0 };
    let last_alone = bounds.last().is_some_and(|at| !all[*at].1.listed);
    let buckets = bounds.len().saturating_sub(1).max(1) as f64;
    let bucket_share = (rest - if last_alone { single } else { 0.0 }).max(0.0) / buckets;
    let mut out = Vec::new();
    for (at, (key, event)) in all.iter().enumerate() {
        let next = all.get(at + 1).map(|(key, event)| ((*key).clone(), event.text.clone()));
        let base = || Stretch {
            from: (*key).clone(),
            text: event.text.clone(),
            with_first: true,
            upper: next.clone(),
            share: 0.0,
            room: 1,
            listed: false,
            count: 0,
        };
        if event.listed {
            out.push(Stretch { listed: true, share: event.share, ..base() });
        }
        let bucket = bounds.partition_point(|b| *b <= at);
        let inside = bucket > 0 && bucket < bounds.len();
        let room = room(wish, letters, key, next.as_ref().map(|n| &n.0)) - i128::from(event.listed);
        if inside {
            let (low, high) = (bounds[bucket - 1], bounds[bucket]);
            let share = bucket_share * fraction(&all, low, high, at);
            out.push(Stretch { with_first: !event.listed, share, room, ..base() });
        } else if !event.listed {
            let alone = if event.bound || bounds.is_empty() { single } else { 0.0 };
            let room = match (wish.unique, next.is_some(), wish.highest) {
                (true, true, _) => room,
                (true, false, None) if matches!(key, Key::Text(_)) => {
                    if wish.most.is_some_and(|most| most <= SHORT) {
                        room
                    } else {
                        PLENTY
                    }
                }
                (true, false, None) => PLENTY,
                _ => 1,
            };
            out.push(Stretch { share: alone, room, ..base() });
        }
    }
    let nothing_between = out.iter().all(|s| s.listed || s.room <= 0);
    if nothing_between && wanted > 0 {
        out.extend(beyond(wish, all.last().copied(), rest));
    }
    out.retain(|s| s.room > 0 && (s.listed || rest > 0.0 || wish.unique));
    out
}

/// Where nothing is known about the values that are not common: those above the highest.
fn beyond(wish: &Wish<'_>, last: Option<(&Key, &Event)>, share: f64) -> Option<Stretch> {
    let most = wish.axis.map_or(PLENTY, |axis| axis.limits().1);
    let (from, text) = match (last, wish.axis) {
        (Some((Key::Point(point), _)), _) => (Key::Point(point + 1), String::new()),
        (Some((Key::Text(_), event)), _) => (Key::Text(event.text.clone()), event.text.clone()),
        (None, Some(_)) => (Key::Point(0), String::new()),
        (None, None) => return None,
    };
    let room = if let Key::Point(point) = &from { most.saturating_sub(*point).saturating_add(1).min(PLENTY) } else { PLENTY };
    Some(Stretch { with_first: wish.axis.is_some(), from, text, upper: None, share, room, listed: false, count: 0 })
}

/// How many values there are from one place up to the next.
fn room(wish: &Wish<'_>, letters: &Letters, from: &Key, to: Option<&Key>) -> i128 {
    match (from, to) {
        (Key::Point(from), Some(Key::Point(to))) => to.saturating_sub(*from),
        (Key::Text(from), to) if wish.most.is_some_and(|most| most <= SHORT) => {
            let to = if let Some(Key::Text(to)) = to { Some(to.as_str()) } else { None };
            TextSpan::between(letters, from, to, true, u64::MAX, wish.most).room()
        }
        (Key::Text(_), Some(_)) => PLENTY,
        (_, _) => 1,
    }
}

/// The share of a bucket that lies between a known value in it and the next one.
fn fraction(all: &[(&Key, &Event)], low: usize, high: usize, at: usize) -> f64 {
    let point = |at: usize| match all[at].0 {
        Key::Point(point) => Some(*point),
        Key::Text(_) => None,
    };
    match (point(low), point(high), point(at), point(at + 1)) {
        (Some(low), Some(high), Some(from), Some(to)) => to.saturating_sub(from) as f64 / high.saturating_sub(low).max(1) as f64,
        _ => 1.0 / (high - low).max(1) as f64,
    }
}

/// Gives each stretch its number of distinct values, and merges away those that get none.
fn apportion(stretches: &mut Vec<Stretch>, wanted: u64, wish: &Wish<'_>) {
    for stretch in stretches.iter_mut().filter(|s| s.listed) {
        stretch.count = 1;
    }
    let open: Vec<usize> = (0..stretches.len()).filter(|at| !stretches[*at].listed).collect();
    let firsts: Vec<usize> = open.iter().copied().filter(|at| stretches[*at].with_first).collect();
    let mut left = wanted;
    // Every known value is one of the values, as far as they go.
    let chosen = firsts.len().min(usize::try_from(wanted).unwrap_or(usize::MAX));
    for number in 0..chosen {
        let at = if chosen == 1 { 0 } else { number * (firsts.len() - 1) / (chosen - 1) };
        stretches[firsts[at]].count = 1;
        left -= 1;
    }
    for _ in 0..24 {
        let free: Vec<usize> = open.iter().copied().filter(|at| i128::from(stretches[*at].count) < stretches[*at].room).collect();
        if left == 0 || free.is_empty() {
            break;
        }
        let mass: f64 = free.iter().map(|at| stretches[*at].share).sum();
        let total = left;
        let (mut before, mut given) = (0.0, 0);
        for (number, at) in free.iter().enumerate() {
            before += if mass > 0.0 { stretches[*at].share / mass } else { 1.0 / free.len() as f64 };
            let until = if number + 1 == free.len() { total } else { ((before * total as f64).round() as u64).min(total) };
            let fits = u64::try_from(stretches[*at].room - i128::from(stretches[*at].count)).unwrap_or(u64::MAX);
            let here = until.saturating_sub(given).min(fits);
            given = given.max(until);
            stretches[*at].count += here;
            left -= here;
        }
    }
    if wish.unique
        && wish.highest.is_none()
        && left > 0
        && let Some(last) = open.last()
    {
        // More keys than the histogram has room for: it goes on above.
        stretches[*last].count += left;
        stretches[*last].room = stretches[*last].room.max(i128::from(stretches[*last].count));
        stretches[*last].upper = None;
    }
    let mut kept: Vec<Stretch> = Vec::with_capacity(stretches.len());
    let mut pending = 0.0;
    for mut stretch in stretches.drain(..) {
        if stretch.count == 0 {
            match kept.last_mut().filter(|s| !s.listed) {
                Some(last) => last.share += stretch.share,
                None => pending += stretch.share,
            }
            continue;
        }
        if !stretch.listed {
            stretch.share += std::mem::take(&mut pending);
        }
        kept.push(stretch);
    }
    *stretches = kept;
}

/// Numbers rows and values.
fn write(wish: &Wish<'_>, letters: &Letters, stretches: Vec<Stretch>) -> Vec<Segment> {
    let whole: f64 = stretches.iter().map(|s| s.share).sum();
    let (mut start, mut first, mut before) = (0, 0, 0.0);
    let mut out: Vec<Segment> = Vec::with_capacity(stretches.len());
    let last = stretches.len().saturating_sub(1);
    for (at, stretch) in stretches.into_iter().enumerate() {
        before += if whole > 0.0 { stretch.share / whole } else { 0.0 };
        let until = if at == last { wish.rows } else { ((before * wish.rows as f64).round() as u64).clamp(start, wish.rows) };
        let rows = if wish.unique { stretch.count } else { until - start };
        if rows == 0 {
            continue;
        }
        let distinct = stretch.count.min(rows);
        let span = span(wish, letters, &stretch, distinct);
        out.push(Segment { start, rows, first, distinct, span });
        start += rows;
        first += distinct;
    }
    out
}

fn span(wish: &Wish<'_>, letters: &Letters, stretch: &Stretch, distinct: u64) -> Span {
    match &stretch.from {
        Key::Point(point) => {
            let keeps_text = stretch.listed && !matches!(wish.axis.map(|a| &a.points), Some(Points::Source(_) | Points::Rows(_)));
            if keeps_text {
                return Span::Listed(stretch.text.clone());
            }
            let start = if stretch.with_first { *point } else { point + 1 };
            let room = if stretch.upper.is_some() && stretch.room < PLENTY { stretch.room } else { 0 };
            // Above the highest known value they follow each other closely.
            let width = if stretch.listed { 1 } else { room.max(i128::from(distinct)) };
            Span::Points { start, width }
        }
        Key::Text(text) => {
            if stretch.listed || (distinct == 1 && stretch.with_first) {
                return Span::Listed(text.clone());
            }
            let upper = stretch.upper.as_ref().map(|(_, text)| text.as_str());
            Span::Texts(Box::new(TextSpan::between(letters, text, upper, stretch.with_first, distinct, wish.most)))
        }
    }
}

#[cfg(test)]
mod tests;
