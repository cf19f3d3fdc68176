//! From a good choice to a plan that can be stood up for: what hurts or is idle goes out, what became superfluous is dropped.

use super::costs::{Set, with, without};
use super::definition;
use super::drops::{self, Existing, Superfluous};
use super::input::IndexInput;
use super::search::Search;
use architrave_model::catalog::Index;
use architrave_model::index_advice::{KeptIndex, WithheldIndex};
use architrave_model::what_if::{IndexNumber, WhatIfError};

/// A query may become this much dearer, by planner cost, before an index is taken back.
pub(super) const HARM: f64 = 0.15;
/// A drop may make no query dearer than this; more is not noise.
const DROP_HARM: f64 = 0.01;
/// Where a new index takes over, a little is the price of one index less.
const REPLACE_HARM: f64 = 0.05;
/// An index must save this share of the workload's cost …
const WORTH_WORKLOAD: f64 = 0.002;
/// … or this share of some query's.
const WORTH_QUERY: f64 = 0.3;
/// Savings below this cost in all are noise.
const LEAST_SAVING: f64 = 10.0;

/// The plan.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Candidates to create, by number.
    pub(super) create: Set,
    /// Existing indexes to drop: place in the removable ones if known to the planner, and why.
    pub(super) drop: Vec<Drop>,
    pub(super) withheld: Vec<WithheldIndex>,
    pub(super) kept: Vec<KeptIndex>,
}

/// One drop.
#[derive(Debug)]
pub(super) struct Drop {
    pub(super) schema: String,
    pub(super) table: architrave_model::QualifiedName,
    pub(super) index: Index,
    /// The planner's number, when it knows the index.
    pub(super) number: Option<IndexNumber>,
    pub(super) why: Superfluous,
    /// What it rests on.
    pub(super) evidence: String,
    pub(super) bytes: Option<f64>,
    /// The candidate that takes its place.
    pub(super) by: Option<IndexNumber>,
}

