//! The plan put into words and figures: every step with the queries it helps and those it hurts, the rest of the plan in place.

use super::because;
use super::candidates::Candidate;
use super::costs::{Set, with, without};
use super::definition;
use super::drops::{Existing, Superfluous};
use super::input::IndexInput;
use super::relation::Facts;
use super::search::Search;
use super::settle::{self, Drop, HARM, Settled};
use architrave_model::catalog::{Index, TableKind};
use architrave_model::index_advice::{
    AdviceSummary, IndexAction, IndexAdvice, IndexStep, KeptIndex, QueryChange, QueryEffect, SearchEnd, SearchRecord, ServingIndex,
    WithheldIndex,
};
use architrave_model::name::{QualifiedName, quote_ident};
use architrave_model::what_if::{IndexNumber, WhatIfError};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of a query's cost below this share are not worth a line.
const NOTICEABLE: f64 = 0.01;

/// The advice.
pub(super) fn advice(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    removable: &[Existing<'_>],
    settled: Settled,
) -> Result<IndexAdvice, WhatIfError> {
    let after = settle::after(search, &settled);
    let everything: Vec<(usize, Set)> = (0..input.queries.len()).map(|q| (q, after.clone())).collect();
    search.costs.learn(&everything, &|| false)?;
    let mut steps = Vec::new();
    for number in &settled.create {
        steps.push(creation(input, search, &settled, &after, *number)?);
    }
    steps.sort_by(|a, b| b.saves.total_cmp(&a.saves).then_with(|| a.up.cmp(&b.up)));
    for drop in settled.drop.iter().filter(|d| d.by.is_none()) {
        steps.push(removal(input, search, &after, drop)?);
    }
    let queries = effects(input, search, removable, &after)?;
    let summary = summary(input, search, &settled, &steps, &queries);
    let mut withheld = settled.withheld;
    withheld.extend(withheld_for_reasons(input, search));
    let mut kept: Vec<KeptIndex> = settled.kept;
    kept.sort_by(|a, b| a.index.cmp(&b.index));
    Ok(IndexAdvice {
        steps,
        queries,
        summary,
        serving: serving(input, search, removable),
        withheld,
        kept,
        search: SearchRecord {
            end: if search.time_up { SearchEnd::TimeUp } else { SearchEnd::Finished },
            candidates: search.items.len(),
            refused: search.refused.iter().flatten().count(),
            asked: search.costs.asked,
            planned: search.costs.planned,
            rounds: search.rounds,
        },
        unknowns: unknowns(input, search),
    })
}

/// What queries cost before and after one step, with everything else of the plan in place.
fn changes(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    about: &[IndexNumber],
    before: &[IndexNumber],
    after: &[IndexNumber],
) -> Result<(Vec<(usize, QueryChange)>, f64), WhatIfError> {
    let mut users = BTreeSet::new();
    for number in about {
        let side = if after.contains(number) { after } else { before };
        users.extend(search.costs.users_under(*number, side)?);
    }
    let (mut all, mut saved) = (Vec::new(), 0.0);
    for query in users {
        let (likely_before, likely_after) = (search.costs.cost(query, before)?, search.costs.cost(query, after)?);
        saved += search.weights[query] * (likely_before - likely_after);
        let before = search.costs.planner_cost(query, before).unwrap_or(likely_before);
        let after = search.costs.planner_cost(query, after).unwrap_or(likely_after);
        if (after - before).abs() > NOTICEABLE * before {
            all.push((query, QueryChange { query: input.queries[query].query.id.clone(), before, after }));
        }
    }
    Ok((all, saved))
}

fn creation(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    settled: &Settled,
    after: &[IndexNumber],
    number: IndexNumber,
) -> Result<IndexStep, WhatIfError> {
    let candidate = search.pool.all[search.place(number)].clone();
    let replaced: Vec<&Drop> = settled.drop.iter().filter(|d| d.by == Some(number)).collect();
    let gone: Set = replaced.iter().filter_map(|d| d.number).collect();
    let before = with(&without(after, &[number]), &gone);
    let about = with(&[number], &gone);
    let (changes, saved) = changes(input, search, &about, &before, after)?;
    let facts = Facts { catalog: input.catalog, stats: input.stats, major: input.major };
    let helped: Vec<usize> = changes.iter().filter(|(_, c)| c.after < c.before).map(|(q, _)| *q).collect();
    let saving = |query: usize, c: &QueryChange| search.weights[query] * (c.before - c.after);
    let mut helps: Vec<(f64, QueryChange)> =
        changes.iter().filter(|(_, c)| c.after < c.before).map(|(q, c)| (saving(*q, c), c.clone())).collect();
    helps.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.query.cmp(&b.1.query)));
    let mut hurts: Vec<QueryChange> = changes.into_iter().map(|(_, c)| c).filter(|c| c.after > c.before).collect();
    let mut upkeep = architrave_model::index_advice::Upkeep::default();
    if let Some(relation) = search.pool.relation(&candidate.table) {
        upkeep = search.writes.upkeep(&relation, &candidate.index, candidate.size, candidate.share);
        for query in 0..input.queries.len() {
            let more = search.writes.per_call(query, &relation, &candidate.index, candidate.size, candidate.share);
            if more > 0.0 {
                let before = search.base(query) + search.writes.now(query);
                hurts.push(QueryChange { query: input.queries[query].query.id.clone(), before, after: before + more });
            }
        }
    }
    hurts.sort_by(|a, b| (b.after / b.before).total_cmp(&(a.after / a.before)).then_with(|| a.query.cmp(&b.query)));
    let (up, down, mut cautions) = statements(input, &candidate, &replaced);
    cautions.extend(
        hurts
            .iter()
            .filter(|c| c.after > c.before * (1.0 + HARM))
            .map(|c| format!("query {} becomes {:.0} % dearer by it", c.query, (c.after / c.before - 1.0) * 100.0)),
    );
    if upkeep.hot_updates_lost >= 1.0 {
        cautions.push(format!("{:.0} updates that touched no index before would write to all of them", upkeep.hot_updates_lost));
    }
    if candidate.index.predicate.as_deref().is_some_and(|p| p.contains('\'')) {
        cautions.push("serves only calls with the constants of its condition: make sure that they are always the same".into());
    }
    let action = match replaced.len() {
        0 => IndexAction::Create,
        1 => IndexAction::Replace,
        _ => IndexAction::Merge,
    };
    let mut because = because::reasons(&facts, input.queries, &candidate, &helped);
    because.extend(preferred_to(search, number, &helped));
    because.extend(replaced.iter().map(|d| format!("takes the place of {}, whose keys it begins with", d.index.name)));
    Ok(IndexStep {
        action,
        table: candidate.table.clone(),
        replaces: replaced.iter().map(|d| d.index.name.clone()).collect(),
        up,
        down,
        bytes: Some(candidate.size.bytes()),
        saves: saved - if upkeep.weighed { upkeep.cost } else { 0.0 },
        upkeep,
        helps: helps.into_iter().map(|(_, c)| c).collect(),
        hurts,
        because,
        cautions,
        index: Some(candidate.index),
    })
}

