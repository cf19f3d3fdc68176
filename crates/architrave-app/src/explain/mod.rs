//! `architrave explain`: what a plan does wrong, why, and what became of trying to mend it on the twin.

mod attach;
mod growth;
mod input;
pub(crate) mod mask;
pub(crate) mod planning;
mod rewrites;
mod statistics;
mod trials;

use crate::error::AppError;
use crate::twin::{self, Growth, Source, Standing, TwinRequest};
use crate::workload::{self, Gathered};
use architrave_model::brief::Brief;
use architrave_model::context::{Context, Exposure};
use architrave_model::coverage::Gap;
use architrave_model::explained::{Explained, PlanOrigin};
use architrave_model::explanation::Explanation;
use architrave_model::house::HouseRules;
use architrave_model::platform::Server;
use architrave_model::stack::Stack;
use architrave_model::workload::{QuerySource, Workload, WorkloadQuery};
use architrave_model::{Catalog, Finding};
use architrave_postgres::Client;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Database, Progress};
use architrave_prove::workload::{PlannedQuery, plan_workload};
use architrave_read::plan::ReadPlan;
use input::Asked;
use mask::Hide;
use std::path::PathBuf;

/// What to explain, and against what.
#[derive(Debug)]
pub struct ExplainRequest {
    /// SQL, a plan in any format, or the id of a query of the workload.
    pub text: String,
    /// The file that the text stood in, if any.
    pub name: Option<String>,
    /// The database; without one only a plan can be explained, and nothing is tried.
    pub over: Option<TwinRequest>,
    /// Factors of growth to plan again for.
    pub grow: Vec<f64>,
    /// File or directory of the workload, when it is not the server's own.
    pub workload: Option<PathBuf>,
}

/// Statements of the workload that are watched while changes are tried.
const WATCHED: usize = 60;

/// Explains all that was asked.
pub async fn explain(request: &ExplainRequest, progress: &dyn Progress) -> Result<Vec<Explanation>, AppError> {
    let asked = input::understand(&request.text, request.name.as_deref())?;
    let Some(over) = &request.over else { return asked.into_iter().map(without_database).collect() };
    let source = twin::source(over, progress).await?;
    let standing = twin::build(&source, &Growth::default(), 1, &over.server, progress).await?;
    let gathered = workload::gather(&source.target, workload::directory(&over.target), request.workload.as_deref())?;
    let mut bench = Bench::open(&source, &standing, over, &gathered, &request.grow).await?;
    let mut all = Vec::new();
    progress.begin("explaining", u64::try_from(asked.len()).ok());
    for one in asked {
        all.push(Box::pin(bench.explain(one, &gathered)).await?);
        progress.advance(1);
    }
    progress.end();
    Ok(all)
}

/// A plan alone: the rules look at it, nothing is tried.
fn without_database(asked: Asked) -> Result<Explanation, AppError> {
    let (name, plan) = match asked {
        Asked::Plan { name, plan } => (name, plan),
        Asked::Statement { name, .. } => {
            return Err(AppError::Asked(format!(
                "{name} has no plan yet: name the database with --db postgres://… (or a snapshot), or give the output of EXPLAIN"
            )));
        }
        Asked::Query(id) => {
            return Err(AppError::Asked(format!(
                "{id} is the id of a query; name the database whose workload has it with --db postgres://…"
            )));
        }
    };
    let explained = of_plan(&name, &plan);
    let mut explanation = begin(&explained, Hide::Strings);
    explanation.findings = rules(&explained, None);
    attach::untried(&mut explanation.findings, "no database was named; --db postgres://… (or a snapshot) lets the fix be tried on a twin");
    explanation.gaps.push(Gap::new(
        "fixes",
        "no database was named, so nothing could be tried, and rules know no tables, sizes or settings",
        Some("name it with --db postgres://… or --db shop.snapshot.json"),
    ));
    Ok(explanation)
}

/// A plan that the user brought, as rules look at it.
fn of_plan(name: &str, read: &ReadPlan) -> Explained {
    let plan = mask::plan(&read.plan, Hide::Strings);
    let statement = plan.query_text.clone();
    Explained { name: name.to_owned(), statement, plan, origin: PlanOrigin::Given, calls: 1.0, shape: None, alternatives: Vec::new() }
}

