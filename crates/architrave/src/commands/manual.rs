//! `architrave completions` and `architrave man`: generated from the arguments themselves.

use crate::args::Args;
use crate::output;
use anyhow::Context as _;
use clap::CommandFactory as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "architrave", &mut bytes);
    output::print(&bytes)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(directory: Option<&Path>) -> anyhow::Result<ExitCode> {
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        clap_mangen::generate_to(Args::command(), directory)
            .with_context(|| format!("cannot write manual pages into {}", directory.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut bytes)?;
    output::print(&bytes)?;
    Ok(ExitCode::SUCCESS)
}
