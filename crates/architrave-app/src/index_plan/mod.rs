//! `architrave index`: one plan of indexes for a whole workload, tried on twins, and executed on generated rows when asked.

mod advise;
mod verify;

use crate::error::AppError;
use crate::twin::{self, Source, TwinRequest};
use crate::workload::{self, Gathered};
use architrave_model::coverage::Gap;
use architrave_model::index_report::{IndexReport, NamedStatement};
use architrave_postgres::server::Progress;
use architrave_prove::workload::{PlannedQuery, PlannedWorkload};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use advise::{Wanted, advise};

/// What to advise on.
#[derive(Debug)]
pub struct IndexRequest {
    /// The database.
    pub over: TwinRequest,
    /// File or directory of the workload, when it is not the server's own.
    pub workload: Option<PathBuf>,
    /// Limit for the bytes of new indexes, if any.
    pub budget: Option<f64>,
    /// How long to search.
    pub time: Duration,
    /// Execute the advice on generated rows.
    pub verify: bool,
}

/// Advises.
pub async fn plan(request: &IndexRequest, progress: &dyn Progress) -> Result<IndexReport, AppError> {
    let source = twin::source(&request.over, progress).await?;
    let gathered = workload::gather(&source.target, workload::directory(&request.over.target), request.workload.as_deref())?;
    if gathered.workload.queries.is_empty() && request.workload.is_none() {
        return Err(AppError::Target(nothing_to_advise_on(&source)));
    }
    let standing = twin::build(&source, &request.over.growth, cores() + 1, &request.over.server, progress).await?;
    let mut standing = standing;
    let Some(first) = standing.twins.pop() else { return Err(AppError::Target("no twin was built".to_owned())) };
    progress.begin("planning the workload", None);
    let client = first.connect().await?;
    let planned = crate::planned::plan(&client, gathered.workload.clone(), &source).await?;
    drop((client, first));
    progress.begin("searching", None);
    let wanted = Wanted { budget: request.budget, time: request.time };
    let twins = std::mem::take(&mut standing.twins);
    let advice = advise(&source, twins, &planned.queries, wanted).await?;
    progress.end();
    let mut report = report(&source, &gathered, &planned);
    report.advice = advice;
    if request.verify {
        let server = &request.over.server;
        report.verification = Some(verify::verify(&source, &planned.queries, &mut report.advice, server, progress).await?);
    }
    report.gaps.extend(standing.gaps.iter().cloned());
    Ok(report)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8)
}

fn report(source: &Source, gathered: &Gathered, planned: &PlannedWorkload) -> IndexReport {
    let notes = planned.queries.iter().flat_map(|q| q.notes.iter().map(|n| Gap::new(format!("statement {}", q.query.id), n.clone(), None)));
    let mut gaps: Vec<Gap> = source.target.snapshot.gaps.iter().filter(|g| g.what == "planner statistics").cloned().collect();
    gaps.extend(notes);
    IndexReport {
        target: source.target.name.clone(),
        workload: gathered.from.clone(),
        statements: planned.queries.iter().map(named).collect(),
        refused: planned.refused.clone(),
        gaps,
        ..IndexReport::default()
    }
}

/// A statement as documents show it.
pub(crate) fn named(query: &PlannedQuery) -> NamedStatement {
    NamedStatement {
        id: query.query.id.clone(),
        text: architrave_sql::mask_literals(&query.query.text).split_whitespace().collect::<Vec<_>>().join(" "),
        calls: query.query.calls,
    }
}

fn nothing_to_advise_on(source: &Source) -> String {
    let how = "name the statements with --workload FILE|DIRECTORY (.sql, .json or a server log)";
    match source.target.snapshot.stats {
        Some(_) if source.target.replay.is_none() => format!(
            "{} tells of no statements: pg_stat_statements is not installed there, empty, or not readable for this role; {how}",
            source.target.name
        ),
        _ => format!("{} has no statements to advise on; {how}", source.target.name),
    }
}
