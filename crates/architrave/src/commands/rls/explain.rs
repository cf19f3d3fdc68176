//! `architrave rls explain`: why a result is empty or forbidden.

use crate::args::Global;
use crate::args::rls::RlsExplain as Options;
use crate::document::{Shown, write};
use crate::progress::Bars;
use crate::request;
use anyhow::bail;
use architrave_app::Environment;
use architrave_app::rls::explain::{RlsExplainRequest, explain};
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let shown = Shown::check(&options.output)?;
    let request = RlsExplainRequest {
        statement: options.statement.clone(),
        role: options.role.clone(),
        claims: options.claims.clone(),
        settings: options.settings.iter().map(|s| setting(s)).collect::<anyhow::Result<_>>()?,
        target: request::target(options.target.as_deref().unwrap_or("."))?,
        database: options.database.clone(),
        server: options.server.options(),
        environment: Environment::from_process(),
        now: request::now(),
    };
    let explained = explain(&request, &Bars::new(global)).await?;
    let document = architrave_report::documents::rls_explanation(&explained);
    write(&shown, &[document], &serde_json::to_string_pretty(&explained)?, global)?;
    Ok(ExitCode::SUCCESS)
}

/// `name=value`; what PostgreSQL itself knows is not set here, but a role's or the application's own.
fn setting(text: &str) -> anyhow::Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if name.contains('.') => Ok((name.trim().to_owned(), value.to_owned())),
        Some((name, _)) => bail!("--set takes settings of the application, which have a dot in their name (app.user_id); {name} is none"),
        None => bail!("--set {text} has no value; write --set app.user_id=7"),
    }
}
