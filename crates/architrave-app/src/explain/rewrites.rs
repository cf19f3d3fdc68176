//! Rewrites of the statement: the same rows on generated ones, and cheaper on the twin, or not offered.

use super::mask::{self, Hide};
use super::planning::plan;
use crate::error::AppError;
use architrave_model::Catalog;
use architrave_model::explanation::{Outcome, RewriteTrial};
use architrave_model::plan::Plan;
use architrave_postgres::Client;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Database;
use architrave_prove::rewrite_trial::{Equivalence, compare};
use architrave_sql::parameters::bind;
use architrave_sql::rewrite::{Comparison, Rewrite, rewrites};

/// A rewrite is offered when the planner expects at least this share less.
const WORTHWHILE: f64 = 0.05;

/// What trying rewrites works with.
pub(super) struct Means<'a> {
    pub(super) confined: &'a Confined<'a>,
    /// The schema without rows and statistics.
    pub(super) bare: &'a Database,
    pub(super) catalog: &'a Catalog,
    /// A session on the twin.
    pub(super) client: &'a Client,
}

/// Tries all rewrites of `text`; `planned` is the same with literals for its parameters, and `before` its plan.
pub(super) async fn try_all(
    means: &Means<'_>,
    text: &str,
    planned: &str,
    before: &Plan,
    settings: &[(String, String)],
    hide: Hide,
) -> Result<Vec<RewriteTrial>, AppError> {
    let with_literals = rewrites(planned, means.catalog);
    let mut trials = Vec::new();
    for rewrite in rewrites(text, means.catalog) {
        let compared = compare(means.confined, means.bare, means.catalog, text, &rewrite).await?;
        let after = match with_literals.iter().find(|r| r.kind == rewrite.kind) {
            Some(same) => plan(means.client, &plannable(same), settings).await,
            None => Err("with values in place of its parameters it has another form".to_owned()),
        };
        trials.push(judge(&rewrite, compared, after, before, hide));
    }
    let rank = |t: &RewriteTrial| (t.verdict != Outcome::Proved, t.cost_after.unwrap_or(f64::MAX));
    trials.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
    Ok(trials)
}

/// The rewrite with something of the right type for the keys of the last row seen.
fn plannable(rewrite: &Rewrite) -> String {
    let Comparison::Page(page) = &rewrite.comparison else { return rewrite.sql.clone() };
    let keys = (page.first..).zip(&page.key_types).map(|(number, data_type)| (number, format!("(select null::{data_type})")));
    bind(&rewrite.sql, &keys.collect())
}

fn judge(rewrite: &Rewrite, compared: Equivalence, after: Result<Plan, String>, before: &Plan, hide: Hide) -> RewriteTrial {
    let mut trial = RewriteTrial {
        title: rewrite.kind.title().to_owned(),
        sql: if hide == Hide::All { mask::text(&rewrite.sql, hide) } else { rewrite.sql.clone() },
        cost_before: before.root.total_cost,
        ..RewriteTrial::default()
    };
    let same = matches!(compared, Equivalence::Same { .. });
    trial.comparison = match compared {
        Equivalence::Same { rounds, rows } => {
            format!(
                "returned the same rows as the original in {rounds} rounds of generated rows, NULLs and duplicates among them ({rows} rows compared)"
            )
        }
        Equivalence::Differs(example) => {
            trial.verdict = Outcome::Refuted;
            trial.counter_example.clone_from(&example.inserts);
            format!("not the same query: {}", example.sentence())
        }
        Equivalence::Unknown { why } => format!("could not be compared: {why}"),
    };
    match after {
        Ok(plan) => {
            let cheaper = plan.root.total_cost <= trial.cost_before * (1.0 - WORTHWHILE);
            if same {
                trial.verdict = if cheaper { Outcome::Proved } else { Outcome::Refuted };
            }
            if same && !cheaper {
                trial.comparison.push_str(", but the planner does not expect it to be cheaper");
            }
            trial.cost_after = Some(plan.root.total_cost);
            trial.plan_after = Some(mask::plan(&plan, hide));
        }
        Err(message) => trial.comparison.push_str(&format!("; it could not be planned: {message}")),
    }
    trial
}
