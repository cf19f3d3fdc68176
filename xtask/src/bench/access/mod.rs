//! `cargo xtask bench access`: what the attack on row level security is worth.

mod corpus;

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Runs the case that the first argument names.
pub(super) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    match arguments {
        ["--corpus", wanted @ ..] => corpus::run(root, wanted.first().unwrap_or(&"")),
        other => bail!("there is no case {}; there is --corpus", other.first().unwrap_or(&"without a name")),
    }
}
