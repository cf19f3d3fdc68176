//! Why a command could not do its job: one clear sentence each, and where it helps, the way out.

use std::path::PathBuf;

/// A job that could not be done; exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The target is nothing that can be opened.
    #[error("{0}")]
    Target(String),
    /// The project could not be read.
    #[error(transparent)]
    Project(#[from] architrave_read::ReadError),
    /// No connection.
    #[error(transparent)]
    Connect(#[from] architrave_postgres::connect::ConnectError),
    /// The live database could not be read.
    #[error("{place}: {source}")]
    Live {
        /// The target, without secrets.
        place: String,
        /// Why.
        source: architrave_postgres::read::ReadError,
    },
    /// No private server.
    #[error(transparent)]
    Server(#[from] architrave_postgres::server::ServerError),
    /// The replay could not be done.
    #[error(transparent)]
    Replay(#[from] architrave_postgres::replay::ReplayError),
    /// A proof could not be tried.
    #[error(transparent)]
    Proof(#[from] architrave_prove::RoundTripError),
    /// The attack broke off.
    #[error(transparent)]
    Attack(#[from] architrave_prove::rls_attack::AttackError),
    /// What was asked to be explained is nothing that can be.
    #[error("{0}")]
    Asked(String),
    /// A document could not be written, checked, or read back.
    #[error("{0}")]
    Document(String),
    /// Migrations could not be traced.
    #[error(transparent)]
    Trace(#[from] architrave_prove::lock_trace::TraceError),
    /// What surrounds migrations could not be tried.
    #[error(transparent)]
    Passage(#[from] architrave_prove::PassageError),
    /// Safe versions could not be tried.
    #[error(transparent)]
    SafeVersion(#[from] architrave_prove::safe_version::SafeVersionError),
    /// The session that plans was lost.
    #[error(transparent)]
    Planning(#[from] architrave_postgres::plan_session::PlanSessionError),
    /// The planner's side of the index advisor failed.
    #[error(transparent)]
    WhatIf(#[from] architrave_model::what_if::WhatIfError),
    /// Why a statement returns nothing could not be found out.
    #[error(transparent)]
    Access(#[from] architrave_prove::ExplainError),
    /// The advice could not be executed.
    #[error(transparent)]
    Execution(#[from] architrave_prove::ProveError),
    /// A workload could not be read.
    #[error(transparent)]
    Workload(#[from] architrave_read::workload::WorkloadError),
    /// No twin.
    #[error(transparent)]
    Twin(#[from] architrave_postgres::twin::TwinError),
    /// A file could not be read or written.
    #[error("{doing} {path}: {source}", path = path.display())]
    File {
        /// `cannot read`, `cannot write`.
        doing: &'static str,
        /// File.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not a baseline of architrave ({reason}); write one with --write-baseline {path}", path = path.display())]
    Baseline {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The older snapshot is none of a target.
    #[error("--since {path}: {reason}", path = path.display())]
    Since {
        /// File.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// `architrave.toml` names a rule that does not exist.
    #[error("{place}: there is no rule {rule}{nearest}; `architrave rules` lists them")]
    UnknownRule {
        /// File (and line when known).
        place: String,
        /// Rule as written.
        rule: String,
        /// `, did you mean …?` or nothing.
        nearest: String,
    },
}

impl AppError {
    /// The causes behind the sentence, outermost first, without repeating it.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let text = error.to_string();
            if !self.to_string().contains(&text) {
                causes.push(text);
            }
            source = error.source();
        }
        causes
    }
}
