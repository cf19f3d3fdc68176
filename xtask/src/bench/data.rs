//! `cargo xtask bench data`: a suite's data in a private server, to try things on by hand; prints its connection string and the cost of all queries.

use super::options::Options;
use super::plans::plan_all;
use super::tpc::{Keys, Suite};
use crate::say;
use std::process::ExitCode;

/// Serves the named suite (TPC-H when none is named) until standard input ends.
pub(super) fn run(arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let options = Options::parse(arguments, &["tpch", "tpcds"])?;
    let suite = if options.cases.iter().any(|case| case == "tpcds") { Suite::Ds } else { Suite::H };
    let runtime = tokio::runtime::Runtime::new()?;
    let source = suite.open(&runtime, options.scale, if options.keys { Keys::Usual } else { Keys::None }, options.major)?;
    say(&source.connection_string());
    let queries = suite.queries(options.tpcds_queries.as_deref())?;
    let plans = runtime.block_on(async { plan_all(&source.connect().await?, &queries).await })?;
    for (query, plan) in queries.iter().zip(&plans) {
        match plan {
            Ok(plan) => say(&format!("{} query {}: cost {:.0}", suite.name(), query.number, plan.cost)),
            Err(reason) => say(&format!("{} query {}: {reason}", suite.name(), query.number)),
        }
    }
    say("served until standard input ends");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(ExitCode::SUCCESS)
}
