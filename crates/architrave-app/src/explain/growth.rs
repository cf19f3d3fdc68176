//! The same statement over more data.

use super::Bench;
use super::mask::{self, Hide};
use super::planning::{plan, same_shape};
use crate::error::AppError;
use crate::twin::{self, Growth, TwinOptions};
use architrave_model::explanation::GrownPlan;
use architrave_model::plan::Plan;
use architrave_postgres::twin::Twin;

/// Plans the statement on a twin of each size.
pub(super) async fn plans(
    bench: &Bench<'_>,
    sql: &str,
    before: &Plan,
    settings: &[(String, String)],
    hide: Hide,
) -> Result<Vec<GrownPlan>, AppError> {
    let mut grown = Vec::new();
    for factor in bench.grow {
        let options = TwinOptions { growth: Growth { factor: *factor, tables: bench.over.growth.tables.clone() } };
        let larger = Twin::build(&bench.standing.server, &twin::schema(bench.source), &bench.source.target.snapshot, &options).await?;
        let client = larger.connect().await?;
        // What could be planned at today's size can be at any.
        let Ok(after) = plan(&client, sql, settings).await else { continue };
        let flips = !same_shape(before, &after);
        grown.push(GrownPlan {
            factor: *factor,
            cost: after.root.total_cost,
            cost_factor: after.root.total_cost / before.root.total_cost.max(f64::MIN_POSITIVE),
            flips,
            plan: flips.then(|| mask::plan(&after, hide)),
        });
    }
    Ok(grown)
}
