//! Provers turn a claim into evidence: they execute a fix on a private server and say what happened.

#[cfg(test)]
mod access_on_server;
pub mod deadline;
mod error;
mod fingerprint;
pub mod generated_rows;
pub mod ground;
pub mod half_applied;
pub mod index_trial;
pub mod lock_trace;
pub mod preconditions;
pub mod provers;
pub mod rewrite_trial;
pub mod rls_attack;
pub mod rls_explain;
pub mod rls_repair;
pub mod round_trip;
pub mod safe_version;
pub mod still_runs;
pub mod up_down;
pub mod webhook_orders;
pub mod what_if;
pub mod whole_plan;
pub mod workload;

pub use deadline::Deadline;
pub use error::ProveError;
pub use generated_rows::{FillNote, FillOptions, Filled, FilledTable, fill, owner_session};
pub use ground::{Ground, PassageError};
pub use half_applied::half_applied;
pub use index_trial::{Trial, TrialOptions, TrialOutcome, TrialQuery, try_indexes};
pub use preconditions::{count_offenders, preconditions};
pub use rls_attack::{AttackError, AttackInput, AttackOptions, attack};
pub use rls_explain::{AccessQuestion, ExplainError, explain_access};
pub use round_trip::{Means, RoundTripError, prove_rule, refusal};
pub use safe_version::SafeVersionError;
pub use still_runs::{KnownQuery, StillRuns, known_queries, still_runs};
pub use up_down::up_down;
pub use webhook_orders::try_orders;
pub use what_if::{Planned, Planner};
pub use whole_plan::{Part, PlanTrial, try_plan};
pub use workload::{PlannedQuery, PlannedWorkload, plan_workload};
