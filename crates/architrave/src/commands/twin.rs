//! `architrave twin`: a database that plans like the source, kept until it is no longer wanted.

use crate::args::{Global, OverTwin, Server, Twin as Options};
use crate::interrupt::{self, interrupted};
use crate::output;
use crate::progress::Bars;
use crate::request;
use architrave_app::Environment;
use architrave_app::twin::{self, Growth, Standing, TwinRequest};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let request = request(&options.target, &options.common)?;
    let bars = Bars::new(global);
    let building = async {
        let source = twin::source(&request, &bars).await?;
        let standing = twin::build(&source, &request.growth, 1, &request.server, &bars).await?;
        anyhow::Ok((source, standing))
    };
    let (source, standing) = tokio::select! {
        built = building => built?,
        () = interrupted() => {
            output::note("interrupted", global);
            return Ok(ExitCode::from(interrupt::STATUS));
        }
    };
    output::note(&summary(&source, &standing, &request), global);
    for kept in &standing.twins {
        output::print(format!("{}\n", kept.connection_string()).as_bytes())?;
    }
    interrupted().await;
    drop(standing.twins);
    standing.server.stop().await?;
    output::note("the twin is gone", global);
    Ok(ExitCode::SUCCESS)
}

/// What the commands over a twin share.
pub(crate) fn request(target: &str, common: &OverTwin) -> anyhow::Result<TwinRequest> {
    let growth = common.grow.clone().unwrap_or_default().0;
    Ok(TwinRequest { growth, ..over(target, common.database.as_deref(), &common.server)? })
}

/// A twin of that target, as large as it is.
pub(crate) fn over(target: &str, database: Option<&str>, server: &Server) -> anyhow::Result<TwinRequest> {
    let target = request::target(target)?;
    Ok(TwinRequest {
        target,
        database: database.map(str::to_owned),
        growth: Growth::default(),
        server: server.options(),
        environment: Environment::from_process(),
        now: request::now(),
    })
}

/// What could not be read at the source and changes no plan.
const NO_MATTER_OF_PLANS: [&str; 6] =
    ["pg_stat_statements", "statements of the workload", "last values of", "pg_hba", "sessions", "replication"];

fn summary(source: &twin::Source, standing: &Standing, request: &TwinRequest) -> String {
    let catalog = &source.target.snapshot.catalog;
    let rows: f64 =
        source.target.snapshot.stats.iter().flat_map(|s| &s.tables).filter_map(architrave_model::stats::TableStats::row_estimate).sum();
    let mut text = format!(
        "twin of {} on PostgreSQL {}: {} tables, planned as {} rows",
        source.target.name,
        standing.server.major(),
        catalog.tables.len(),
        indicatif::HumanCount(rows as u64)
    );
    if (request.growth.factor - 1.0).abs() > f64::EPSILON || !request.growth.tables.is_empty() {
        let _infallible = write!(text, " times {}", request.growth.factor);
    }
    let of_source = source.target.snapshot.gaps.iter().filter(|gap| !NO_MATTER_OF_PLANS.iter().any(|what| gap.what.contains(what)));
    for gap in of_source.chain(&standing.gaps) {
        let remedy = gap.remedy.as_deref().map_or_else(String::new, |r| format!("; {r}"));
        let _infallible = write!(text, "\n  not as the source: {}: {}{remedy}", gap.what, gap.why);
    }
    text.push_str("\nEXPLAIN answers here as it would there; there are no rows. Ctrl-C ends it. Connect with:");
    text
}
