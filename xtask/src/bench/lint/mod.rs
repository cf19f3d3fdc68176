//! `cargo xtask bench lint`: whether migrations are judged as they turn out, beside other linters, and how long it takes.

mod corpus;
mod form;
mod labelled;
mod matrix;
mod peers;
mod speed;

use super::print;
use super::program::Program;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What was asked for.
#[derive(Default)]
struct Options {
    matrix: bool,
    labelled: bool,
    speed: bool,
    /// Only a chain of so many statements.
    statements: Option<usize>,
    major: Option<u16>,
    squawk: Option<PathBuf>,
    eugene: Option<PathBuf>,
    program: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
            match *argument {
                "--matrix" => options.matrix = true,
                "--labelled" => options.labelled = true,
                "--speed" => options.speed = true,
                "--statements" => options.statements = Some(value()?.parse().context("--statements needs a number like 10000")?),
                "--major" => options.major = Some(value()?.parse().context("--major needs a number like 15")?),
                "--squawk" => options.squawk = Some(PathBuf::from(value()?)),
                "--eugene" => options.eugene = Some(PathBuf::from(value()?)),
                "--program" => options.program = Some(PathBuf::from(value()?)),
                other => bail!(
                    "there is no {other}; there are --matrix, --labelled, --speed (all three when none is named), --statements, --major, --squawk, --eugene, --program"
                ),
            }
        }
        if !(options.matrix || options.labelled || options.speed || options.statements.is_some()) {
            (options.matrix, options.labelled, options.speed) = (true, true, true);
        }
        Ok(options)
    }
}

/// Runs what is named, all when nothing is; status 1 when a bar is missed.
pub(super) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let mut holds = true;
    if options.matrix {
        holds &= matrix::run(options.major)? == ExitCode::SUCCESS;
    }
    if options.labelled {
        holds &= labelled::run(options.major)? == ExitCode::SUCCESS;
        let mut rows = Vec::new();
        if let Some(squawk) = &options.squawk {
            rows.extend(peers::squawk(squawk)?);
        }
        if let Some(eugene) = &options.eugene {
            rows.extend(peers::eugene(eugene)?);
            rows.extend(peers::eugene_trace(eugene, options.major)?);
        }
        print::rows("labelled", rows);
    }
    if let Some(least) = options.statements {
        let program = Program::named(options.program.as_deref(), root)?;
        let mut missed = print::head();
        missed += print::rows("lint", speed::statements(&program, least)?);
        holds &= missed == 0;
    }
    if options.speed {
        let program = Program::named(options.program.as_deref(), root)?;
        let mut missed = print::head();
        for case in speed::ALL {
            missed += print::rows("lint", case(&program, options.squawk.as_deref())?);
        }
        holds &= missed == 0;
    }
    Ok(ExitCode::from(u8::from(!holds)))
}
