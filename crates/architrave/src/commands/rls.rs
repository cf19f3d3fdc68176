//! `architrave rls`: who can reach what, and whether one user can reach another's rows.

mod explain;
mod report;

use crate::args::Global;
use crate::args::rls::{Rls, RlsCommand};
use std::process::ExitCode;

pub(crate) async fn run(options: &Rls, global: &Global) -> anyhow::Result<ExitCode> {
    match &options.command {
        RlsCommand::Audit(audit) => report::audit(audit, global).await,
        RlsCommand::Prove(prove) => report::prove(prove, global).await,
        RlsCommand::Explain(explain) => Box::pin(explain::run(explain, global)).await,
    }
}
