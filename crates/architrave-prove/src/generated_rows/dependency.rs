//! Functional dependencies that extended statistics name: a column whose value follows from another's, like a city from its postal code.
//!
//! The common values of the one meet the common values of the other, so that both keep their frequencies. Most-common
//! combinations and dependencies on several columns are not followed.

use super::plan::{Cell, World};
use super::random::{mix, unit};
use super::source::Source;
use architrave_model::stats::Stats;
use architrave_model::{ObjectKind, ObjectRef};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Weaker ones are left alone.
const LEAST_DEGREE: f64 = 0.5;

/// As many values as are listed one by one.
const LISTED: u64 = 200_000;

/// What a source follows.
#[derive(Debug, Clone)]
pub(super) struct Follows {
    leader: usize,
    /// Share of the rows that do.
    degree: f64,
    mapping: Mapping,
}

/// Which value follows from which.
#[derive(Debug, Clone)]
enum Mapping {
    /// By the number of the leader's value.
    Values(Vec<u64>),
    /// Too many for a list: the leader's values and the own ones by how common they are.
    Orders(Order, Order),
}

impl Mapping {
    /// The most common value of the leader goes where most rows are missing, and so on: both keep their frequencies.
    fn of(leader: &Source, own: &Source) -> Self {
        if leader.distinct.max(own.distinct) > LISTED {
            return Self::Orders(Order::of(leader), Order::of(own));
        }
        let mut missing: BinaryHeap<(u64, Reverse<u64>)> = values(own).map(|(value, rows)| (rows, Reverse(value))).collect();
        let scale = own.filled() as f64 / leader.filled().max(1) as f64;
        let mut leaders: Vec<(u64, u64)> = values(leader).collect();
        leaders.sort_by_key(|(value, rows)| (Reverse(*rows), *value));
        let mut list = vec![0; leaders.len()];
        for (value, rows) in leaders {
            let Some((open, Reverse(own))) = missing.pop() else { break };
            list[value as usize] = own;
            missing.push((open.saturating_sub((rows as f64 * scale) as u64), Reverse(own)));
        }
        Self::Values(list)
    }
}

/// Values with their rows, times 1,000 so that fractions of rows count.
fn values(source: &Source) -> impl Iterator<Item = (u64, u64)> + '_ {
    source.segments.iter().flat_map(|s| (0..s.distinct).map(move |at| (s.first + at, s.rows * 1000 / s.distinct.max(1))))
}

/// Segments from the most common values to the rarest: rows before it, segment.
#[derive(Debug, Clone)]
struct Order(Vec<(u64, usize)>);

impl Order {
    fn of(source: &Source) -> Self {
        let mut segments: Vec<usize> = (0..source.segments.len()).collect();
        let each = |at: &usize| source.segments[*at].rows as f64 / source.segments[*at].distinct.max(1) as f64;
        segments.sort_by(|a, b| each(b).total_cmp(&each(a)).then(a.cmp(b)));
        let mut before = 0;
        let place = |at: usize| {
            let here = (before, at);
            before += source.segments[at].rows;
            here
        };
        Self(segments.into_iter().map(place).collect())
    }
}

impl Follows {
    /// The rank of the row, given its leader's rank.
    fn rank(&self, leader: &Source, own: &Source, rank: u64) -> Option<u64> {
        let place = leader.place(rank);
        let (leaders_order, own_order) = match &self.mapping {
            Mapping::Values(list) => return Some(own.rank_of(*list.get(leader.identity(place) as usize)?)),
            Mapping::Orders(leaders, own) => (leaders, own),
        };
        let (before, _) = leaders_order.0.iter().find(|(_, segment)| *segment == place.segment)?;
        let start = leader.segments.get(place.segment)?.start;
        let at = u128::from(before + (leader.first_rank(place) - start));
        let at = (at * u128::from(own.filled()) / u128::from(leader.filled().max(1))) as u64;
        let (before, segment) = own_order.0[own_order.0.partition_point(|(before, _)| *before <= at).saturating_sub(1)];
        Some(own.segments.get(segment)?.start + (at - before))
    }
}

