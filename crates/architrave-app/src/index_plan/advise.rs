//! Runs the advisor over twins, off the runtime's threads.

use crate::error::AppError;
use crate::twin::Source;
use architrave_advise::index::{AdvisedQuery, IndexInput, Limits, Replicas, Write, WriteKind, advise_indexes};
use architrave_model::QualifiedName;
use architrave_model::index_advice::IndexAdvice;
use architrave_model::plan::PlanNode;
use architrave_model::stats::Stats;
use architrave_model::workload::QueryShape;
use architrave_postgres::twin::Twin;
use architrave_prove::what_if::{Planned, Planner};
use architrave_prove::workload::PlannedQuery;
use architrave_sql::set_list::SetList;
use std::time::{Duration, Instant};

/// Limits of the advice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Bytes of new indexes.
    pub(crate) budget: Option<f64>,
    /// How long to search.
    pub(crate) time: Duration,
}

/// Advice for these queries; one worker per twin, all of the source.
pub(crate) async fn advise(source: &Source, twins: Vec<Twin>, queries: &[PlannedQuery], wanted: Wanted) -> Result<IndexAdvice, AppError> {
    let snapshot = &source.target.snapshot;
    let (catalog, stats, major) = (snapshot.catalog.clone(), snapshot.stats.clone(), snapshot.server.major());
    let queries = queries.to_vec();
    let started = Instant::now();
    let search = move || {
        let mut oracle = Planner::new(twins, queries.iter().map(planned).collect())?;
        let shapes: Vec<Vec<QueryShape>> = queries.iter().map(|q| vec![q.shape.clone(); q.query.variants.len().max(1)]).collect();
        let advised: Vec<AdvisedQuery<'_>> =
            queries.iter().zip(&shapes).map(|(q, shapes)| AdvisedQuery { query: &q.query, shapes, writes: writes(q) }).collect();
        let input = IndexInput {
            catalog: &catalog,
            stats: stats.as_ref(),
            major,
            queries: &advised,
            budget: wanted.budget,
            replicas: replicas(stats.as_ref()),
        };
        // What comes after the search (settling, reporting) asks for plans, too.
        let expired = || started.elapsed() >= wanted.time.mul_f64(0.8);
        advise_indexes(&input, &mut oracle, Limits { expired: &expired, candidates: Limits::CANDIDATES })
    };
    match tokio::task::spawn_blocking(search).await {
        Ok(advice) => Ok(advice?),
        Err(_) => Err(AppError::Target("the search for indexes ended before its time; please report it".to_owned())),
    }
}

fn planned(query: &PlannedQuery) -> Planned {
    Planned {
        id: query.query.id.clone(),
        variants: query.query.variants.iter().map(|v| (v.sql.clone(), v.share)).collect(),
        search_path: query.search_path.clone(),
    }
}

/// Standbys run queries of their own, and count their index scans themselves.
fn replicas(stats: Option<&Stats>) -> Replicas {
    match stats {
        Some(stats) if stats.replication.is_empty() => Replicas::None,
        _ => Replicas::NotCounted,
    }
}

/// What a statement writes, as its plan says.
fn writes(query: &PlannedQuery) -> Vec<Write> {
    let Some(plan) = query.plans.first().map(|p| &p.plan).or(query.generic.as_ref()) else { return Vec::new() };
    let sql = query.query.variants.first().map_or(query.query.text.as_str(), |v| v.sql.as_str());
    let sets = architrave_sql::set_list::set_lists(sql);
    plan.nodes().into_iter().filter_map(|node| write(node, query.query.rows_per_call, &sets)).collect()
}

fn write(node: &PlanNode, rows_per_call: Option<f64>, sets: &[SetList]) -> Option<Write> {
    let kind = match node.operation.as_deref()? {
        "Insert" | "Merge" => WriteKind::Insert,
        "Update" => WriteKind::Update,
        "Delete" => WriteKind::Delete,
        _ => return None,
    };
    let table = QualifiedName::new(node.schema.clone().unwrap_or_else(|| "public".to_owned()), node.relation.clone()?);
    let expected: f64 = node.inputs().map(|c| c.rows).sum();
    let rows = rows_per_call.filter(|n| *n > 0.0).unwrap_or_else(|| expected.max(1.0));
    let set = sets.iter().filter(|set| kind == WriteKind::Update && set.table == table.name).flat_map(|set| set.columns.clone());
    Some(Write { columns: set.collect(), table, kind, rows })
}
