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
    let cost = search.objective(&[])?;
    let pages: i64 = input.stats.map_or(0, |s| s.tables.iter().map(|t| t.pages).sum());
    Ok(cost * PRICE_OF_DOUBLING / (pages.max(SMALL_DATABASE) as f64 * 8192.0))
}
