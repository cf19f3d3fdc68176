//! `architrave index`: one index plan for a whole workload.

use crate::args::{Global, IndexPlan as Options};
use crate::document::{Shown, write};
use crate::progress::Bars;
use architrave_app::index_plan::{IndexRequest, plan};
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let request = IndexRequest {
        over: super::twin::request(&options.target, &options.common)?,
        workload: options.workload.clone(),
        budget: options.budget.map(|b| b.0),
        time: options.time.0,
        verify: options.verify,
    };
    let shown = Shown::check(&options.output)?;
    let report = plan(&request, &Bars::new(global)).await?;
    let json = serde_json::to_string_pretty(&report)?;
    write(&shown, &[architrave_report::documents::index_plan(&report)], &json, global)?;
    Ok(ExitCode::SUCCESS)
}
