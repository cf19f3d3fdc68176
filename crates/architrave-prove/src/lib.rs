//! Provers turn a claim into evidence: they execute a fix on a private server and say what happened.

pub mod provers;
pub mod rewrite_trial;
pub mod round_trip;
pub mod whole_plan;

pub use round_trip::{Means, RoundTripError, prove_rule};
pub use whole_plan::{Part, PlanTrial, try_plan};
