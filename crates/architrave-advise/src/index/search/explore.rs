//! Learning what each query would use: everything at once, then without what it used, and so on. What comes out are the
//! configurations that pay, pairs and triples among them, with far fewer plans than trying them all.

use super::super::costs::{Set, is_subset, without};
use super::Search;
use architrave_model::what_if::{IndexNumber, WhatIfError};
use std::collections::{BTreeSet, VecDeque};

/// Plans per query at least.
const LEAST_PLANS: f64 = 24.0;
/// Plans per query on the average that are divided by what there is to save.
const SHARED_PLANS: f64 = 40.0;
/// Plans of one query at most.
const MOST_PLANS: f64 = 240.0;
/// Plans of one query per round: answers of a round decide about the next.
const PER_ROUND: usize = 6;
/// Below this share of the whole saving a query is not looked into.
const NOTICEABLE: f64 = 0.0005;

/// One query on its way.
struct Walk {
    query: usize,
    open: VecDeque<Set>,
    seen: BTreeSet<Set>,
    left: usize,
    /// Answers already expanded.
    expanded: usize,
}

impl Search<'_, '_, '_> {
    /// Explores all queries; false when time was up before the end.
    pub(super) fn explore(&mut self) -> Result<bool, WhatIfError> {
        let existing = self.existing.clone();
        let queries = self.weights.len();
        let base: Vec<(usize, Set)> = (0..queries).map(|q| (q, existing.clone())).collect();
        self.costs.learn(&base, &|| false)?;
        let mut walks: Vec<Walk> = (0..queries).map(|q| self.start(q)).collect();
        let first: Vec<(usize, Set)> = walks.iter().flat_map(|w| w.seen.iter().map(|s| (w.query, s.clone()))).collect();
        if !self.costs.learn(&first, self.limits.expired)? {
            return Ok(false);
        }
        self.divide(&mut walks);
        loop {
            let mut wanted = Vec::new();
            for walk in &mut walks {
                self.expand(walk);
                for _ in 0..PER_ROUND.min(walk.left) {
                    let Some(next) = walk.open.pop_front() else { break };
                    walk.left -= 1;
                    wanted.push((walk.query, next));
                }
            }
            if wanted.is_empty() {
                return Ok(true);
            }
            if !self.costs.learn(&wanted, self.limits.expired)? {
                return Ok(false);
            }
        }
    }

    /// All candidates of a query, those that fit the budget, the narrow ones, the single columns.
    fn start(&self, query: usize) -> Walk {
        let own: Vec<IndexNumber> = (0..self.items.len() as IndexNumber)
            .map(|at| at + self.offset)
            .filter(|n| self.pool.all[self.place(*n)].queries.contains(&query) && self.costs.may_use(query, *n))
            .collect();
        let fitting: Vec<IndexNumber> = own.iter().copied().filter(|n| self.item(*n).bytes <= self.budget).collect();
        let narrow = |n: &IndexNumber| self.pool.all[self.place(*n)].index.include.is_empty();
        let single = |n: &IndexNumber| narrow(n) && self.pool.all[self.place(*n)].index.keys.len() == 1;
        let sets = [
            own.clone(),
            fitting.clone(),
            fitting.iter().copied().filter(narrow).collect(),
            fitting.iter().copied().filter(single).collect::<Vec<_>>(),
        ];
        let seen = sets.into_iter().map(|s| self.visible(&s)).collect();
        Walk { query, open: VecDeque::new(), seen, left: 0, expanded: 0 }
    }

    /// Gives the plans to the queries with the most to save.
    fn divide(&self, walks: &mut [Walk]) {
        let possible = |w: &Walk| self.weights[w.query] * (self.base(w.query) - self.costs.least(w.query)).max(0.0);
        let all: f64 = walks.iter().map(possible).sum();
        let count = walks.len() as f64;
        for walk in walks {
            let share = if all > 0.0 { possible(walk) / all } else { 0.0 };
            if share >= NOTICEABLE {
                walk.left = (LEAST_PLANS + SHARED_PLANS * count * share).min(MOST_PLANS) as usize;
            }
        }
    }

    /// New states out of new answers: without each of the used, and the used alone without each.
    fn expand(&self, walk: &mut Walk) {
        let facts = self.costs.facts(walk.query);
        let base = self.base(walk.query);
        for fact in &facts[walk.expanded..] {
            let used: Vec<IndexNumber> = self.candidates_of(&fact.used);
            if used.is_empty() || fact.cost > base * 0.999 {
                continue;
            }
            let mut by_size = used.clone();
            by_size.sort_by(|a, b| self.item(*b).bytes.total_cmp(&self.item(*a).bytes).then(a.cmp(b)));
            let alone = self.visible(&used);
            let mut next: Vec<Set> = by_size.iter().map(|n| without(&fact.visible, &[*n])).collect();
            if used.len() > 1 {
                next.extend(by_size.iter().map(|n| without(&alone, &[*n])));
            }
            for state in next {
                if !is_subset(&state, &self.existing) && walk.seen.insert(state.clone()) {
                    walk.open.push_back(state);
                }
            }
        }
        walk.expanded = facts.len();
    }
}
