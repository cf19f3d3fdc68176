//! What the planner has answered so far, and what follows from it without asking again.
//!
//! If a plan under the visible set S uses only U, every set between U and S has the same plan and cost: the planner had more
//! choice and took this. Sets are reduced to the indexes that the query could use at all.

use super::profile::Profile;
use architrave_model::catalog::Index;
use architrave_model::name::QualifiedName;
use architrave_model::what_if::{Answer, IndexNumber, Request, TrialIndex, WhatIf, WhatIfError};
use std::collections::BTreeSet;

/// Indexes by number, sorted.
pub(super) type Set = Vec<IndexNumber>;

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// Visible, reduced.
    pub(super) visible: Set,
    /// Used among them.
    pub(super) used: Set,
    /// Cost of one execution to reckon with: the planner's, and what its plan will read besides.
    pub(super) cost: f64,
    /// The planner's cost.
    pub(super) planner: f64,
    /// Used without ever being added.
    pub(super) others: Vec<QualifiedName>,
}

/// The planner and what it said.
pub(super) struct Costs<'o> {
    oracle: &'o mut dyn WhatIf,
    profiles: Vec<Profile>,
    facts: Vec<Vec<Fact>>,
    /// Per query the indexes that it could use.
    useful: Vec<BTreeSet<IndexNumber>>,
    /// Costs that were needed.
    pub(super) asked: u64,
    /// Those that PostgreSQL had to plan.
    pub(super) planned: u64,
    count: IndexNumber,
}

/// Requests between two looks at the clock.
const BATCH: usize = 48;

impl<'o> Costs<'o> {
    pub(super) fn new(oracle: &'o mut dyn WhatIf, profiles: Vec<Profile>) -> Self {
        let queries = profiles.len();
        let (facts, useful) = (vec![Vec::new(); queries], vec![BTreeSet::new(); queries]);
        Self { oracle, profiles, facts, useful, asked: 0, planned: 0, count: 0 }
    }

    /// Makes indexes known; the reasons of those that cannot be had.
    pub(super) fn add(&mut self, indexes: &[TrialIndex]) -> Result<Vec<Option<String>>, WhatIfError> {
        let refused = self.oracle.add(indexes)?;
        for (index, refused) in indexes.iter().zip(&refused) {
            if refused.is_none() {
                for (profile, useful) in self.profiles.iter().zip(&mut self.useful) {
                    if profile.may_use(&index.table, &index.index) {
                        useful.insert(self.count);
                    }
                }
            }
            self.count += 1;
        }
        Ok(refused)
    }

