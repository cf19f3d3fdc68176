//! A source of values: the distinct values of a column in their order, and how many rows each of them gets.

use super::axis::{Axis, Points};
use super::dependency::Follows;
use super::maker::Maker;
use super::random::Shuffle;
use super::strings::TextSpan;
use std::cmp::Ordering;

/// Values of one segment.
#[derive(Debug, Clone)]
pub(super) enum Span {
    /// One known value.
    Listed(String),
    /// Points at a regular distance from `start` on.
    Points { start: i128, width: i128 },
    /// Texts between two texts.
    Texts(Box<TextSpan>),
    /// Made from their number by the source's maker.
    Made,
}

/// Neighbours in the order of values that share their rows evenly.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Rank of its first row.
    pub(super) start: u64,
    /// Rows.
    pub(super) rows: u64,
    /// Number of its first distinct value.
    pub(super) first: u64,
    /// Distinct values.
    pub(super) distinct: u64,
    /// The values.
    pub(super) span: Span,
}

/// Where the row of a rank stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Segment.
    pub(super) segment: usize,
    /// Number of the value within the segment.
    pub(super) offset: u64,
    /// Number of the row among those with this value.
    pub(super) occurrence: u64,
    /// Rows with this value.
    pub(super) multiplicity: u64,
}

/// A source.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) segments: Vec<Segment>,
    pub(super) axis: Option<Axis>,
    pub(super) maker: Maker,
    /// Rows that draw from it, NULLs included.
    pub(super) rows: u64,
    /// Distinct values.
    pub(super) distinct: u64,
    /// How many rows are NULL.
    pub(super) nulls: u64,
    pub(super) seed: u64,
    pub(super) shuffle: Shuffle,
    /// The source of the key that a self-referencing column points to.
    pub(super) own_key: Option<usize>,
    /// The column that this one depends on.
    pub(super) follows: Option<Follows>,
    /// NULL may stand for a missing parent.
    pub(super) nullable: bool,
}

impl Source {
    /// Rows that are not NULL; their ranks are 0 up to this.
    pub(super) fn filled(&self) -> u64 {
        self.rows - self.nulls
    }

    /// The rank of the row at a position; none for NULL. NULLs lie at regular distance in the order of values, so that they are
    /// anywhere where the order of values is.
    pub(super) fn rank(&self, position: u64) -> Option<u64> {
        let rank = self.shuffle.rank(position);
        let before = part(rank, self.nulls, self.rows);
        (part(rank + 1, self.nulls, self.rows) == before).then(|| rank - before)
    }

    /// Gives its points more distinct values, as far as they have room, up to a number in all.
    pub(super) fn widen(&mut self, distinct: u64) {
        let factor = distinct as f64 / self.distinct.max(1) as f64;
        let mut first = 0;
        for segment in &mut self.segments {
            if let Span::Points { width, .. } = segment.span {
                let room = u64::try_from(width).unwrap_or(u64::MAX).min(segment.rows);
                segment.distinct = ((segment.distinct as f64 * factor).ceil() as u64).min(room).max(segment.distinct);
            }
            segment.first = first;
            first += segment.distinct;
        }
        self.distinct = first;
        self.go_on_above(distinct.saturating_sub(first));
    }

    /// More values above the highest known one; their rows come from the neighbours below it. Not for another source's values.
    fn go_on_above(&mut self, more: u64) {
        if self.parent().is_some() {
            return;
        }
        if let [.., neighbour, last] = self.segments.as_mut_slice()
            && let Span::Points { width, .. } = &mut last.span
            && neighbour.rows >= neighbour.distinct + more
        {
            *width = i128::from(last.distinct + more).max(*width);
            neighbour.rows -= more;
            last.start -= more;
            last.rows += more;
            last.distinct += more;
            self.distinct += more;
        }
    }

    /// The place of a rank.
    pub(super) fn place(&self, rank: u64) -> Place {
        let segment = self.segments.partition_point(|s| s.start <= rank).saturating_sub(1);
        let Some(at) = self.segments.get(segment) else {
            return Place { segment: 0, offset: 0, occurrence: 0, multiplicity: 1 };
        };
        let within = rank - at.start;
        let offset = part(within, at.distinct, at.rows);
        let (begin, end) = (part_up(offset, at.rows, at.distinct), part_up(offset + 1, at.rows, at.distinct));
        Place { segment, offset, occurrence: within - begin, multiplicity: end - begin }
    }

    /// The number of the value at a place.
    pub(super) fn identity(&self, place: Place) -> u64 {
        self.segments.get(place.segment).map_or(0, |s| s.first + place.offset)
    }

    /// Segment and offset of a value's number.
    pub(super) fn locate(&self, identity: u64) -> (usize, u64) {
        let segment = self.segments.partition_point(|s| s.first <= identity).saturating_sub(1);
        (segment, identity - self.segments.get(segment).map_or(0, |s| s.first))
    }