/// What explaining works with.
struct Bench<'a> {
    source: &'a Source,
    standing: &'a Standing,
    over: &'a TwinRequest,
    client: Client,
    /// The rest of the workload, planned.
    others: Vec<PlannedQuery>,
    /// The schema without rows, made when a rewrite wants to be compared.
    bare: Option<Database>,
    grow: &'a [f64],
}

impl<'a> Bench<'a> {
    async fn open(
        source: &'a Source,
        standing: &'a Standing,
        over: &'a TwinRequest,
        gathered: &Gathered,
        grow: &'a [f64],
    ) -> Result<Bench<'a>, AppError> {
        let client = standing.first()?.connect().await?;
        let mut queries = gathered.workload.queries.clone();
        queries.truncate(WATCHED);
        let watched = Workload { queries, refused: Vec::new() };
        let others = crate::planned::plan(&client, watched, source).await?.queries;
        Ok(Self { source, standing, over, client, others, bare: None, grow })
    }

    fn catalog(&self) -> &'a Catalog {
        &self.source.target.snapshot.catalog
    }

    async fn explain(&mut self, asked: Asked, gathered: &Gathered) -> Result<Explanation, AppError> {
        match asked {
            Asked::Statement { name, sql } => Box::pin(self.statement(&name, &given(&sql), None)).await,
            Asked::Plan { name, plan } => {
                let explained = of_plan(&name, &plan);
                match plan.plan.query_text.clone() {
                    Some(sql) => Box::pin(self.statement(&name, &given(&sql), Some(explained))).await,
                    None => Ok(self.plan_alone(&explained)),
                }
            }
            Asked::Query(id) => {
                let Some(query) = workload::find(&gathered.workload, &id) else {
                    let n = gathered.workload.queries.len();
                    return Err(AppError::Asked(format!(
                        "{} ({n} queries) has no query {id}; `architrave index` lists their ids",
                        gathered.from
                    )));
                };
                Box::pin(self.statement(&id, &query.clone(), None)).await
            }
        }
    }

    /// A plan whose statement is not known: looked at with the catalogue, statistics and settings, but nothing can be tried.
    fn plan_alone(&self, explained: &Explained) -> Explanation {
        let mut explanation = begin(explained, Hide::Strings);
        explanation.target = Some(self.source.target.name.clone());
        explanation.findings = rules(explained, Some(self.source));
        attach::untried(&mut explanation.findings, "the plan does not tell its statement, so nothing could be planned again");
        explanation.gaps.push(Gap::new(
            "fixes",
            "the plan does not tell its statement, so nothing could be planned again",
            Some("give the SQL instead, or a plan with its Query Text (auto_explain)"),
        ));
        explanation
    }

    /// A statement; with `plan` when the user brought one (its figures lead, the twin tries the fixes).
    async fn statement(&mut self, name: &str, query: &WorkloadQuery, plan: Option<Explained>) -> Result<Explanation, AppError> {
        let stats = self.source.target.snapshot.stats.as_ref();
        let one = Workload { queries: vec![query.clone()], refused: Vec::new() };
        let mut planned = plan_workload(&self.client, one, stats, self.catalog()).await?;
        let Some(planned) = planned.queries.pop() else {
            let reason = planned.refused.pop().map_or_else(|| "it is no query".to_owned(), |r| r.reason);
            return match plan {
                Some(explained) => {
                    let mut explanation = self.plan_alone(&explained);
                    explanation.gaps = vec![Gap::new("fixes", format!("its statement cannot be planned on the twin: {reason}"), None)];
                    Ok(explanation)
                }
                None => Err(AppError::Asked(format!("{name} cannot be planned: {reason}"))),
            };
        };
        // Values for parameters come out of statistics: rows of the source.
        let hide = if planned.generic.is_some() { Hide::All } else { Hide::Strings };
        let mut on_twin = planned.explained();
        name.clone_into(&mut on_twin.name);
        on_twin.plan = mask::plan(&on_twin.plan, hide);
        for alternative in &mut on_twin.alternatives {
            alternative.plan = mask::plan(&alternative.plan, hide);
        }
        let explained = match plan {
            Some(given) => Explained { shape: on_twin.shape.clone(), ..given },
            None => on_twin,
        };
        let mut explanation = begin(&explained, hide);
        explanation.target = Some(self.source.target.name.clone());
        explanation.calls = (query.calls > 1.0).then_some(query.calls);
        if hide == Hide::Strings && matches!(query.source, QuerySource::Given) {
            explanation.statement = Some(query.text.clone());
        }
        explanation.findings = rules(&explained, Some(self.source));
        explanation.gaps.extend(planned.notes.iter().map(|n| Gap::new("the plan", n.clone(), None)));
        explanation.gaps.extend(self.source.target.snapshot.gaps.iter().filter(|g| g.what == "planner statistics").cloned());
        explanation.gaps.extend(self.standing.gaps.iter().cloned());
        self.try_everything(&planned, &mut explanation, hide).await?;
        Ok(explanation)
    }

    async fn try_everything(&mut self, planned: &PlannedQuery, explanation: &mut Explanation, hide: Hide) -> Result<(), AppError> {
        let (Some(variant), Some(before)) = (planned.query.variants.first(), planned.plans.first()) else { return Ok(()) };
        let settings: Vec<(String, String)> = planned.search_path.iter().map(|p| ("search_path".to_owned(), p.clone())).collect();
        explanation.trials = trials::run(self, planned, &variant.sql, &before.plan, &settings, &explanation.findings, hide).await?;
        attach::proofs(&mut explanation.findings, &explanation.trials);
        if !architrave_sql::rewrite::rewrites(&planned.query.text, self.catalog()).is_empty() {
            if self.bare.is_none() {
                self.bare = Some(architrave_postgres::twin::Twin::bare(&self.standing.server, &twin::schema(self.source)).await?);
            }
            let confined = Confined::new(&self.standing.server).await?;
            if let Some(bare) = &self.bare {
                let means = rewrites::Means { confined: &confined, bare, catalog: self.catalog(), client: &self.client };
                explanation.rewrites = rewrites::try_all(&means, &planned.query.text, &variant.sql, &before.plan, &settings, hide).await?;
            }
        }
        explanation.growth = growth::plans(self, &variant.sql, &before.plan, &settings, hide).await?;
        Ok(())
    }
}

