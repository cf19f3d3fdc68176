//! Choosing among known configurations under the budget, without asking anybody: greedy with several measures, by whole
//! configurations rather than single indexes, then exchanges.

use super::super::costs::{Set, is_subset, with, without};
use super::{Item, Search};
use architrave_model::what_if::IndexNumber;
use std::collections::BTreeMap;

/// How much size counts in the choice of the next step: gain divided by bytes to this power. 1 is the usual gain per byte, which
/// loses where indexes only pay together; 0 is the gain alone.
const MEASURES: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];
/// Steps that exchanges try, best first.
const EXCHANGED: usize = 250;
/// Passes of exchanges.
const PASSES: usize = 6;

/// What a query costs with these candidates (and the existing indexes).
#[derive(Debug)]
struct Configuration {
    needs: Set,
    cost: f64,
}

/// Everything known, as a problem of its own.
pub(super) struct Problem {
    weights: Vec<f64>,
    base: Vec<f64>,
    /// Per query, cheapest first.
    configurations: Vec<Vec<Configuration>>,
    /// Queries with a configuration that needs the index.
    affected: BTreeMap<IndexNumber, Vec<usize>>,
    items: BTreeMap<IndexNumber, Item>,
    /// What may be added at once.
    steps: Vec<Set>,
    budget: f64,
}

impl Search<'_, '_, '_> {
    /// The best choice by what is known; `from` is a choice to improve, beside starting from nothing.
    pub(super) fn select(&self, from: &[IndexNumber]) -> Set {
        let problem = self.problem();
        let mut best = problem.exchange(from.to_vec(), &|| self.expired());
        for measure in MEASURES {
            let start = problem.greedy(Vec::new(), measure, &[]);
            let found = problem.exchange(start, &|| self.expired());
            if problem.value(&found) < problem.value(&best) * (1.0 - 1e-9) {
                best = found;
            }
        }
        best
    }

    /// Cost and price of a choice by what is known: never below the truth's upper bound.
    pub(super) fn problem(&self) -> Problem {
        let queries = self.weights.len();
        let base: Vec<f64> = (0..queries).map(|q| self.base(q)).collect();
        let configurations: Vec<Vec<Configuration>> = (0..queries).map(|q| self.configurations(q, base[q])).collect();
        let mut problem = Problem {
            weights: self.weights.to_vec(),
            base,
            configurations,
            affected: BTreeMap::new(),
            items: BTreeMap::new(),
            steps: Vec::new(),
            budget: self.budget,
        };
        for (query, known) in problem.configurations.iter().enumerate() {
            for configuration in known {
                problem.steps.push(configuration.needs.clone());
                for number in &configuration.needs {
                    problem.items.insert(*number, self.item(*number));
                    let affected = problem.affected.entry(*number).or_default();
                    if affected.last() != Some(&query) {
                        affected.push(query);
                    }
                }
            }
        }
        problem.steps.extend(problem.items.keys().map(|n| vec![*n]));
        problem.steps.sort();
        problem.steps.dedup();
        problem
    }

    fn configurations(&self, query: usize, base: f64) -> Vec<Configuration> {
        let mut all: Vec<Configuration> = Vec::new();
        for fact in self.costs.facts(query) {
            let needs = self.candidates_of(&fact.used);
            if !needs.is_empty() && fact.cost < base && self.bytes(&needs) <= self.budget {
                all.push(Configuration { needs, cost: fact.cost });
            }
        }
        all.sort_by(|a, b| a.cost.total_cmp(&b.cost).then_with(|| a.needs.len().cmp(&b.needs.len())).then_with(|| a.needs.cmp(&b.needs)));
        let mut kept: Vec<Configuration> = Vec::new();
        for one in all {
            if !kept.iter().any(|k| is_subset(&k.needs, &one.needs)) {
                kept.push(one);
            }
        }
        kept
    }
}

impl Problem {
    fn cost(&self, query: usize, set: &[IndexNumber]) -> f64 {
        let fitting = self.configurations[query].iter().find(|c| is_subset(&c.needs, set));
        fitting.map_or(self.base[query], |c| c.cost)
    }

    fn bytes(&self, set: &[IndexNumber]) -> f64 {
        set.iter().filter_map(|n| self.items.get(n)).map(|i| i.bytes).sum()
    }

    fn price(&self, set: &[IndexNumber]) -> f64 {
        set.iter().filter_map(|n| self.items.get(n)).map(|i| i.price).sum()
    }

