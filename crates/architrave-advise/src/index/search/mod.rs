//! The search: learn each query's best configurations, choose among them under the budget, then improve the choice by asking.

mod explore;
mod improve;
mod select;
#[cfg(test)]
mod tests;

use super::candidates::Pool;
use super::costs::{Costs, Set};
use super::definition;
use super::input::Limits;
use super::upkeep::Writes;
use architrave_model::what_if::{IndexNumber, TrialIndex, WhatIfError};

/// Candidates made known between two looks at the clock.
const ANNOUNCED: usize = 64;

/// What choosing an index costs, whatever it saves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Item {
    /// Bytes of the file.
    pub(super) bytes: f64,
    /// Upkeep over the period, and the price of its bytes when there is no budget.
    pub(super) price: f64,
}

/// The state of one search.
pub(super) struct Search<'s, 'o, 'a> {
    pub(super) costs: &'s mut Costs<'o>,
    pub(super) pool: &'s mut Pool<'a>,
    pub(super) writes: &'s Writes<'a>,
    pub(super) limits: &'s Limits<'s>,
    /// Calls of each query.
    pub(super) weights: &'s [f64],
    /// Indexes that exist: always visible here.
    pub(super) existing: Set,
    /// Number of the first candidate.
    pub(super) offset: IndexNumber,
    pub(super) items: Vec<Item>,
    /// Why PostgreSQL refused a candidate.
    pub(super) refused: Vec<Option<String>>,
    pub(super) budget: f64,
    /// Price of a byte when nothing else limits the size.
    pub(super) byte_price: f64,
    pub(super) rounds: u32,
    pub(super) time_up: bool,
}

impl Search<'_, '_, '_> {
    /// The best set of candidates found: numbers, sorted.
    pub(super) fn run(&mut self) -> Result<Set, WhatIfError> {
        self.announce()?;
        if !self.explore()? {
            self.time_up = true;
        }
        let first = self.select(&[]);
        self.improve(first)
    }

    /// Makes candidates that the planner does not know yet known to it, and puts a price on them.
    pub(super) fn announce(&mut self) -> Result<(), WhatIfError> {
        while self.items.len() < self.pool.all.len() && !(self.expired() && self.rounds == 0) {
            self.announce_some()?;
        }
        Ok(())
    }

    fn announce_some(&mut self) -> Result<(), WhatIfError> {
        let from = self.items.len();
        let to = self.pool.all.len().min(from + ANNOUNCED);
        let mut new = Vec::new();
        for candidate in &self.pool.all[from..to] {
            new.push(TrialIndex {
                table: candidate.table.clone(),
                index: candidate.index.clone(),
                create: definition::create(&candidate.table, &candidate.index, ""),
                size: candidate.size,
                existing: false,
            });
            let relation = self.pool.relation(&candidate.table);
            let upkeep =
                relation.map(|r| self.writes.upkeep(&r, &candidate.index, candidate.size, candidate.share).cost).unwrap_or_default();
            let bytes = candidate.size.bytes();
            let weighed = if self.writes.weighed() { upkeep } else { 0.0 };
            self.items.push(Item { bytes, price: weighed + bytes * self.byte_price });
        }
        self.refused.extend(self.costs.add(&new)?);
        Ok(())
    }

    /// Cost, bytes and upkeep of one candidate.
    pub(super) fn item(&self, number: IndexNumber) -> Item {
        number.checked_sub(self.offset).and_then(|at| self.items.get(at as usize)).copied().unwrap_or_default()
    }

    /// Place of a candidate in the pool.
    pub(super) fn place(&self, number: IndexNumber) -> usize {
        (number - self.offset) as usize
    }

    pub(super) fn bytes(&self, set: &[IndexNumber]) -> f64 {
        set.iter().map(|n| self.item(*n).bytes).sum()
    }

    fn price(&self, set: &[IndexNumber]) -> f64 {
        set.iter().map(|n| self.item(*n).price).sum()
    }

    /// Candidates, existing indexes left out.
    pub(super) fn candidates_of(&self, set: &[IndexNumber]) -> Set {
        set.iter().copied().filter(|n| *n >= self.offset).collect()
    }

    /// Existing indexes and these.
    pub(super) fn visible(&self, set: &[IndexNumber]) -> Set {
        super::costs::with(&self.existing, set)
    }

    /// Cost of the whole workload under a set, prices included; every query is asked for where it is not known.
    pub(super) fn objective(&mut self, set: &[IndexNumber]) -> Result<f64, WhatIfError> {
        let visible = self.visible(set);
        let wanted: Vec<(usize, Set)> = (0..self.weights.len()).map(|q| (q, visible.clone())).collect();
        self.costs.learn(&wanted, &|| false)?;
        let mut sum = self.price(set);
        for (query, weight) in self.weights.iter().enumerate() {
            sum += weight * self.costs.cost(query, &visible)?;
        }
        Ok(sum)
    }

    /// Cost of a query with the existing indexes alone.
    pub(super) fn base(&self, query: usize) -> f64 {
        self.costs.known(query, &self.existing).map_or(0.0, |f| f.cost)
    }

    fn expired(&self) -> bool {
        (self.limits.expired)()
    }
}
