//! The whole plan in its order on one clone: each fix was tried alone, this tries them together.

#[cfg(test)]
mod tests;

use crate::round_trip::{Means, RoundTripError, read_back, refusal};

/// The prover's name.
pub const NAME: &str = "whole-plan";

/// One action's statements, in order.
pub struct Part<'a> {
    /// Position of the action in the plan.
    pub order: u32,
    /// Statements.
    pub statements: Vec<&'a str>,
}

/// What executing the plan has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PlanTrial {
    /// Statements accepted.
    pub accepted: u32,
    /// Statements refused after the ones before them: action, statement, the server's message.
    pub refused: Vec<(u32, String, String)>,
    /// Findings that were not there before: rule and object.
    pub appeared: Vec<String>,
}

/// Executes all parts in order; a refused statement is skipped and the rest goes on.
pub async fn try_plan(means: &Means<'_>, parts: &[Part<'_>]) -> Result<PlanTrial, RoundTripError> {
    let clone = means.server.clone_database(means.base).await?;
    let mut client = means.server.owner(&clone).await?;
    let mut trial = PlanTrial::default();
    for part in parts {
        for statement in &part.statements {
            match client.batch_execute(statement).await {
                Ok(()) => trial.accepted += 1,
                Err(error) => trial.refused.push((part.order, (*statement).to_owned(), refusal(&error))),
            }
        }
    }
    let after = read_back(&mut client).await?;
    let new = (means.check)(&after).into_iter().filter(|f| !means.known.contains(&f.fingerprint));
    trial.appeared = new.map(|f| format!("{} on {}", f.rule, f.object)).collect();
    Ok(trial)
}
