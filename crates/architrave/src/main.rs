//! The binary: parses arguments, prints, exits. Everything else lives in the crates below it.

mod args;
mod commands;
mod output;
mod progress;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

/// Exit status of an interrupted run.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&anyhow::anyhow!("the runtime could not start: {error}"), &args.global),
    };
    let status = runtime.block_on(async {
        tokio::select! {
            status = run(&args) => status,
            () = interrupted() => {
                output::note("interrupted", &args.global);
                ExitCode::from(INTERRUPTED)
            }
        }
    });
    architrave_app::server::kill_all();
    runtime.shutdown_background();
    status
}

async fn run(args: &Args) -> ExitCode {
    let outcome = match &args.command {
        Command::Review(review) => commands::review::run(review, &args.global).await,
        Command::Rules(rules) => commands::rules::run(rules),
        Command::Snapshot(snapshot) => commands::snapshot::run(snapshot, &args.global).await,
        Command::Postgres(postgres) => commands::postgres::run(postgres, &args.global).await,
        Command::Completions { shell } => commands::manual::completions(*shell),
        Command::Man { directory } => commands::manual::man(directory.as_deref()),
    };
    outcome.unwrap_or_else(|error| output::fail(&error, &args.global))
}

/// Ends when Ctrl-C, SIGTERM or SIGHUP arrives.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _pressed = tokio::signal::ctrl_c().await;
    }
}
