//! Choosing among known configurations under the budget, without asking anybody: greedy with several measures, by whole
//! configurations rather than single indexes, then exchanges.

use super::super::costs::{Set, is_subset};
use super::{Item, Search};
use architrave_model::what_if::IndexNumber;
use std::collections::{BTreeMap, BTreeSet};

/// How much size counts in the choice of the next step: gain divided by bytes to this power. 1 is the usual gain per byte, which
/// loses where indexes only pay together; 0 is the gain alone.
const MEASURES: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];
/// Steps that exchanges try, best first.
const EXCHANGED: usize = 300;
/// Passes of exchanges.
const PASSES: usize = 8;
/// Starts that are worth exchanging: the best ones.
const STARTS: usize = 3;
/// A step that saves less than this share of the cost is none.
const NOTICEABLE: f64 = 2e-6;

/// What a query costs with these candidates (and the existing indexes).
#[derive(Debug)]
struct Configuration {
    needs: Vec<usize>,
    cost: f64,
}

/// Everything known, as a problem of its own. Indexes are numbered anew, densely.
pub(super) struct Problem {
    weights: Vec<f64>,
    base: Vec<f64>,
    /// Per query, cheapest first.
    configurations: Vec<Vec<Configuration>>,
    /// Queries with a configuration that needs the index.
    affected: Vec<Vec<usize>>,
    numbers: Vec<IndexNumber>,
    items: Vec<Item>,
    /// What may be added at once.
    steps: Vec<Vec<usize>>,
    budget: f64,
}

/// A choice on its way.
#[derive(Clone)]
struct Choice {
    chosen: Vec<bool>,
    /// Cost of each query under it.
    costs: Vec<f64>,
    bytes: f64,
    /// Weighted costs and prices.
    value: f64,
}

impl Search<'_, '_, '_> {
    /// The best choice by what is known; `from` is a choice to improve, beside starting from nothing.
    pub(super) fn select(&self, from: &[IndexNumber]) -> Set {
        let problem = self.problem(from);
        let mut starts: Vec<Choice> = MEASURES.iter().map(|m| problem.greedy(problem.empty(), *m, &[])).collect();
        starts.sort_by(|a, b| a.value.total_cmp(&b.value));
        starts.dedup_by(|a, b| a.chosen == b.chosen);
        starts.truncate(STARTS);
        starts.insert(0, problem.choice(&problem.places(from)));
        let mut best: Option<Choice> = None;
        for start in starts {
            let found = problem.exchange(start, &|| self.expired());
            if best.as_ref().is_none_or(|b| found.value < b.value * (1.0 - 1e-9)) {
                best = Some(found);
            }
        }
        best.map(|b| problem.set(&b)).unwrap_or_default()
    }

    fn problem(&self, from: &[IndexNumber]) -> Problem {
        let queries = self.weights.len();
        let base: Vec<f64> = (0..queries).map(|q| self.base(q)).collect();
        let known: Vec<Vec<(Set, f64)>> = (0..queries).map(|q| self.configurations(q, base[q])).collect();
        let used: BTreeSet<IndexNumber> = known.iter().flatten().flat_map(|(s, _)| s).chain(from).copied().collect();
        let numbers: Vec<IndexNumber> = used.into_iter().collect();
        let place: BTreeMap<IndexNumber, usize> = numbers.iter().enumerate().map(|(at, n)| (*n, at)).collect();
        let dense = |set: &Set| set.iter().filter_map(|n| place.get(n).copied()).collect::<Vec<usize>>();
        let configurations: Vec<Vec<Configuration>> = known
            .iter()
            .map(|list| list.iter().map(|(needs, cost)| Configuration { needs: dense(needs), cost: *cost }).collect())
            .collect();
        let mut affected: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); numbers.len()];
        let mut steps: BTreeSet<Vec<usize>> = (0..numbers.len()).map(|at| vec![at]).collect();
        for (query, list) in configurations.iter().enumerate() {
            for configuration in list {
                steps.insert(configuration.needs.clone());
                for at in &configuration.needs {
                    affected[*at].insert(query);
                }
            }
        }
        let items = numbers.iter().map(|n| self.item(*n)).collect();
        let affected = affected.into_iter().map(|set| set.into_iter().collect()).collect();
        let steps = steps.into_iter().collect();
        let weights = self.weights.to_vec();
        let mut problem = Problem { weights, base, configurations, affected, numbers, items, steps, budget: self.budget };
        let empty = problem.empty();
        let noticeable = empty.value * NOTICEABLE;
        let steps = std::mem::take(&mut problem.steps);
        let mut scratch = empty.clone();
        problem.steps = steps.into_iter().filter(|s| s.len() == 1 || problem.gain(&mut scratch, s) > noticeable).collect();
        problem
    }

    /// What is known of a query, cheapest first, without what another configuration does with fewer indexes.
    fn configurations(&self, query: usize, base: f64) -> Vec<(Set, f64)> {
        let mut all: Vec<(Set, f64)> = Vec::new();
        for fact in self.costs.facts(query) {
            let needs = self.candidates_of(&fact.used);
            if !needs.is_empty() && fact.cost < base * 0.9999 && self.bytes(&needs) <= self.budget {
                all.push((needs, fact.cost));
            }
        }
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.len().cmp(&b.0.len())).then_with(|| a.0.cmp(&b.0)));
        let mut kept: Vec<(Set, f64)> = Vec::new();
        for one in all {
            if !kept.iter().any(|k| is_subset(&k.0, &one.0)) {
                kept.push(one);
            }
        }
        kept
    }
}