/// A statement that came with the request.
fn given(sql: &str) -> WorkloadQuery {
    WorkloadQuery {
        id: architrave_sql::parameters::identity(sql),
        text: sql.to_owned(),
        source: QuerySource::Given,
        calls: 1.0,
        mean_ms: None,
        rows_per_call: None,
        search_path: None,
        variants: Vec::new(),
        logged_plan: None,
    }
}

fn begin(explained: &Explained, hide: Hide) -> Explanation {
    let mut alternatives = explained.alternatives.clone();
    for alternative in &mut alternatives {
        alternative.plan = mask::plan(&alternative.plan, hide);
    }
    Explanation {
        name: explained.name.clone(),
        statement: explained.statement.clone(),
        origin: explained.origin,
        plan: explained.plan.clone(),
        alternatives,
        ..Explanation::default()
    }
}

/// What the rules about plans say, worst first.
fn rules(explained: &Explained, source: Option<&Source>) -> Vec<Finding> {
    let ids: Vec<&str> = architrave_rules::registry::all().filter(|r| r.id.starts_with("plan/")).map(|r| r.id).collect();
    let (catalog, server, exposure) = (Catalog::default(), Server::default(), Exposure::default());
    let (stack, house, brief) = (Stack::default(), HouseRules::default(), Brief::default());
    let one = std::slice::from_ref(explained);
    let context = match source {
        Some(Source { target, project, .. }) => Context {
            stats: target.snapshot.stats.as_ref(),
            settings: target.snapshot.settings.as_ref(),
            explained: one,
            now: target.snapshot.stats.as_ref().map_or(0.0, |s| s.captured_at),
            ..Context::of(
                &target.snapshot.catalog,
                &target.snapshot.server,
                &target.exposure,
                &project.stack,
                &project.house,
                &project.brief,
            )
        },
        None => Context { explained: one, ..Context::of(&catalog, &server, &exposure, &stack, &house, &brief) },
    };
    architrave_rules::run(&context, Some(&ids)).findings
}
