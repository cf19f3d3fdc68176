//! Why a statement could not be explained at all. What is wrong with the statement's access is the result instead.

use architrave_postgres::DriverError;
use architrave_postgres::replay::ReplayError;
use architrave_postgres::server::ServerError;

/// An explanation that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// What was asked is nothing that can be explained: one sentence that says what to give instead.
    #[error("{0}")]
    Asked(String),
    /// The private server refused, or is gone.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// No session on the private server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A statement of ours was refused.
    #[error("the private PostgreSQL refused to {what}: {}", crate::round_trip::refusal(source))]
    Statement {
        /// What was being done.
        what: &'static str,
        /// The server's answer.
        #[source]
        source: DriverError,
    },
    /// An answer did not have the expected shape.
    #[error("the private PostgreSQL's answer for {what} could not be understood: {source}")]
    Answer {
        /// What was asked.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl ExplainError {
    /// For `map_err`.
    pub(super) fn doing(what: &'static str) -> impl FnOnce(DriverError) -> Self {
        move |source| Self::Statement { what, source }
    }
}
