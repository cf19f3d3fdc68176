//! Rows of the plan as lines of `COPY`'s text format; each is a pure function of its number.

use super::axis::Points;
use super::plan::{Cell, World};
use super::random::mix;
use super::source::Source;

impl World<'_> {
    /// Appends a row: the given columns, with tabs between them and a line end.
    pub(super) fn write_row(&self, table: usize, columns: &[usize], row: u64, out: &mut Vec<u8>) {
        let ranks = self.key_ranks(table, row);
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                out.push(b'\t');
            }
            match self.cell(table, *column, row, &ranks) {
                Some(text) => escape(&text, out),
                None => out.extend_from_slice(b"\\N"),
            }
        }
        out.push(b'\n');
    }

    pub(super) fn key_ranks(&self, table: usize, row: u64) -> Vec<u64> {
        self.tables[table].key.as_ref().map(|key| key.ranks(self, row)).unwrap_or_default()
    }

    /// A cell, in the order that checks ask of it and its partner.
    pub(super) fn cell(&self, table: usize, column: usize, row: u64, ranks: &[u64]) -> Option<String> {
        let planned = &self.tables[table];
        let Some(&(low, high, strict)) = planned.ordered.iter().find(|(low, high, _)| column == *low || column == *high) else {
            return self.own_cell(table, column, row, ranks);
        };
        let (first, second) = (self.own_cell(table, low, row, ranks), self.own_cell(table, high, row, ranks));
        let own = if column == low { first.clone() } else { second.clone() };
        let (Cell::Own(source), Some(first), Some(second)) = (planned.cells[low], first, second) else { return own };
        let Some(axis) = self.sources[source].axis.as_ref() else { return own };
        let (Some(a), Some(b)) = (axis.point(&first), axis.point(&second)) else { return own };
        let swapped = a > b;
        Some(match (column == low, swapped) {
            (false, _) if a == b && strict => axis.text(b + 1),
            (true, false) | (false, true) => first,
            (true, true) | (false, false) => second,
        })
    }

    fn own_cell(&self, table: usize, column: usize, row: u64, ranks: &[u64]) -> Option<String> {
        let planned = &self.tables[table];
        let cell = planned.cells[column];
        if let Cell::Linked { link, column } = cell {
            return self.linked(table, link, column, row, ranks);
        }
        let (Cell::Own(number) | Cell::FromRow { source: number, .. }) = cell else { return None };
        let source = &self.sources[number];
        if source.segments.is_empty() {
            return None;
        }
        let drawn = self.drawn(number, row)?;
        let of_key = planned.key.as_ref().and_then(|key| ranks.get(key.sources.iter().position(|s| *s == number)?));
        let place = source.place(of_key.copied().unwrap_or(drawn));
        if let Cell::FromRow { column, .. } = cell {
            let Points::Rows(parent) = source.axis.as_ref()?.points else { return None };
            let there = u64::try_from(source.point(place.segment, place.offset)?).ok()?;
            return self.cell(parent, column, there, &self.key_ranks(parent, there));
        }
        match source.own_key {
            Some(key) => self.ancestor(source, key, row, source.point(place.segment, place.offset)?),
            None => Some(self.text(number, place.segment, place.offset)),
        }
    }

    /// The value of a column that refers to its own table: never a row that could in turn come from this one. Rows that are
    /// referred to refer to lower keys only.
    fn ancestor(&self, source: &Source, key: usize, row: u64, chosen: i128) -> Option<String> {
        let keys = &self.sources[key];
        let own = keys.identity(keys.place(keys.rank(row)?));
        let mut chosen = chosen;
        if chosen >= i128::from(own) && source.has_point(i128::from(own)) {
            let (segment, offset) = source.locate(source.at_point(i128::from(own)));
            let below = source.segments.get(segment).map_or(0, |s| s.start + offset * s.rows / s.distinct.max(1));
            let lower = |rank: u64| {
                let place = source.place(rank);
                source.point(place.segment, place.offset).filter(|point| *point < i128::from(own))
            };
            match (below > 0).then(|| lower(mix(row ^ source.seed) % below)).flatten() {
                Some(point) => chosen = point,
                None if source.nullable => return None,
                None => chosen = i128::from(own),
            }
        }
        let (segment, offset) = keys.locate(u64::try_from(chosen).ok()?);
        Some(self.text(key, segment, offset))
    }

    /// A value's text, through the chain of sources that it refers to.
    fn text(&self, source: usize, segment: usize, offset: u64) -> String {
        let at = &self.sources[source];
        let Some(parent) = at.parent() else { return at.text(segment, offset) };
        let number = at.point(segment, offset).and_then(|point| u64::try_from(point).ok()).unwrap_or(0);
        let (segment, offset) = self.sources[parent].locate(number);
        self.text(parent, segment, offset)
    }
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.push(other),
        }
    }
}
