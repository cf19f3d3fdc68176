//! The binary: parses arguments, prints, exits. Everything else lives in the crates below it.

mod args;
mod commands;
mod document;
mod interrupt;
mod output;
mod progress;
mod request;

use args::{Args, Command};
use clap::Parser;
use interrupt::interrupted;
use std::process::ExitCode;
use std::time::Duration;

/// How long an interrupted job may take to notice.
const PATIENCE: Duration = Duration::from_secs(1);

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&anyhow::anyhow!("the runtime could not start: {error}"), &args.global),
    };
    // A twin stays until it is interrupted: that command listens itself.
    let stays = matches!(args.command, Command::Twin(_));
    if !stays {
        runtime.spawn(end_at_last());
    }
    let status = runtime.block_on(async {
        tokio::select! {
            biased;
            () = interrupted(), if !stays => {
                output::note("interrupted", &args.global);
                ExitCode::from(interrupt::STATUS)
            }
            status = run(&args) => status,
        }
    });
    architrave_app::server::kill_all();
    runtime.shutdown_background();
    status
}

/// Ends an interrupted job that does not end by itself: it may be busy for seconds with work that waits for nothing.
async fn end_at_last() {
    interrupted().await;
    tokio::time::sleep(PATIENCE).await;
    architrave_app::server::kill_all();
    std::process::exit(i32::from(interrupt::STATUS));
}

async fn run(args: &Args) -> ExitCode {
    let outcome = match &args.command {
        Command::Review(review) => Box::pin(commands::review::run(review, &args.global)).await,
        Command::Rules(rules) => commands::rules::run(rules),
        Command::Snapshot(snapshot) => commands::snapshot::run(snapshot, &args.global).await,
        Command::Explain(explain) => Box::pin(commands::explain::run(explain, &args.global)).await,
        Command::Index(index) => Box::pin(commands::index::run(index, &args.global)).await,
        Command::Lint(lint) => Box::pin(commands::lint::run(lint, &args.global)).await,
        Command::Rls(rls) => Box::pin(commands::rls::run(rls, &args.global)).await,
        Command::Twin(twin) => commands::twin::run(twin, &args.global).await,
        Command::Docs(docs) => commands::docs::run(docs, &args.global).await,
        Command::Diff(diff) => Box::pin(commands::diff::run(diff, &args.global)).await,
        Command::Selftest(selftest) => Box::pin(commands::selftest::run(selftest, &args.global)).await,
        Command::Postgres(postgres) => commands::postgres::run(postgres, &args.global).await,
        Command::Completions { shell } => commands::manual::completions(*shell),
        Command::Man { directory } => commands::manual::man(directory.as_deref()),
    };
    outcome.unwrap_or_else(|error| output::fail(&error, &args.global))
}
