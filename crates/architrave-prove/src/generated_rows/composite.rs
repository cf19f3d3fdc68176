//! Keys of several columns: the rows of one value of the first column take values of the next at regular distance, so that
//! no combination comes twice and every column keeps its frequencies.

use super::plan::World;
use super::random::{mix, permute};
use super::source::Source;
use std::collections::{HashMap, HashSet};

/// Tries before a combination is left doubled.
const TRIES: u64 = 400;

/// A key like (order, line): how many of its lines an order has follows from how common each line is, and it has the most common ones.
#[derive(Debug, Clone)]
struct Dense {
    /// Rank of the first row of each value of the first source, then the number of rows in all.
    starts: Vec<u64>,
    /// Rows of each of the few values.
    rows: Vec<u64>,
    /// How many values the other source has.
    many: u64,
    /// The first source is the one with few values.
    few_first: bool,
    /// The other source follows the physical order, too.
    ascending: bool,
    seed: u64,
}

/// Below this expected number of rows with the most common value of every source, collisions are rare enough to be mended.
const ROOM: f64 = 0.3;
/// Values that the smaller source of a dense key has at most.
const FEW: u64 = 2_000;

impl Dense {
    fn new(first: &Source, last: &Source, rows: u64) -> Option<Self> {
        let few_first = first.distinct < last.distinct;
        let (few, many) = if few_first { (first, last) } else { (last, first) };
        if few.distinct == 0 || few.distinct > FEW {
            return None;
        }
        let rows_of = |value: u64| {
            let (segment, offset) = few.locate(value);
            let at = &few.segments[segment];
            let begins = |offset: u64| (u128::from(offset) * u128::from(at.rows)).div_ceil(u128::from(at.distinct)) as u64;
            (begins(offset + 1) - begins(offset)).min(many.distinct)
        };
        let mut counts: Vec<u64> = (0..few.distinct).map(rows_of).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        // Rows per value times the share of the most common other: below one there is room without this.
        if (rows as f64 / many.distinct as f64).ceil() * most as f64 <= rows as f64 {
            return None;
        }
        let mut missing = rows.saturating_sub(counts.iter().sum());
        for count in &mut counts {
            let more = missing.min(many.distinct - *count);
            *count += more;
            missing -= more;
        }
        let (ascending, seed) = (many.shuffle.closeness() > 0, first.seed ^ last.seed);
        let mut dense = Self { starts: Vec::new(), rows: counts, many: many.distinct, few_first, ascending, seed };
        let mut start = 0;
        for value in 0..first.distinct {
            dense.starts.push(start);
            start += if few_first {
                dense.rows[value as usize]
            } else {
                let place = permute(dense.many, dense.seed, value);
                dense.rows.iter().filter(|rows| place < **rows).count() as u64
            };
        }
        dense.starts.push(start);
        Some(dense)
    }

    /// First and last value of the row with a rank; none for ranks that did not fit.
    fn values(&self, rank: u64) -> Option<(u64, u64)> {
        if rank >= *self.starts.last()? {
            return None;
        }
        let value = self.starts.partition_point(|start| *start <= rank) as u64 - 1;
        let number = rank - self.starts[value as usize];
        if self.few_first && self.ascending {
            let spread = u128::from(number) * u128::from(self.many) / u128::from(self.rows[value as usize].max(1));
            return Some((value, spread as u64));
        }
        if self.few_first {
            return Some((value, permute(self.many, self.seed, number)));
        }
        let place = permute(self.many, self.seed, value);
        let other = self.rows.iter().enumerate().filter(|(_, rows)| place < **rows).nth(number as usize)?.0;
        Some((value, other as u64))
    }
}

/// How a key of several sources stays unique.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyPlan {
    /// Sources, the one that follows the physical order first.
    pub(super) sources: Vec<usize>,
    /// Where the last source has few values and nearly every value of the first has its most common ones.
    dense: Option<Dense>,
    /// So much room that every source follows its own order.
    sparse: bool,
    /// Ranks of the last source where the regular distance would repeat a combination.
    moved: HashMap<u64, u64>,
}

impl KeyPlan {
    /// Gives the sources as many values as the rows of the others' most common values need.
    pub(super) fn make_room(sources: &mut [Source], members: &[usize], rows: u64) {
        for member in members {
            let others = members.iter().filter(|other| *other != member).map(|other| &sources[*other]);
            let needed = others.fold(rows as f64, |needed, other| needed * other.highest_share());
            let needed = needed.ceil() as u64;
            if sources[*member].distinct < needed {
                sources[*member].widen(needed);
            }
        }
    }