impl Problem {
    fn empty(&self) -> Choice {
        let value = self.weights.iter().zip(&self.base).map(|(w, b)| w * b).sum();
        Choice { chosen: vec![false; self.numbers.len()], costs: self.base.clone(), bytes: 0.0, value }
    }

    fn choice(&self, places: &[usize]) -> Choice {
        let mut choice = self.empty();
        self.add(&mut choice, places);
        choice
    }

    fn places(&self, set: &[IndexNumber]) -> Vec<usize> {
        set.iter().filter_map(|n| self.numbers.binary_search(n).ok()).collect()
    }

    fn set(&self, choice: &Choice) -> Set {
        members(choice).map(|at| self.numbers[at]).collect()
    }

    /// Cost of a query under what is chosen.
    fn cost(&self, query: usize, chosen: &[bool]) -> f64 {
        let fitting = self.configurations[query].iter().find(|c| c.needs.iter().all(|at| chosen[*at]));
        fitting.map_or(self.base[query], |c| c.cost)
    }

    /// Queries that these indexes matter to.
    fn queries(&self, places: &[usize]) -> Vec<usize> {
        let mut queries: Vec<usize> = places.iter().flat_map(|at| &self.affected[*at]).copied().collect();
        queries.sort_unstable();
        queries.dedup();
        queries
    }

    /// What adding these would save, prices taken off. The choice is the same afterwards.
    fn gain(&self, choice: &mut Choice, step: &[usize]) -> f64 {
        let extra: Vec<usize> = step.iter().copied().filter(|at| !choice.chosen[*at]).collect();
        let mut gain = -extra.iter().map(|at| self.items[*at].price).sum::<f64>();
        for at in &extra {
            choice.chosen[*at] = true;
        }
        let each = |query: usize| {
            let now = choice.costs[query];
            let cheaper = self.configurations[query].iter().take_while(|c| c.cost < now);
            cheaper.into_iter().find(|c| c.needs.iter().all(|at| choice.chosen[*at])).map_or(0.0, |c| self.weights[query] * (now - c.cost))
        };
        if let [only] = extra.as_slice() {
            gain += self.affected[*only].iter().map(|q| each(*q)).sum::<f64>();
        } else {
            gain += self.queries(&extra).into_iter().map(each).sum::<f64>();
        }
        for at in &extra {
            choice.chosen[*at] = false;
        }
        gain
    }

    fn add(&self, choice: &mut Choice, step: &[usize]) {
        for at in step {
            if !std::mem::replace(&mut choice.chosen[*at], true) {
                choice.bytes += self.items[*at].bytes;
                choice.value += self.items[*at].price;
            }
        }
        self.settle(choice, step);
    }