    /// Queries that could use the index.
    pub(super) fn users(&self, index: IndexNumber) -> impl Iterator<Item = usize> + '_ {
        (0..self.useful.len()).filter(move |q| self.useful[*q].contains(&index))
    }

    /// Queries whose plan under the set uses the index: all others do without it at the same cost.
    pub(super) fn users_under(&mut self, index: IndexNumber, visible: &[IndexNumber]) -> Result<Vec<usize>, WhatIfError> {
        let users: Vec<usize> = self.users(index).collect();
        let wanted: Vec<(usize, Set)> =
            users.iter().filter(|q| self.known(**q, visible).is_none()).map(|q| (*q, visible.to_vec())).collect();
        self.learn(&wanted, &|| false)?;
        let uses = |q: &usize| self.known(*q, visible).is_none_or(|f| f.used.binary_search(&index).is_ok());
        Ok(users.into_iter().filter(uses).collect())
    }

    /// Whether the query could use the index.
    pub(super) fn may_use(&self, query: usize, index: IndexNumber) -> bool {
        self.useful[query].contains(&index)
    }

    /// Whether any query could use an index like this one.
    pub(super) fn anybody_may_use(&self, table: &QualifiedName, index: &Index) -> bool {
        self.profiles.iter().any(|p| p.may_use(table, index))
    }

    /// All answers about a query.
    pub(super) fn facts(&self, query: usize) -> &[Fact] {
        &self.facts[query]
    }

    fn reduced(&self, query: usize, visible: &[IndexNumber]) -> Set {
        visible.iter().copied().filter(|n| self.useful[query].contains(n)).collect()
    }

    fn follows(&self, query: usize, reduced: &[IndexNumber]) -> Option<&Fact> {
        self.facts[query].iter().rev().find(|f| is_subset(&f.used, reduced) && is_subset(reduced, &f.visible))
    }

    /// The fact that tells the cost of a query under a set, when it is known.
    pub(super) fn known(&self, query: usize, visible: &[IndexNumber]) -> Option<&Fact> {
        self.follows(query, &self.reduced(query, visible))
    }

    /// Least cost that the query can have under the set, as far as plans with fewer indexes are known.
    pub(super) fn at_most(&self, query: usize, visible: &[IndexNumber]) -> f64 {
        let fitting = self.facts[query].iter().filter(|f| is_subset(&f.used, visible));
        fitting.map(|f| f.cost).fold(f64::INFINITY, f64::min)
    }

    /// Least cost that any known plan of the query has.
    pub(super) fn least(&self, query: usize) -> f64 {
        self.facts[query].iter().map(|f| f.cost).fold(f64::INFINITY, f64::min)
    }

    /// Learns the costs of all these, batch by batch; false when time was up before the last.
    pub(super) fn learn(&mut self, wanted: &[(usize, Set)], expired: &dyn Fn() -> bool) -> Result<bool, WhatIfError> {
        let mut open: BTreeSet<(usize, Set)> = BTreeSet::new();
        let mut order = Vec::new();
        for (query, visible) in wanted {
            self.asked += 1;
            let reduced = self.reduced(*query, visible);
            if self.follows(*query, &reduced).is_none() && open.insert((*query, reduced.clone())) {
                order.push(Request { query: *query, visible: reduced });
            }
        }
        for batch in order.chunks(BATCH) {
            // An answer of an earlier batch may have settled it.
            let left: Vec<Request> = batch.iter().filter(|r| self.follows(r.query, &r.visible).is_none()).cloned().collect();
            if left.is_empty() {
                continue;
            }
            if expired() {
                return Ok(false);
            }
            self.planned += left.len() as u64;
            let answers = self.oracle.cost(&left)?;
            for (request, answer) in left.into_iter().zip(answers) {
                self.note(request, answer);
            }
        }
        Ok(true)
    }

    fn note(&mut self, request: Request, answer: Answer) {
        let used = answer.used.iter().copied().filter(|n| request.visible.binary_search(n).is_ok()).collect();
        let cost = answer.cost + answer.unpaid;
        self.facts[request.query].push(Fact { visible: request.visible, used, cost, planner: answer.cost, others: answer.used_others });
    }

    /// What the planner itself says about a query under a set that was asked for.
    pub(super) fn planner_cost(&self, query: usize, visible: &[IndexNumber]) -> Option<f64> {
        self.known(query, visible).map(|f| f.planner)
    }

    /// The least that the planner has said about a query.
    pub(super) fn least_planner_cost(&self, query: usize) -> f64 {
        self.facts[query].iter().map(|f| f.planner).fold(f64::INFINITY, f64::min)
    }

    /// The cost of a query under a set, asked for when it is not known. Time does not matter here.
    pub(super) fn cost(&mut self, query: usize, visible: &[IndexNumber]) -> Result<f64, WhatIfError> {
        self.learn(&[(query, visible.to_vec())], &|| false)?;
        Ok(self.known(query, visible).map_or_else(|| self.at_most(query, visible), |f| f.cost))
    }
}

/// Whether all of `small` is in `large`; both sorted.
pub(super) fn is_subset(small: &[IndexNumber], large: &[IndexNumber]) -> bool {
    if small.len() > large.len() {
        return false;
    }
    let mut at = 0;
    for one in small {
        while at < large.len() && large[at] < *one {
            at += 1;
        }
        if at == large.len() || large[at] != *one {
            return false;
        }
        at += 1;
    }
    true
}

/// The set with another one.
pub(super) fn with(set: &[IndexNumber], more: &[IndexNumber]) -> Set {
    let all: BTreeSet<IndexNumber> = set.iter().chain(more).copied().collect();
    all.into_iter().collect()
}

/// The set without these.
pub(super) fn without(set: &[IndexNumber], fewer: &[IndexNumber]) -> Set {
    set.iter().copied().filter(|n| !fewer.contains(n)).collect()
}
