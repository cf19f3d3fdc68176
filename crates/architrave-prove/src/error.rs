//! Why a trial on generated rows could not be made at all.

use architrave_postgres::DriverError;
use architrave_postgres::server::ServerError;

/// A trial that broke off. What went wrong with one table, index or query is in the outcome instead.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// No session on the private server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A statement of ours was refused.
    #[error("the private PostgreSQL refused to {what}: {}", crate::round_trip::refusal(source))]
    Statement {
        /// What was being done.
        what: String,
        /// The server's answer.
        #[source]
        source: DriverError,
    },
    /// An answer did not have the expected shape.
    #[error("the private PostgreSQL's answer for {what} could not be understood")]
    Answer {
        /// What was asked.
        what: String,
    },
}

impl ProveError {
    /// For `map_err`.
    pub(crate) fn doing(what: impl Into<String>) -> impl FnOnce(DriverError) -> Self {
        let what = what.into();
        move |source| Self::Statement { what, source }
    }
}