impl World<'_> {
    /// The rank of a row in a source, by what it follows or by its own order; none for NULL.
    pub(super) fn drawn(&self, source: usize, row: u64) -> Option<u64> {
        let own = &self.sources[source];
        let drawn = own.rank(row)?;
        let Some(follows) = own.follows.as_ref().filter(|f| unit(mix(row ^ own.seed)) < f.degree) else { return Some(drawn) };
        let led = self.drawn(follows.leader, row).and_then(|rank| follows.rank(&self.sources[follows.leader], own, rank));
        Some(led.unwrap_or(drawn))
    }

    /// Lets columns follow others where extended statistics say so.
    pub(super) fn dependencies(&mut self, stats: Option<&Stats>) {
        let mut wanted: Vec<(f64, usize, usize)> = Vec::new();
        for at in 0..self.tables.len() {
            let table = self.tables[at].table;
            for object in &table.statistics {
                let gathered = stats.and_then(|s| s.extended.iter().find(|e| e.name == object.name));
                let text = gathered.and_then(|e| e.dependencies.as_deref()).unwrap_or("{}");
                let keys = gathered.map(|e| e.keys.as_slice()).unwrap_or_default();
                let columns: Vec<usize> = (0..table.columns.len()).filter(|c| object.columns.contains(&table.columns[*c].name)).collect();
                let degrees: BTreeMap<String, f64> = serde_json::from_str(text).unwrap_or_default();
                for (pair, degree) in degrees.into_iter().filter(|(_, degree)| *degree >= LEAST_DEGREE) {
                    let position = |number: &str| keys.iter().position(|key| key.to_string() == number.trim()).and_then(|k| columns.get(k));
                    let Some((from, to)) = pair.split_once("=>") else { continue };
                    let (Some(from), Some(to)) = (position(from), position(to)) else { continue };
                    if let (Some(leader), Some(own)) = (self.free(at, *from, true), self.free(at, *to, false)) {
                        wanted.push((degree, leader, own));
                    }
                }
                if object.kinds.iter().any(|kind| kind == "mcv") {
                    let name = ObjectRef::in_table(ObjectKind::Table, &table.name, &object.name.name);
                    self.note(name, "its most-common combinations are not followed: every column keeps its own frequencies");
                }
            }
        }
        // The strongest first; of two columns that follow from each other the one with more values leads.
        wanted.sort_by(|a, b| {
            b.0.total_cmp(&a.0).then(self.sources[b.1].distinct.cmp(&self.sources[a.1].distinct)).then((a.1, a.2).cmp(&(b.1, b.2)))
        });
        for (degree, leader, own) in wanted {
            if self.sources[own].follows.is_some() || self.leads(own, leader) {
                continue;
            }
            let mapping = Mapping::of(&self.sources[leader], &self.sources[own]);
            self.sources[own].follows = Some(Follows { leader, degree, mapping });
        }
    }

    /// Whether a source follows another, directly or not.
    fn leads(&self, leader: usize, follower: usize) -> bool {
        let mut at = follower;
        while at != leader {
            match &self.sources[at].follows {
                Some(follows) => at = follows.leader,
                None => return false,
            }
        }
        true
    }

    /// The source of a column that no key and no check holds; leaders may be unique.
    fn free(&self, table: usize, column: usize, leads: bool) -> Option<usize> {
        let planned = &self.tables[table];
        let Cell::Own(source) = planned.cells[column] else { return None };
        let at = &self.sources[source];
        let in_key = planned.key.as_ref().is_some_and(|key| key.sources.contains(&source));
        let ordered = planned.ordered.iter().any(|(low, high, _)| *low == column || *high == column);
        let movable = at.distinct < at.filled() && at.own_key.is_none() && !ordered;
        (!in_key && !at.segments.is_empty() && (leads || movable)).then_some(source)
    }
}