    /// Cost of the workload and price of the set.
    pub(super) fn value(&self, set: &[IndexNumber]) -> f64 {
        self.price(set) + (0..self.base.len()).map(|q| self.weights[q] * self.cost(q, set)).sum::<f64>()
    }

    /// What the workload saves when a set becomes another one, seen through the queries that either side's difference affects.
    fn gain(&self, from: &[IndexNumber], to: &[IndexNumber]) -> f64 {
        let changed = |a: &[IndexNumber], b: &[IndexNumber]| without(a, b);
        let mut queries: Vec<usize> = Vec::new();
        for number in changed(from, to).iter().chain(&changed(to, from)) {
            queries.extend(self.affected.get(number).into_iter().flatten());
        }
        queries.sort_unstable();
        queries.dedup();
        let saved: f64 = queries.iter().map(|q| self.weights[*q] * (self.cost(*q, from) - self.cost(*q, to))).sum();
        saved + self.price(from) - self.price(to)
    }

    /// Adds the best step until none fits or pays.
    fn greedy(&self, mut set: Set, measure: f64, forbidden: &[IndexNumber]) -> Set {
        // Saved anew only where the set's growth touches it: gains of steps change little from one addition to the next, but
        // exactness is cheap enough here.
        loop {
            let free = self.budget - self.bytes(&set);
            let mut best: Option<(f64, Set)> = None;
            for step in &self.steps {
                let extra = without(step, &set);
                if extra.is_empty() || extra.iter().any(|n| forbidden.contains(n)) {
                    continue;
                }
                let bytes = self.bytes(&extra);
                if bytes > free {
                    continue;
                }
                let grown = with(&set, &extra);
                let gain = self.gain(&set, &grown);
                let score = gain / bytes.max(8192.0).powf(measure);
                if gain > 0.0 && best.as_ref().is_none_or(|(b, _)| score > *b) {
                    best = Some((score, grown));
                }
            }
            match best {
                Some((_, grown)) => set = grown,
                None => return set,
            }
        }
    }

    /// Exchanges until none pays: take out one index and fill up otherwise, force a step in and make room for it.
    fn exchange(&self, mut set: Set, expired: &dyn Fn() -> bool) -> Set {
        let mut steps: Vec<(f64, &Set)> = self.steps.iter().map(|s| (self.gain(&[], s), s)).filter(|(g, _)| *g > 0.0).collect();
        steps.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        for _ in 0..PASSES {
            let before = self.value(&set);
            for number in set.clone() {
                self.keep_better(&mut set, |s| self.greedy(without(s, &[number]), 0.5, &[number]));
                self.keep_better(&mut set, |s| without(s, &[number]));
            }
            for (_, step) in steps.iter().take(EXCHANGED) {
                if expired() {
                    return set;
                }
                if !is_subset(step, &set) {
                    self.keep_better(&mut set, |s| self.forced(s, step));
                }
            }
            if self.value(&set) > before * (1.0 - 1e-9) {
                break;
            }
        }
        set
    }

    fn keep_better(&self, set: &mut Set, change: impl Fn(&[IndexNumber]) -> Set) {
        let changed = change(set);
        if self.bytes(&changed) <= self.budget && self.gain(set, &changed) > 1e-9 * self.value(set) {
            *set = changed;
        }
    }

    /// The set with a step in it, and without what is worth least per byte, so that it fits; then filled up.
    fn forced(&self, set: &[IndexNumber], step: &[IndexNumber]) -> Set {
        let mut grown = with(set, step);
        while self.bytes(&grown) > self.budget {
            let loss = |n: IndexNumber| -self.gain(&grown, &without(&grown, &[n])) / self.items.get(&n).map_or(1.0, |i| i.bytes.max(1.0));
            let least = grown.iter().copied().filter(|n| !step.contains(n)).min_by(|a, b| loss(*a).total_cmp(&loss(*b)).then(a.cmp(b)));
            match least {
                Some(number) => grown = without(&grown, &[number]),
                None => return set.to_vec(),
            }
        }
        // What the step made superfluous makes room too.
        for number in grown.clone() {
            let fewer = without(&grown, &[number]);
            if !step.contains(&number) && self.gain(&grown, &fewer) >= 0.0 {
                grown = fewer;
            }
        }
        self.greedy(grown, 1.0, &[])
    }
}
