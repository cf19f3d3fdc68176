//! Improving a choice by asking the planner about its neighbours: one more, one less, one smaller, two merged.

use super::super::candidates::merge::{merged, shrunk};
use super::super::costs::{Set, with, without};
use super::Search;
use architrave_model::what_if::{IndexNumber, WhatIfError};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds at most.
const ROUNDS: u32 = 24;
/// Candidates tried as an addition per round.
const ADDITIONS: usize = 120;
/// An improvement below this share of the cost ends the search.
const WORTH_A_ROUND: f64 = 1e-4;

impl Search<'_, '_, '_> {
    /// Improves until nothing helps or time is up; the set and its true cost.
    pub(super) fn improve(&mut self, first: Set) -> Result<Set, WhatIfError> {
        let mut best = first;
        let mut value = self.objective(&best)?;
        // What is known of combinations may mislead: one's plans may need what the other has not.
        for _ in 0..4 {
            if self.expired() {
                break;
            }
            let again = self.select(&best);
            let found = self.objective(&again)?;
            if found >= value * (1.0 - 1e-9) {
                break;
            }
            (best, value) = (again, found);
        }
        let mut tried: BTreeSet<IndexNumber> = BTreeSet::new();
        while self.rounds < ROUNDS {
            if self.expired() {
                self.time_up = true;
                break;
            }
            self.rounds += 1;
            let known = self.items.len();
            let complete = self.neighbours(&best, &mut tried)?;
            let next = self.select(&best);
            let found = if next == best { value } else { self.objective(&next)? };
            let better = found < value * (1.0 - WORTH_A_ROUND);
            if found < value {
                (best, value) = (next, found);
            }
            if !complete {
                self.time_up = true;
                break;
            }
            let untried = self.additions(&best, &tried).is_empty();
            if !better && untried && known == self.items.len() {
                break;
            }
        }
        Ok(best)
    }

    /// Asks about neighbours of a choice; false when time was up.
    fn neighbours(&mut self, best: &[IndexNumber], tried: &mut BTreeSet<IndexNumber>) -> Result<bool, WhatIfError> {
        let mut wanted: Vec<(usize, Set)> = Vec::new();
        let mut ask = |search: &Self, set: &[IndexNumber], queries: BTreeSet<usize>| {
            let visible = search.visible(set);
            wanted.extend(queries.into_iter().filter(|q| search.matters(*q)).map(|q| (q, visible.clone())));
        };
        let full = self.visible(best);
        let mut users: BTreeMap<IndexNumber, BTreeSet<usize>> = BTreeMap::new();
        for number in best {
            let own: BTreeSet<usize> = self.costs.users_under(*number, &full)?.into_iter().collect();
            ask(self, &without(best, &[*number]), own.clone());
            users.insert(*number, own);
        }
        for number in self.additions(best, tried) {
            tried.insert(number);
            ask(self, &with(best, &[number]), self.pool.all[self.place(number)].queries.clone());
        }
        for (fewer, other) in self.reshaped(best)? {
            let mut queries = self.pool.all[self.place(other)].queries.clone();
            fewer.iter().filter_map(|n| users.get(n)).for_each(|own| queries.extend(own));
            ask(self, &with(&without(best, &fewer), &[other]), queries);
        }
        self.costs.learn(&wanted, self.limits.expired)
    }

    /// Whether anything can still be saved on the query.
    fn matters(&self, query: usize) -> bool {
        let all: f64 = (0..self.weights.len()).map(|q| self.weights[q] * self.base(q)).sum();
        self.weights[query] * self.base(query) > all * 1e-5
    }

    /// Candidates not tried yet, those first whose queries are furthest from their best.
    fn additions(&self, best: &[IndexNumber], tried: &BTreeSet<IndexNumber>) -> Vec<IndexNumber> {
        let visible = self.visible(best);
        let possible: Vec<f64> =
            (0..self.weights.len()).map(|q| self.weights[q] * (self.costs.at_most(q, &visible) - self.costs.least(q)).max(0.0)).collect();
        let all: f64 = possible.iter().sum();
        let mut list: Vec<(f64, IndexNumber)> = Vec::new();
        for at in 0..self.items.len() {
            let number = at as IndexNumber + self.offset;
            if tried.contains(&number) || best.contains(&number) || self.refused[at].is_some() || self.item(number).bytes > self.budget {
                continue;
            }
            let promise: f64 = self.pool.all[at].queries.iter().map(|q| possible[*q]).sum();
            if promise > all * 0.01 {
                list.push((promise, number));
            }
        }
        list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        list.into_iter().take(ADDITIONS).map(|(_, n)| n).collect()
    }

    /// New candidates out of the chosen ones: what they replace, and their number.
    fn reshaped(&mut self, best: &[IndexNumber]) -> Result<Vec<(Set, IndexNumber)>, WhatIfError> {
        let mut proposals = Vec::new();
        for (at, first) in best.iter().enumerate() {
            let one = self.pool.all[self.place(*first)].clone();
            proposals.extend(shrunk(&one.index, one.share).into_iter().map(|p| (vec![*first], p, one.clone())));
            for second in &best[at + 1..] {
                let other = self.pool.all[self.place(*second)].clone();
                if one.table == other.table {
                    let both = super::super::candidates::Candidate { queries: &one.queries | &other.queries, ..one.clone() };
                    let found = merged(&one.index, &other.index, one.share);
                    proposals.extend(found.into_iter().map(|p| (vec![*first, *second], p, both.clone())));
                }
            }
        }
        let mut all = Vec::new();
        for (fewer, proposal, like) in proposals {
            let Some(relation) = self.pool.relation(&like.table) else { continue };
            if !self.costs.anybody_may_use(&like.table, &proposal.index) {
                continue;
            }
            if let Some(at) = self.pool.take(&relation, proposal, &like.queries) {
                all.push((fewer, at as IndexNumber + self.offset));
            }
        }
        self.announce()?;
        let affordable = |n: IndexNumber| self.refused[self.place(n)].is_none() && self.item(n).bytes <= self.budget;
        all.retain(|(_, n)| affordable(*n));
        Ok(all)
    }
}
