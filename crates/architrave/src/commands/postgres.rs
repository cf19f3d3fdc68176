//! `architrave postgres list|install|clean`: the servers that proofs run on.

use crate::args::{Global, Postgres, PostgresCommand};
use crate::output;
use crate::progress::Bars;
use architrave_app::server::{self, ServerOptions};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) async fn run(options: &Postgres, global: &Global) -> anyhow::Result<ExitCode> {
    let server_options = ServerOptions::from_env();
    match options.command {
        PostgresCommand::List => {
            let mut text = String::new();
            for found in server::installations(&server_options) {
                let _infallible =
                    writeln!(text, "{:3}  {:10}  {:10}  {}", found.major, found.version, found.source.to_string(), found.bin_dir.display());
            }
            if text.is_empty() {
                text.push_str("no PostgreSQL found; `architrave postgres install` fetches one\n");
            }
            output::print(text.as_bytes())?;
        }
        PostgresCommand::Install { major } => {
            let installed = server::install(&server_options, major, &Bars::new(global)).await?;
            output::print(format!("PostgreSQL {} in {}\n", installed.version, installed.bin_dir.display()).as_bytes())?;
        }
        PostgresCommand::Clean => {
            let cleaned = server::clean(&server_options)?;
            let bytes = indicatif::HumanBytes(cleaned.bytes);
            output::print(
                format!(
                    "removed {} fetched server(s), {} template(s) and {} left-over instance(s): {bytes}\n",
                    cleaned.servers, cleaned.templates, cleaned.dead_instances
                )
                .as_bytes(),
            )?;
            for path in cleaned.in_use {
                output::note(&format!("kept {}: a running instance uses it", path.display()), global);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