/// Wider indexes with the same beginning that the planner was offered beside this one and left aside.
fn preferred_to(search: &Search<'_, '_, '_>, number: IndexNumber, helped: &[usize]) -> Option<String> {
    let own = &search.pool.all[search.place(number)];
    let mut wider: BTreeSet<String> = BTreeSet::new();
    for fact in helped.iter().flat_map(|q| search.costs.facts(*q)).filter(|f| f.used.binary_search(&number).is_ok()) {
        for other in search.candidates_of(&fact.visible) {
            let other = &search.pool.all[search.place(other)];
            let (keys, more) = (&own.index.keys, &other.index.keys);
            let extends = more.len() == keys.len() + 1 && more.starts_with(keys) && other.index.include.is_empty();
            if other.table == own.table && extends && other.index.predicate == own.index.predicate {
                wider.extend(more.last().map(|k| definition::term_sql(&definition::term(k))));
            }
        }
    }
    if wider.is_empty() {
        return None;
    }
    let names = Vec::from_iter(wider).join(" or ");
    Some(format!("followed by {names} it was tried too: the planner does not take the longer one"))
}

/// Statements up and down, and what to look out for.
fn statements(input: &IndexInput<'_>, candidate: &Candidate, replaced: &[&Drop]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let table = input.catalog.table_named(&candidate.table);
    let name = QualifiedName::new(&candidate.table.schema, &candidate.index.name).sql();
    let (mut up, mut down, mut cautions) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(table) = table.filter(|t| t.kind == TableKind::Partitioned) {
        let partitions: Vec<_> = input.catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(&table.name)).collect();
        if partitions.iter().all(|p| p.kind == TableKind::Ordinary) {
            let body = definition::create(&candidate.table, &candidate.index, "");
            up.push(body.replacen(&format!(" on {}", table.name.sql()), &format!(" on only {}", table.name.sql()), 1));
            let mut taken = BTreeSet::new();
            for partition in partitions {
                partition.indexes.iter().for_each(|i| {
                    taken.insert((partition.name.schema.clone(), i.name.clone()));
                });
                let mut own = candidate.index.clone();
                own.name = definition::free_name(&partition.name, &own, &mut taken);
                up.push(definition::create(&partition.name, &own, "concurrently"));
                let attached = QualifiedName::new(&partition.name.schema, &own.name).sql();
                up.push(format!("alter index {name} attach partition {attached}"));
            }
        } else {
            up.push(definition::create(&candidate.table, &candidate.index, ""));
            cautions.push("writers to all partitions wait while it is built: partitions are partitioned or foreign themselves".into());
        }
        down.push(format!("drop index {name}"));
    } else {
        up.push(definition::create(&candidate.table, &candidate.index, "concurrently"));
        down.push(format!("drop index concurrently {name}"));
    }
    for drop in replaced {
        up.push(drop_sql(input, drop));
        down.insert(0, recreate(input, &drop.table, &drop.index));
    }
    (up, down, cautions)
}

