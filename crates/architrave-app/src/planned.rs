//! The workload as it is planned on a twin, without what concerns no table of the user's.

use crate::error::AppError;
use crate::twin::Source;
use architrave_model::plan::Plan;
use architrave_model::workload::Workload;
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::Client;
use architrave_prove::workload::{PlannedQuery, PlannedWorkload, plan_workload};

/// Plans the workload; statements over system catalogues alone (monitoring, drivers that look types up) are left out.
pub(crate) async fn plan(client: &Client, workload: Workload, source: &Source) -> Result<PlannedWorkload, AppError> {
    let snapshot = &source.target.snapshot;
    let mut planned = plan_workload(client, workload, snapshot.stats.as_ref(), &snapshot.catalog).await?;
    planned.queries.retain(|q| concerns_tables(q, &snapshot.catalog));
    planned.refused.retain(|r| !(r.reason.starts_with("permission denied") && r.reason.contains(" pg_")));
    Ok(planned)
}

/// Whether it reads or writes a table or materialized view of the user's.
fn concerns_tables(query: &PlannedQuery, catalog: &Catalog) -> bool {
    let known = |name: &QualifiedName| catalog.table_named(name).is_some() || catalog.view(&name.schema, &name.name).is_some();
    let touches = |plan: &Plan| plan.nodes().iter().filter_map(|n| n.qualified_relation()).any(|name| known(&name));
    let plan = query.plans.first().map(|p| &p.plan).or(query.generic.as_ref());
    query.shape.scans.iter().any(|s| known(&s.table)) || plan.is_some_and(touches)
}
