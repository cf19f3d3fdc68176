//! A workload planned on a database that plans like the source: texts with `$n` get values from the statistics, and every statement
//! its generic plan, a plan per choice of values, and what it asks of the tables. Nothing is executed.

mod array;
mod choice;
mod literal;
mod repair;
#[cfg(test)]
mod tests;

use architrave_model::catalog::Catalog;
use architrave_model::explained::{AlternativePlan, Explained, PlanOrigin};
use architrave_model::plan::Plan;
use architrave_model::stats::Stats;
use architrave_model::workload::{QueryShape, QueryVariant, RefusedQuery, Workload, WorkloadQuery};
use architrave_postgres::Client;
use architrave_postgres::plan_session::{PlanSession, PlanSessionError, Refusal};
use architrave_sql::parameters::{bind, mend, parameters};
use architrave_sql::plan_shape::{comparisons, shape};
use choice::Chooser;
use repair::Repairs;
use std::collections::BTreeSet;

/// A workload with its plans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlannedWorkload {
    /// Statements in the order they were given.
    pub queries: Vec<PlannedQuery>,
    /// Statements that cannot be planned, those that were refused before among them.
    pub refused: Vec<RefusedQuery>,
}

/// A statement with its plans.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedQuery {
    /// Statement; its variants are what to plan in its place, the most frequent first.
    pub query: WorkloadQuery,
    /// What it asks of the tables, parameters left open.
    pub shape: QueryShape,
    /// Plan for unknown values; none for a statement without parameters.
    pub generic: Option<Plan>,
    /// Plan of each variant, in their order.
    pub plans: Vec<AlternativePlan>,
    /// `search_path` to plan the variants under, when the session's own would not do.
    pub search_path: Option<String>,
    /// What a reader of its plans must know, fragments.
    pub notes: Vec<String>,
}

impl PlannedQuery {
    /// As rules look at it: the plan of the most frequent variant, the others and the generic one as alternatives.
    pub fn explained(&self) -> Explained {
        let mut plans = self.plans.iter();
        let plan = plans.next().map(|p| p.plan.clone()).or_else(|| self.generic.clone()).unwrap_or_default();
        let mut alternatives: Vec<AlternativePlan> = plans.cloned().collect();
        alternatives.extend(self.generic.iter().map(|plan| AlternativePlan { choice: GENERIC.to_owned(), plan: plan.clone() }));
        Explained {
            name: self.query.id.clone(),
            statement: Some(architrave_sql::mask_literals(&self.query.text)),
            plan,
            origin: PlanOrigin::Twin,
            calls: self.query.calls,
            shape: Some(self.shape.clone()),
            alternatives,
        }
    }
}

/// What the generic plan is called among alternatives.
pub const GENERIC: &str = "generic plan";

/// What the only variant of a statement without parameters is called.
pub const AS_WRITTEN: &str = "as written";

/// Plans a workload in one read-only transaction of `client`, which must not be in one. Errors only when the server is lost.
pub async fn plan_workload(
    client: &Client,
    workload: Workload,
    stats: Option<&Stats>,
    catalog: &Catalog,
) -> Result<PlannedWorkload, PlanSessionError> {
    let session = PlanSession::open(client).await?;
    let planner = Planner { session, stats, catalog };
    let mut planned = PlannedWorkload { queries: Vec::new(), refused: workload.refused };
    for query in workload.queries {
        match planner.plan(&query).await? {
            Ok(done) => planned.queries.push(done),
            Err(reason) => planned.refused.push(refused(&query, reason)),
        }
    }
    planner.session.close().await?;
    Ok(planned)
}

/// Longest text of a refused statement that is kept, characters.
const SHORT: usize = 200;

fn refused(query: &WorkloadQuery, reason: String) -> RefusedQuery {
    let text = architrave_sql::mask_literals(&query.text).split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if text.chars().count() > SHORT { text.chars().take(SHORT).chain(['…']).collect() } else { text };
    RefusedQuery { text, source: query.source.clone(), reason }
}

struct Planner<'a> {
    session: PlanSession<'a>,
    stats: Option<&'a Stats>,
    catalog: &'a Catalog,
}

/// Inside, a lost session; else a plan or the reason why there is none.
type Outcome<T> = Result<Result<T, String>, PlanSessionError>;