/// Settles a choice.
pub(super) fn settle(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    existing: &[Existing<'_>],
    removable: &[Existing<'_>],
    chosen: Set,
) -> Result<Settled, WhatIfError> {
    let mut settled = Settled { create: chosen, ..Settled::default() };
    take_back_harm(input, search, &mut settled)?;
    take_out_idle(search, &mut settled)?;
    let places: Vec<usize> = settled.create.iter().map(|n| search.place(*n)).collect();
    search.pool.rename(&places);
    drop_superfluous(input, search, existing, removable, &mut settled)?;
    Ok(settled)
}

/// Takes out indexes that make a query dearer by more than [`HARM`].
fn take_back_harm(input: &IndexInput<'_>, search: &mut Search<'_, '_, '_>, settled: &mut Settled) -> Result<(), WhatIfError> {
    for query in 0..search.weights.len() {
        loop {
            let visible = search.visible(&settled.create);
            let cost = search.costs.cost(query, &visible)?;
            if cost <= search.base(query) * (1.0 + HARM) {
                break;
            }
            // The one without which the query is cheapest did it.
            let mut culprit: Option<(f64, IndexNumber)> = None;
            for number in settled.create.clone() {
                let without_it = search.costs.cost(query, &without(&visible, &[number]))?;
                if culprit.is_none_or(|(c, _)| without_it < c) {
                    culprit = Some((without_it, number));
                }
            }
            let Some((_, number)) = culprit else { break };
            settled.create = without(&settled.create, &[number]);
            let candidate = &search.pool.all[search.place(number)];
            settled.withheld.push(WithheldIndex {
                table: candidate.table.clone(),
                create: definition::create(&candidate.table, &candidate.index, "concurrently"),
                reason: format!(
                    "query {} would become {:.0} % dearer",
                    input.queries[query].query.id,
                    (cost / search.base(query) - 1.0) * 100.0
                ),
                queries: candidate.queries.iter().map(|q| input.queries[*q].query.id.clone()).collect(),
            });
        }
    }
    Ok(())
}

/// Takes out what saves too little beside the others, least useful first.
fn take_out_idle(search: &mut Search<'_, '_, '_>, settled: &mut Settled) -> Result<(), WhatIfError> {
    let all: f64 = (0..search.weights.len()).map(|q| search.weights[q] * search.base(q)).sum();
    loop {
        let mut idle: Option<(f64, IndexNumber)> = None;
        let mut all_idle = Set::new();
        without_each(search, &settled.create)?;
        for number in settled.create.clone() {
            let worth = worth(search, &settled.create, number)?;
            let enough = worth.saved > LEAST_SAVING.min(all * WORTH_WORKLOAD)
                && (worth.saved >= all * WORTH_WORKLOAD || worth.best_share >= WORTH_QUERY);
            if !enough {
                all_idle.push(number);
                if idle.is_none_or(|(s, _)| worth.saved < s) {
                    idle = Some((worth.saved, number));
                }
            }
        }
        if search.time_up {
            // No time to look again after each: what is idle beside the others goes at once.
            settled.create = without(&settled.create, &all_idle);
            return Ok(());
        }
        match idle {
            Some((_, number)) => settled.create = without(&settled.create, &[number]),
            None => return Ok(()),
        }
    }
}

/// Learns at once what the queries of each index would cost without it.
pub(super) fn without_each(search: &mut Search<'_, '_, '_>, set: &[IndexNumber]) -> Result<(), WhatIfError> {
    let full = search.visible(set);
    let mut wanted: Vec<(usize, Set)> = Vec::new();
    for number in set {
        let fewer = without(&full, &[*number]);
        wanted.extend(search.costs.users_under(*number, &full)?.into_iter().map(|q| (q, fewer.clone())));
    }
    search.costs.learn(&wanted, &|| false).map(drop)
}

struct Worth {
    /// Cost saved, price taken off.
    saved: f64,
    /// Greatest share that one query saves.
    best_share: f64,
}

fn worth(search: &mut Search<'_, '_, '_>, set: &[IndexNumber], number: IndexNumber) -> Result<Worth, WhatIfError> {
    let (full, fewer) = (search.visible(set), search.visible(&without(set, &[number])));
    let users = search.costs.users_under(number, &full)?;
    let wanted: Vec<(usize, Set)> = users.iter().map(|q| (*q, fewer.clone())).collect();
    search.costs.learn(&wanted, &|| false)?;
    let mut worth = Worth { saved: -search.item(number).price, best_share: 0.0 };
    for query in users {
        let (with_it, without_it) = (search.costs.cost(query, &full)?, search.costs.cost(query, &fewer)?);
        worth.saved += search.weights[query] * (without_it - with_it);
        worth.best_share = f64::max(worth.best_share, 1.0 - with_it / without_it.max(1e-9));
    }
    Ok(worth)
}

/// Drops existing indexes that are superfluous, one by one, each tried on the planner with the earlier ones gone.
fn drop_superfluous(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    existing: &[Existing<'_>],
    removable: &[Existing<'_>],
    settled: &mut Settled,
) -> Result<(), WhatIfError> {
    for one in existing.iter().filter(|e| e.index.valid) {
        let mut others: Vec<(&Index, Option<IndexNumber>)> = Vec::new();
        let gone = |i: &Index| settled.drop.iter().any(|d| d.table == *one.table && d.index.name == i.name);
        others.extend(one.beside.iter().filter(|i| i.name != one.index.name && !gone(i)).map(|i| (i, None)));
        let created: Vec<(Index, IndexNumber)> = settled
            .create
            .iter()
            .map(|n| (&search.pool.all[search.place(*n)], *n))
            .filter(|(c, _)| c.table == *one.table)
            .map(|(c, n)| (c.index.clone(), n))
            .collect();
        others.extend(created.iter().map(|(i, n)| (i, Some(*n))));
        let plain: Vec<&Index> = others.iter().map(|(i, _)| *i).collect();
        let Some(why) = drops::superfluous(*one, &plain, input.stats, input.catalog) else { continue };
        match judge(input, search, removable, settled, *one, &plain, &why)? {
            Ok(evidence) => {
                let by = match &why {
                    Superfluous::Duplicate(name) | Superfluous::Prefix(name) => {
                        others.iter().find(|(i, _)| i.name == *name).and_then(|(_, n)| *n)
                    }
                    Superfluous::Unused => None,
                };
                settled.drop.push(Drop {
                    schema: one.table.schema.clone(),
                    table: one.table.clone(),
                    index: one.index.clone(),
                    number: number_of(removable, *one),
                    why,
                    evidence,
                    bytes: drops::bytes(*one, input.stats, input.catalog),
                    by,
                });
            }
            Err(Some(reason)) => {
                settled.kept.push(KeptIndex { index: one.name(), reason, bytes: drops::bytes(*one, input.stats, input.catalog) });
            }
            Err(None) => {}
        }
    }
    Ok(())
}

fn number_of(removable: &[Existing<'_>], one: Existing<'_>) -> Option<IndexNumber> {
    removable.iter().position(|r| r.table == one.table && r.index.name == one.index.name).map(|at| at as IndexNumber)
}

/// What the drop rests on; else why the index stays (nothing to say where it enforces a rule of its own).
fn judge(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    removable: &[Existing<'_>],
    settled: &Settled,
    one: Existing<'_>,
    others: &[&Index],
    why: &Superfluous,
) -> Result<Result<String, Option<String>>, WhatIfError> {
    if let Some(reason) = drops::needed_by_schema(one.index) {
        let obvious = one.index.primary || one.index.unique || one.index.exclusion || one.index.parent.is_some();
        return Ok(Err((!obvious).then(|| reason.to_owned())));
    }
    if let Some(reason) = drops::needed_by_others(input.catalog, one, others) {
        return Ok(Err(Some(reason)));
    }
    let evidence = match why {
        Superfluous::Duplicate(name) => format!("{name} is the same index"),
        Superfluous::Prefix(name) => format!("{name} begins with the same keys"),
        Superfluous::Unused => match drops::evidence(one, input) {
            Ok(evidence) => evidence,
            Err(reason) => return Ok(Err(Some(reason))),
        },
    };
    let Some(number) = number_of(removable, one) else { return Ok(Ok(evidence)) };
    let gone: Set = settled.drop.iter().filter_map(|d| d.number).collect();
    let before = without(&search.visible(&settled.create), &gone);
    let after = without(&before, &[number]);
    let allowed = if matches!(why, Superfluous::Prefix(_)) { REPLACE_HARM } else { DROP_HARM };
    for query in search.costs.users_under(number, &before)? {
        let (with_it, without_it) = (search.costs.cost(query, &before)?, search.costs.cost(query, &after)?);
        // What the plan as a whole already saves for the query may be spent here; what it has now may not.
        if without_it > with_it * (1.0 + allowed) && without_it > search.base(query) * (1.0 + DROP_HARM) {
            let id = &input.queries[query].query.id;
            return Ok(Err(Some(format!("query {id} would become {:.0} % dearer without it", (without_it / with_it - 1.0) * 100.0))));
        }
        if *why == Superfluous::Unused && without_it > with_it * (1.0 + allowed) {
            return Ok(Err(Some(format!("no scan was counted, but query {} of the workload would use it", input.queries[query].query.id))));
        }
    }
    Ok(Ok(evidence))
}

/// The sets visible after the plan: everything that remains and everything new.
pub(super) fn after(search: &Search<'_, '_, '_>, settled: &Settled) -> Set {
    let gone: Set = settled.drop.iter().filter_map(|d| d.number).collect();
    with(&without(&search.existing, &gone), &settled.create)
}