fn drop_sql(input: &IndexInput<'_>, drop: &Drop) -> String {
    let how = if is_partitioned(input, &drop.table) { "" } else { "concurrently " };
    format!("drop index {how}{}.{}", quote_ident(&drop.schema), quote_ident(&drop.index.name))
}

fn is_partitioned(input: &IndexInput<'_>, table: &QualifiedName) -> bool {
    input.catalog.table_named(table).is_some_and(|t| t.kind == TableKind::Partitioned)
}

/// The statement that brings an existing index back.
fn recreate(input: &IndexInput<'_>, table: &QualifiedName, index: &Index) -> String {
    let how = if is_partitioned(input, table) { "" } else { "concurrently" };
    definition::create(table, index, how)
}

fn removal(input: &IndexInput<'_>, search: &mut Search<'_, '_, '_>, after: &[IndexNumber], drop: &Drop) -> Result<IndexStep, WhatIfError> {
    let (mut helps, mut hurts, mut saved) = (Vec::new(), Vec::new(), 0.0);
    if let Some(number) = drop.number {
        let (changes, total) = changes(input, search, &[number], &with(after, &[number]), after)?;
        saved = total;
        for (_, change) in changes {
            if change.after < change.before { helps.push(change) } else { hurts.push(change) }
        }
    }
    let mut upkeep = architrave_model::index_advice::Upkeep::default();
    if let Some(relation) = search.pool.relation(&drop.table) {
        upkeep = search.writes.upkeep(&relation, &drop.index, architrave_model::what_if::IndexSize::default(), 1.0);
    }
    let mut cautions = Vec::new();
    let mut because = vec![drop.evidence.clone()];
    match drop.why {
        Superfluous::Unused => {
            because.push("no query of the workload becomes dearer without it".into());
            cautions.push("a job that runs less often than the counters are old may still need it".into());
        }
        _ => {
            because
                .push("no query of the workload becomes dearer without it, on replicas neither: the other index answers the same".into());
        }
    }
    Ok(IndexStep {
        action: IndexAction::Drop,
        table: drop.table.clone(),
        index: Some(drop.index.clone()),
        replaces: Vec::new(),
        up: vec![drop_sql(input, drop)],
        down: vec![recreate(input, &drop.table, &drop.index)],
        bytes: drop.bytes,
        saves: saved + if upkeep.weighed { upkeep.cost } else { 0.0 },
        upkeep,
        helps,
        hurts,
        because,
        cautions,
    })
}

