//! The index advisor: one plan of indexes to create, replace, merge and drop for a whole workload, under a budget, every step of it
//! tried against a planner.
//!
//! Four stages. *Candidates* come from what statements ask of tables. *Exploring* learns which of them each query would use,
//! alone and together. *Selecting* chooses under the budget among what is known, *improving* asks about the neighbours of the
//! choice until nothing helps. Then the plan is *settled*: nothing that hurts, nothing idle, and what became superfluous goes.
//!
//! This is no advisor of a review (those are in `advisors.rs`): it needs a planner, which only the façade can give it.

mod because;
mod candidates;
mod costs;
mod definition;
mod drops;
mod input;
mod profile;
pub mod relation;
mod report;
mod search;
mod settle;
pub mod size;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod upkeep;

pub use input::{AdvisedQuery, IndexInput, Limits, Replicas, Write, WriteKind};

use architrave_model::index_advice::IndexAdvice;
use architrave_model::what_if::{IndexNumber, TrialIndex, WhatIf, WhatIfError};
use candidates::Pool;
use costs::Costs;
use profile::Profile;
use relation::Facts;
use search::Search;
use upkeep::Writes;

/// Share of the workload's cost that indexes as big as all tables together must save when there is no budget.
const PRICE_OF_DOUBLING: f64 = 0.1;

/// Pages of a database (1 GiB) below which bytes are not what indexes are about.
const SMALL_DATABASE: i64 = 131_072;

/// The advice for a workload. `oracle` must know the queries by their places in `input.queries`; nothing may have been added to it.
pub fn advise_indexes(input: &IndexInput<'_>, oracle: &mut dyn WhatIf, limits: Limits<'_>) -> Result<IndexAdvice, WhatIfError> {
    let facts = Facts { catalog: input.catalog, stats: input.stats, major: input.major };
    let profiles: Vec<Profile> = input.queries.iter().map(|q| Profile::of(&facts, q)).collect();
    let scanned: std::collections::BTreeSet<_> = profiles.iter().flat_map(Profile::tables).cloned().collect();
    let writes = Writes::of(facts, input.queries);
    let mut pool = Pool::of(facts, input.queries, limits.candidates);
    let weights: Vec<f64> = input.queries.iter().map(|q| q.query.calls.max(0.0)).collect();
    let mut costs = Costs::new(oracle, profiles);

    let existing = drops::existing(input.catalog);
    let removable: Vec<drops::Existing<'_>> = existing
        .iter()
        .copied()
        .filter(|e| e.index.valid && drops::needed_by_schema(e.index).is_none() && scanned.contains(e.table))
        .collect();
    let known: Vec<TrialIndex> = removable.iter().map(|e| trial_of(*e)).collect();
    let refused = costs.add(&known)?;
    let visible = (0..known.len()).filter(|at| refused[*at].is_none()).map(|at| at as IndexNumber).collect();

    let mut search = Search {
        costs: &mut costs,
        pool: &mut pool,
        writes: &writes,
        limits: &limits,
        weights: &weights,
        existing: visible,
        offset: known.len() as IndexNumber,
        items: Vec::new(),
        refused: Vec::new(),
        budget: input.budget.unwrap_or(f64::INFINITY),
        byte_price: 0.0,
        rounds: 0,
        time_up: false,
    };
    search.byte_price = byte_price(input, &mut search)?;
    let chosen = search.run()?;
    let settled = settle::settle(input, &mut search, &existing, &removable, chosen)?;
    report::advice(input, &mut search, &removable, settled)
}

fn trial_of(one: drops::Existing<'_>) -> TrialIndex {
    TrialIndex {
        table: one.table.clone(),
        index: one.index.clone(),
        create: one.index.definition.clone(),
        size: architrave_model::what_if::IndexSize::default(),
        existing: true,
    }
}

/// What a byte costs: nothing under a budget, which limits the size by itself.
fn byte_price(input: &IndexInput<'_>, search: &mut Search<'_, '_, '_>) -> Result<f64, WhatIfError> {
    if input.budget.is_some() {
        return Ok(0.0);
    }
    search.objective(&[])?;
    let cost = without_outliers((0..search.weights.len()).map(|query| search.weights[query] * search.base(query)).collect());
    let pages: i64 = input.stats.map_or(0, |s| s.tables.iter().map(|t| t.pages).sum());
    Ok(cost * PRICE_OF_DOUBLING / (pages.max(SMALL_DATABASE) as f64 * 8192.0))
}

/// Sum of the queries' costs, none counted for more than ten times the median: one statement that is dear beyond measure pays for its own
/// indexes, and must not make those of all others look dear.
fn without_outliers(mut costs: Vec<f64>) -> f64 {
    costs.retain(|c| *c > 0.0);
    costs.sort_by(f64::total_cmp);
    let most = costs.get(costs.len() / 2).map_or(0.0, |median| median * 10.0);
    costs.iter().map(|c| c.min(most)).sum()
}

#[cfg(test)]
mod price {
    use super::without_outliers;

    #[test]
    fn one_statement_does_not_set_the_price_for_all() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} is not {b}");
        near(without_outliers(vec![1.0, 2.0, 3.0]), 6.0);
        near(without_outliers(vec![1.0, 2.0, 3.0, 1e9]), 36.0);
        near(without_outliers(vec![0.0]), 0.0);
    }
}
