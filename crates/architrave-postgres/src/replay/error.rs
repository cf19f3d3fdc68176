//! What can keep a replay from starting or finishing; a failing statement of the project is not among it.

use crate::server::ServerError;

/// A replay that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The private server refused.
    #[error(transparent)]
    Server(ServerError),
    /// A statement of our own failed on the private server.
    #[error("the private PostgreSQL refused to {what}: {message}")]
    Own {
        /// What we were about to do.
        what: &'static str,
        /// The server's answer.
        message: String,
    },
    /// The private server went away.
    #[error(
        "the private PostgreSQL stopped answering while running {place}; run again, and if it repeats, leave that file out with [review] targets"
    )]
    Lost {
        /// Script and line.
        place: String,
    },
}

impl ReplayError {
    /// Wraps the failure of one of our own statements.
    pub(crate) fn own(what: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |error| Self::Own { what, message: crate::replay::confine::describe(&error) }
    }
}