    /// Rank of the first row with a value.
    pub(super) fn first_rank(&self, place: Place) -> u64 {
        let Some(at) = self.segments.get(place.segment) else { return 0 };
        at.start + part_up(place.offset, at.rows, at.distinct)
    }

    /// Share of the rows of the most common value.
    pub(super) fn highest_share(&self) -> f64 {
        let most = self.segments.iter().map(|s| s.rows as f64 / s.distinct.max(1) as f64).fold(0.0, f64::max);
        most / self.filled().max(1) as f64
    }

    /// Rank of the first row with the value of that number.
    pub(super) fn rank_of(&self, identity: u64) -> u64 {
        let (segment, offset) = self.locate(identity);
        self.first_rank(Place { segment, offset, occurrence: 0, multiplicity: 1 })
    }

    /// The point of a value, where the source has an axis and the value lies on it.
    pub(super) fn point(&self, segment: usize, offset: u64) -> Option<i128> {
        let at = self.segments.get(segment)?;
        match &at.span {
            Span::Points { start, width } => Some(start + multiply(i128::from(offset), *width, i128::from(at.distinct.max(1)))),
            Span::Listed(text) => self.axis.as_ref()?.point(text),
            _ => None,
        }
    }

    /// The number of the value at a point, or of the next lower one.
    pub(super) fn at_point(&self, point: i128) -> u64 {
        let starts = |s: &Segment| match &s.span {
            Span::Points { start, .. } => *start,
            Span::Listed(text) => self.axis.as_ref().and_then(|axis| axis.point(text)).unwrap_or(i128::MIN),
            _ => i128::MIN,
        };
        let segment = self.segments.partition_point(|s| starts(s) <= point).saturating_sub(1);
        let Some(at) = self.segments.get(segment) else { return 0 };
        let Span::Points { start, width } = &at.span else { return at.first };
        let offset = multiply((point - start).max(0), i128::from(at.distinct), (*width).max(1));
        at.first + u64::try_from(offset).unwrap_or(0).min(at.distinct.saturating_sub(1))
    }

    /// The same for a text, of sources without an axis.
    pub(super) fn at_text(&self, text: &str) -> u64 {
        let order = |s: &Segment| match &s.span {
            Span::Listed(own) => own.as_str().cmp(text),
            Span::Texts(span) => span.lower.as_str().cmp(text),
            _ => Ordering::Less,
        };
        let segment = self.segments.partition_point(|s| order(s) != Ordering::Greater).saturating_sub(1);
        self.segments.get(segment).map_or(0, |s| s.first)
    }

    /// Whether one of its values is that point.
    pub(super) fn has_point(&self, point: i128) -> bool {
        let (segment, offset) = self.locate(self.at_point(point));
        self.point(segment, offset) == Some(point)
            || (offset + 1 < self.segments.get(segment).map_or(0, |s| s.distinct) && self.point(segment, offset + 1) == Some(point))
    }

    /// The text of a value that does not come from another source.
    pub(super) fn text(&self, segment: usize, offset: u64) -> String {
        let Some(at) = self.segments.get(segment) else { return String::new() };
        match &at.span {
            Span::Listed(text) => text.clone(),
            Span::Texts(span) => span.text(offset),
            Span::Made => self.maker.make(at.first + offset, self.seed),
            Span::Points { .. } => match (&self.axis, self.point(segment, offset)) {
                (Some(axis), Some(point)) => axis.text(point),
                _ => String::new(),
            },
        }
    }

    /// The source whose numbers its points are.
    pub(super) fn parent(&self) -> Option<usize> {
        match self.axis.as_ref()?.points {
            Points::Source(parent) => Some(parent),
            _ => None,
        }
    }
}

/// `a · b / c` rounded down, without overflow for the counts of rows.
fn part(a: u64, b: u64, c: u64) -> u64 {
    match a.checked_mul(b) {
        Some(product) => product / c.max(1),
        None => (u128::from(a) * u128::from(b) / u128::from(c.max(1))) as u64,
    }
}

/// The same rounded up.
fn part_up(a: u64, b: u64, c: u64) -> u64 {
    match a.checked_mul(b) {
        Some(product) => product.div_ceil(c.max(1)),
        None => (u128::from(a) * u128::from(b)).div_ceil(u128::from(c.max(1))) as u64,
    }
}

/// `a · b / c` rounded down; for numbers as wide as a uuid the last bits of the quotient may be lost.
fn multiply(a: i128, b: i128, c: i128) -> i128 {
    if let (Ok(a), Ok(b), Ok(c)) = (i64::try_from(a), i64::try_from(b), i64::try_from(c))
        && let Some(product) = a.checked_mul(b)
    {
        // Division of the wider type is several times slower.
        return i128::from(product / c);
    }
    match a.checked_mul(b) {
        Some(product) => product / c,
        None if b >= c => a * (b / c) + a * (b % c) / c,
        None => (a >> 44) * b / (c >> 44).max(1),
    }
}