fn effects(
    input: &IndexInput<'_>,
    search: &mut Search<'_, '_, '_>,
    removable: &[Existing<'_>],
    after: &[IndexNumber],
) -> Result<Vec<QueryEffect>, WhatIfError> {
    let mut all = Vec::new();
    for (number, query) in input.queries.iter().enumerate() {
        let cost = search.costs.cost(number, after)?;
        let planner = search.costs.planner_cost(number, after).unwrap_or(cost);
        let mut uses: Vec<String> = Vec::new();
        if let Some(fact) = search.costs.known(number, after) {
            uses.extend(fact.others.iter().map(ToString::to_string));
            for used in &fact.used {
                let existing = removable.get(*used as usize).filter(|_| *used < search.offset).map(Existing::name);
                let name = existing.unwrap_or_else(|| {
                    let candidate = &search.pool.all[search.place(*used)];
                    QualifiedName::new(&candidate.table.schema, &candidate.index.name)
                });
                uses.push(name.to_string());
            }
        }
        uses.sort();
        all.push(QueryEffect {
            query: query.query.id.clone(),
            calls: query.query.calls,
            before: search.costs.planner_cost(number, &search.existing).unwrap_or_else(|| search.base(number)),
            after: planner,
            bound: search.costs.least_planner_cost(number).min(planner),
            uses,
        });
    }
    Ok(all)
}

fn summary(
    input: &IndexInput<'_>,
    search: &Search<'_, '_, '_>,
    settled: &Settled,
    steps: &[IndexStep],
    queries: &[QueryEffect],
) -> AdviceSummary {
    let total = |of: &dyn Fn(&QueryEffect) -> f64| queries.iter().map(|q| q.calls.max(0.0) * of(q)).sum();
    let sign = |s: &IndexStep| if s.action == IndexAction::Drop { -1.0 } else { 1.0 };
    AdviceSummary {
        cost_before: total(&|q| q.before),
        cost_after: total(&|q| q.after),
        cost_bound: total(&|q| q.bound),
        upkeep: steps.iter().map(|s| sign(s) * s.upkeep.cost).sum(),
        bytes_created: search.bytes(&settled.create),
        bytes_dropped: settled.drop.iter().filter_map(|d| d.bytes).sum(),
        budget: input.budget,
    }
}

/// Existing indexes that plans use before anything is done.
fn serving(input: &IndexInput<'_>, search: &Search<'_, '_, '_>, removable: &[Existing<'_>]) -> Vec<ServingIndex> {
    let mut by_name: BTreeMap<QualifiedName, Vec<String>> = BTreeMap::new();
    for (number, query) in input.queries.iter().enumerate() {
        let Some(fact) = search.costs.known(number, &search.existing) else { continue };
        let known = fact.used.iter().filter_map(|n| removable.get(*n as usize)).map(Existing::name);
        for name in known.chain(fact.others.iter().cloned()) {
            by_name.entry(name).or_default().push(query.query.id.clone());
        }
    }
    by_name.into_iter().map(|(index, queries)| ServingIndex { index, queries }).collect()
}

/// What an extension would allow, and what PostgreSQL refused.
fn withheld_for_reasons(input: &IndexInput<'_>, search: &Search<'_, '_, '_>) -> Vec<WithheldIndex> {
    let ids = |queries: &BTreeSet<usize>| queries.iter().map(|q| input.queries[*q].query.id.clone()).collect();
    let mut all = Vec::new();
    for (missing, queries) in &search.pool.missing {
        all.push(WithheldIndex {
            table: missing.table.clone(),
            create: format!("create index concurrently on {} {}", missing.table.sql(), missing.body),
            reason: format!("needs extension {}, which is not installed", missing.extension),
            queries: ids(queries),
        });
    }
    for (candidate, refused) in search.pool.all.iter().zip(&search.refused) {
        // Of those refused, only the plainest are worth telling: wider ones fail for the same reason.
        if let Some(reason) = refused.as_ref().filter(|_| candidate.index.keys.len() == 1 && candidate.index.include.is_empty()) {
            all.push(WithheldIndex {
                table: candidate.table.clone(),
                create: definition::create(&candidate.table, &candidate.index, "concurrently"),
                reason: format!("PostgreSQL refuses it: {reason}"),
                queries: ids(&candidate.queries),
            });
        }
    }
    all
}

fn unknowns(input: &IndexInput<'_>, search: &Search<'_, '_, '_>) -> Vec<String> {
    let mut all = Vec::new();
    if input.stats.is_none() {
        all.push("no statistics: sizes, writes and the use of indexes are not known".to_owned());
    }
    let unseen = search.writes.unseen();
    if !search.writes.weighed() {
        all.push("writes were not weighed: the workload has no statement that writes".to_owned());
    } else if !unseen.is_empty() {
        let more = if unseen.len() > 5 { format!(" and {} more", unseen.len() - 5) } else { String::new() };
        let some = unseen[..unseen.len().min(5)].join(", ");
        all.push(format!("writes to {some}{more} were counted, but by no statement of the workload: not weighed"));
    }
    if input.replicas == super::input::Replicas::NotCounted {
        all.push("replicas' statistics were not given: no index is dropped for want of use".to_owned());
    }
    let no_shape: Vec<&str> = input.queries.iter().filter(|q| q.shapes.is_empty()).map(|q| q.query.id.as_str()).collect();
    if !no_shape.is_empty() {
        all.push(format!("nothing is known of what {} ask of tables: no candidates for them", no_shape.join(", ")));
    }
    all
}
