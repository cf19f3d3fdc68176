//! The façade that the command line shares with later front ends: open targets, check, prove, assemble the review.

pub mod baseline;
pub mod diff;
pub mod docs;
pub mod error;
pub mod explain;
pub mod index_plan;
pub mod lint;
mod new_files;
mod planned;
pub mod review;
pub mod rls;
pub mod selftest;
pub mod server;
pub mod snapshot;
pub mod target;
pub mod twin;
pub mod workload;

pub use error::AppError;
pub use review::{ProofExtent, ReviewOptions, review};
pub use target::TargetSpec;

/// Version of Architrave.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub use architrave_postgres::connect::Environment;

/// A file's bytes as text, whatever its encoding; the error is why they are none.
pub fn decode(bytes: &[u8]) -> Result<String, AppError> {
    let decoded = architrave_sql::decode(bytes).map_err(|why| AppError::Asked(format!("it is {why}")))?;
    Ok(decoded.text.into_owned())
}

/// The rules, for listing.
pub mod rules {
    pub use architrave_rules::registry::{all, find, nearest};

    /// All rules by area, then id.
    pub fn in_order() -> Vec<&'static architrave_model::Rule> {
        let mut rules: Vec<_> = all().collect();
        rules.sort_by_key(|r| (r.area, r.id));
        rules
    }
}
