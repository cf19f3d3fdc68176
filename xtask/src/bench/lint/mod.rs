//! `cargo xtask bench lint`: whether migrations are judged as they turn out.

mod form;
mod labelled;
mod matrix;

use anyhow::{Context as _, bail};
use std::process::ExitCode;

/// Runs `--matrix [--major N]` or `--labelled [--major N]`.
pub(super) fn run(arguments: &[&str]) -> anyhow::Result<ExitCode> {
    match arguments {
        ["--matrix"] => matrix::run(None),
        ["--matrix", "--major", major] => matrix::run(Some(major.parse().context("--major needs a number like 15")?)),
        ["--labelled"] => labelled::run(None),
        ["--labelled", "--major", major] => labelled::run(Some(major.parse().context("--major needs a number like 15")?)),
        other => bail!("there is no {}; there are --matrix [--major 15] and --labelled [--major 15]", other.join(" ")),
    }
}