    /// Plans a key over `rows` rows; also says how many combinations stay doubled.
    pub(super) fn new(world: &World<'_>, mut sources: Vec<usize>, rows: u64) -> (Self, u64) {
        sources.sort_by_key(|source| {
            let at = &world.sources[*source];
            // The one with most values leads, unless another follows the physical order more closely.
            (std::cmp::Reverse(at.shuffle.closeness()), std::cmp::Reverse(at.distinct))
        });
        let mut plan = Self { sources, dense: None, sparse: false, moved: HashMap::new() };
        if let [first, last] = plan.sources.as_slice() {
            plan.dense = Dense::new(&world.sources[*first], &world.sources[*last], rows);
        }
        let crowded = plan.sources.iter().fold(rows as f64, |crowd, source| crowd * world.sources[*source].highest_share());
        plan.sparse = plan.dense.is_none() && crowded < ROOM;
        let mut seen: HashSet<u64> = HashSet::with_capacity(rows as usize);
        let mut doubles = 0;
        let Some(last) = plan.sources.last().map(|last| &world.sources[*last]) else { return (plan, 0) };
        for row in 0..rows {
            let ranks = plan.ranks(world, row);
            if ranks.is_empty() || seen.insert(plan.combination(world, &ranks)) {
                continue;
            }
            match plan.other_rank(world, &ranks, last, row, &seen) {
                Some((rank, combination)) => {
                    seen.insert(combination);
                    plan.moved.insert(row, rank);
                }
                None => doubles += 1,
            }
        }
        (plan, doubles)
    }

    /// The rank of each source at a row; sources in the order of the plan.
    pub(super) fn ranks(&self, world: &World<'_>, row: u64) -> Vec<u64> {
        let mut ranks = Vec::with_capacity(self.sources.len());
        let Some(first) = self.sources.first().map(|at| &world.sources[*at]) else { return ranks };
        let mut rank = first.rank(row).unwrap_or(0);
        if let (Some((value, other)), [_, last]) = (self.dense.as_ref().and_then(|dense| dense.values(rank)), self.sources.as_slice()) {
            let last = &world.sources[*last];
            return vec![first.rank_of(value), last.rank_of(other)];
        }
        ranks.push(rank);
        if self.sparse {
            ranks.extend(self.sources[1..].iter().map(|source| {
                let source = &world.sources[*source];
                source.rank(row).unwrap_or(0)
            }));
            if let (Some(moved), Some(last)) = (self.moved.get(&row), ranks.last_mut()) {
                *last = *moved;
            }
            return ranks;
        }
        let place = first.place(rank);
        // The rows that share everything so far, and which of them this one is.
        let (mut number, mut of, mut path) = (place.occurrence, place.multiplicity.max(1), first.identity(place));
        for (at, source) in self.sources.iter().enumerate().skip(1) {
            let source = &world.sources[*source];
            if source.filled() == 0 {
                ranks.push(0);
                continue;
            }
            path = mix(path ^ source.seed);
            let offset = path % source.filled();
            let on_line = |number: u64| (u128::from(number) * u128::from(source.filled()) / u128::from(of)) as u64;
            rank = (on_line(number) + offset) % source.filled();
            if at + 1 == self.sources.len() {
                rank = self.moved.get(&row).copied().unwrap_or(rank);
            } else {
                // Neighbours on the line fall on the same value: count them for the next source.
                let place = source.place(rank);
                let same =
                    |other: u64| source.identity(source.place((on_line(other) + offset) % source.filled())) == source.identity(place);
                let before = (0..number).rev().take_while(|other| same(*other)).count() as u64;
                let after = (number + 1..of).take_while(|other| same(*other)).count() as u64;
                (number, of) = (before, before + after + 1);
                path = mix(path ^ source.identity(place));
            }
            ranks.push(rank);
        }
        ranks
    }

    fn combination(&self, world: &World<'_>, ranks: &[u64]) -> u64 {
        let identity = |(source, rank): (&usize, &u64)| {
            let source = &world.sources[*source];
            source.identity(source.place(*rank))
        };
        self.sources.iter().zip(ranks).map(identity).fold(0, |hash, identity| mix(hash ^ identity))
    }

    /// Another rank of the last source that makes a combination not seen yet: the next values first, then anywhere.
    fn other_rank(&self, world: &World<'_>, ranks: &[u64], last: &Source, row: u64, seen: &HashSet<u64>) -> Option<(u64, u64)> {
        let mut ranks = ranks.to_vec();
        let mut rank = *ranks.last()?;
        for attempt in 0..TRIES {
            rank = if attempt < TRIES / 2 {
                let place = last.place(rank);
                (last.first_rank(place) + place.multiplicity.max(1)) % last.filled().max(1)
            } else {
                mix(row ^ mix(attempt ^ last.seed)) % last.filled().max(1)
            };
            *ranks.last_mut()? = rank;
            let combination = self.combination(world, &ranks);
            if !seen.contains(&combination) {
                return Some((rank, combination));
            }
        }
        None
    }
}