    fn remove(&self, choice: &mut Choice, place: usize) {
        if std::mem::replace(&mut choice.chosen[place], false) {
            choice.bytes -= self.items[place].bytes;
            choice.value -= self.items[place].price;
        }
        self.settle(choice, &[place]);
    }

    fn settle(&self, choice: &mut Choice, places: &[usize]) {
        for query in self.queries(places) {
            let cost = self.cost(query, &choice.chosen);
            choice.value += self.weights[query] * (cost - choice.costs[query]);
            choice.costs[query] = cost;
        }
    }

    /// What taking one out would lose, its price taken off.
    fn loss(&self, choice: &Choice, place: usize) -> f64 {
        let mut fewer = choice.clone();
        self.remove(&mut fewer, place);
        fewer.value - choice.value
    }

    /// Adds the best step until none fits or pays.
    fn greedy(&self, mut choice: Choice, measure: f64, forbidden: &[usize]) -> Choice {
        loop {
            let free = self.budget - choice.bytes;
            let mut best: Option<(f64, &Vec<usize>)> = None;
            for step in &self.steps {
                if step.iter().any(|at| forbidden.contains(at)) {
                    continue;
                }
                let bytes: f64 = step.iter().filter(|at| !choice.chosen[**at]).map(|at| self.items[*at].bytes).sum();
                if bytes <= 0.0 || bytes > free {
                    continue;
                }
                let gain = self.gain(&mut choice, step);
                if gain <= choice.value * 1e-9 {
                    continue;
                }
                let score = gain / bytes.powf(measure);
                if best.is_none_or(|(b, _)| score > b) {
                    best = Some((score, step));
                }
            }
            match best {
                Some((_, step)) => self.add(&mut choice, step),
                None => return choice,
            }
        }
    }

    /// Exchanges until none pays: take out one index and fill up otherwise, force a step in and make room for it.
    fn exchange(&self, mut choice: Choice, expired: &dyn Fn() -> bool) -> Choice {
        let mut empty = self.empty();
        let mut steps: Vec<(f64, &Vec<usize>)> = self.steps.iter().map(|s| (self.gain(&mut empty, s), s)).collect();
        steps.retain(|(gain, _)| *gain > 0.0);
        steps.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        for _ in 0..PASSES {
            let before = choice.value;
            for (_, step) in steps.iter().take(EXCHANGED) {
                if step.iter().any(|at| !choice.chosen[*at]) {
                    let changed = self.forced(&choice, step);
                    keep_better(&mut choice, changed);
                }
            }
            for place in members(&choice).collect::<Vec<_>>() {
                if expired() {
                    return choice;
                }
                let mut fewer = choice.clone();
                self.remove(&mut fewer, place);
                let filled = self.greedy(fewer, 0.5, &[place]);
                keep_better(&mut choice, filled);
            }
            let filled = self.greedy(choice.clone(), 1.0, &[]);
            keep_better(&mut choice, filled);
            if choice.value > before * (1.0 - 1e-9) {
                break;
            }
        }
        choice
    }

    /// The choice with a step in it, and without what is worth least per byte, so that it fits, and what the step made idle.
    fn forced(&self, choice: &Choice, step: &[usize]) -> Choice {
        let mut grown = choice.clone();
        self.add(&mut grown, step);
        for place in members(&grown).collect::<Vec<_>>() {
            if !step.contains(&place) && self.loss(&grown, place) <= 0.0 {
                self.remove(&mut grown, place);
            }
        }
        while grown.bytes > self.budget {
            let per_byte = |at: usize| self.loss(&grown, at) / self.items[at].bytes.max(1.0);
            let losses = members(&grown).filter(|at| !step.contains(at)).map(|at| (per_byte(at), at));
            match losses.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))) {
                Some((_, place)) => self.remove(&mut grown, place),
                None => return choice.clone(),
            }
        }
        grown
    }
}

fn members(choice: &Choice) -> impl Iterator<Item = usize> + '_ {
    choice.chosen.iter().enumerate().filter(|(_, chosen)| **chosen).map(|(at, _)| at)
}

fn keep_better(choice: &mut Choice, changed: Choice) {
    if changed.value < choice.value * (1.0 - 1e-9) {
        *choice = changed;
    }
}