impl Planner<'_> {
    async fn plan(&self, query: &WorkloadQuery) -> Outcome<PlannedQuery> {
        let mended = match mend(&query.text) {
            Ok(mended) => mended,
            Err(reason) => return Ok(Err(reason)),
        };
        let path = query.search_path.clone().unwrap_or_else(|| self.session.search_path.clone());
        if self.session.set_search_path(&path).await?.is_err() {
            return Ok(Err(format!("its search path {path:?} is none")));
        }
        let mut repairs = Repairs::new(mended, path, self.catalog);
        let types = match self.types(&mut repairs).await? {
            Ok(types) => types,
            // What was seen with its constants may be planned where the text without them is not.
            Err(_) if !query.variants.is_empty() => Vec::new(),
            Err(refusal) => return Ok(Err(reason(refusal))),
        };
        let text = repairs.text.clone();
        let mut planned = PlannedQuery {
            query: WorkloadQuery { variants: Vec::new(), ..query.clone() },
            shape: QueryShape::default(),
            generic: None,
            plans: Vec::new(),
            search_path: repairs.changed_path(),
            notes: Vec::new(),
        };
        let given = given(query);
        let variants = if types.is_empty() {
            let variants =
                if given.is_empty() { vec![QueryVariant { choice: AS_WRITTEN.to_owned(), sql: text, share: 1.0 }] } else { given };
            match self.session.bare_plan(variants.first().map_or("", |v| &v.sql)).await? {
                Ok(bare) => planned.shape = shape(&bare, self.catalog),
                Err(refusal) => return Ok(Err(reason(refusal))),
            }
            variants
        } else {
            let bare = match self.with_parameters(&text, &types, &mut planned).await? {
                Ok(bare) => bare,
                Err(refusal) => return Ok(Err(reason(refusal))),
            };
            let compared = comparisons(&bare, self.catalog);
            let chooser = Chooser::new(self.stats, self.catalog, &planned, compared, &types, &repairs.places);
            if given.is_empty() { chooser.variants(&text) } else { given }
        };
        if !planned.shape.scans.is_empty() && planned.shape.scans.iter().all(|s| is_system(&s.table.schema)) {
            return Ok(Err("it reads system catalogues only".to_owned()));
        }
        let outcome = self.plan_variants(variants, &mut planned).await?;
        planned.notes.extend(self.row_security(&planned.shape));
        Ok(outcome.map(|()| planned))
    }

    /// The types of the parameters, once the text is repaired as far as it can be.
    async fn types(&self, repairs: &mut Repairs<'_>) -> Result<Result<Vec<String>, Refusal>, PlanSessionError> {
        loop {
            let refusal = match self.session.parameter_types(&repairs.text).await? {
                Ok(types) => return Ok(Ok(types)),
                Err(refusal) => refusal,
            };
            if !repairs.try_after(&refusal) {
                return Ok(Err(repairs.first_refusal(refusal)));
            }
            // A path of schemas that exist is always accepted.
            let _accepted = self.session.set_search_path(&repairs.path).await?;
        }
    }

    async fn with_parameters(
        &self,
        text: &str,
        types: &[String],
        planned: &mut PlannedQuery,
    ) -> Result<Result<Plan, Refusal>, PlanSessionError> {
        match self.session.generic(text, types.len()).await? {
            Ok(plan) => planned.generic = Some(plan),
            Err(refusal) => return Ok(Err(refusal)),
        }
        let bare = self.session.bare_generic(text, types.len()).await?;
        Ok(bare.inspect(|plan| planned.shape = shape(plan, self.catalog)))
    }

    /// Plans the variants; those that PostgreSQL refuses (a value that is none of the type) are left out.
    async fn plan_variants(&self, variants: Vec<QueryVariant>, planned: &mut PlannedQuery) -> Outcome<()> {
        let mut last = None;
        for variant in variants {
            match self.session.plan(&variant.sql).await? {
                Ok(plan) => {
                    planned.plans.push(AlternativePlan { choice: variant.choice.clone(), plan });
                    planned.query.variants.push(variant);
                }
                Err(refusal) => last = Some(refusal),
            }
        }
        let total: f64 = planned.query.variants.iter().map(|v| v.share).sum();
        planned.query.variants.iter_mut().filter(|_| total > 0.0).for_each(|v| v.share /= total);
        match last {
            Some(refusal) if planned.plans.is_empty() => Ok(Err(reason(refusal))),
            _ => Ok(Ok(())),
        }
    }

    /// Whether policies would add conditions for other roles than the owner, as whom all is planned.
    fn row_security(&self, shape: &QueryShape) -> Option<String> {
        let tables: BTreeSet<String> = shape
            .scans
            .iter()
            .filter(|s| self.catalog.table_named(&s.table).is_some_and(|t| t.rls_enabled))
            .map(|s| s.table.to_string())
            .collect();
        let names = tables.into_iter().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| {
            format!("planned as the owner: conditions that row level security of {names} adds for other roles are not in the plan")
        })
    }
}

/// The variants that came with a query (values seen in a log), mended like its text; none when one of them cannot be.
fn given(query: &WorkloadQuery) -> Vec<QueryVariant> {
    let mended = |v: &QueryVariant| Some(QueryVariant { sql: mend(&v.sql).ok()?.text, ..v.clone() });
    let variants: Vec<QueryVariant> = query.variants.iter().map(mended).collect::<Option<_>>().unwrap_or_default();
    if variants.iter().all(|v| parameters(&v.sql).is_empty()) { variants } else { Vec::new() }
}

fn is_system(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

fn reason(refusal: Refusal) -> String {
    match refusal.sqlstate.as_str() {
        "57014" => "planning it took longer than 10 seconds".to_owned(),
        _ => refusal.message,
    }
}

/// A statement with these values in place of its parameters.
fn with_values(text: &str, values: &std::collections::BTreeMap<u32, String>) -> String {
    bind(text, values)
}
