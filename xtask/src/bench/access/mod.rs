//! `cargo xtask bench access`: what is measured of everything that has to do with who can see what.

mod corpus;
mod pgtap;
mod rebuild;

use super::print;
use anyhow::{Context as _, bail, ensure};
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_postgres::platform::supabase::GrantMode;
use architrave_postgres::replay::{Prelude, ReplayOptions};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions};
use architrave_read::{ReadOptions, read_project};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    replay: Vec<PathBuf>,
    pgtap: Vec<PathBuf>,
    helpers: Option<PathBuf>,
    library: Option<PathBuf>,
    major: Option<u16>,
}

/// Runs `--corpus [SET]`, or `--replay DIR…` and `--pgtap DIR… [--helpers FILE] [--library FILE]`, both with `--major`.
pub(super) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    if let ["--corpus", wanted @ ..] = arguments {
        return corpus::run(root, wanted.first().unwrap_or(&""));
    }
    let wanted = parse(arguments)?;
    ensure!(!wanted.replay.is_empty() || !wanted.pgtap.is_empty(), "name a case: --corpus, --replay DIR or --pgtap DIR");
    let runtime = tokio::runtime::Runtime::new()?;
    let mut missed = print::head();
    for folder in &wanted.replay {
        missed += print::rows("replay", runtime.block_on(rebuild::measure(folder, wanted.major))?);
    }
    for folder in &wanted.pgtap {
        missed += print::rows("pgtap", runtime.block_on(pgtap::measure(folder, &wanted))?);
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

fn parse(arguments: &[&str]) -> anyhow::Result<Wanted> {
    let mut wanted = Wanted::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match *argument {
            "--replay" => wanted.replay.push(value()?.into()),
            "--pgtap" => wanted.pgtap.push(value()?.into()),
            "--helpers" => wanted.helpers = Some(value()?.into()),
            "--library" => wanted.library = Some(value()?.into()),
            "--major" => wanted.major = Some(value()?.parse().context("--major takes a number")?),
            other => bail!("there is no option {other}; there are --corpus, --replay, --pgtap, --helpers, --library and --major"),
        }
    }
    Ok(wanted)
}

/// Supabase databases of a project.
fn databases(folder: &Path) -> anyhow::Result<Vec<ProjectDatabase>> {
    let project = read_project(folder, &ReadOptions::default(), &|_| {}).with_context(|| format!("read {}", folder.display()))?;
    let mut found = project.databases;
    found.retain(|database| database.format == MigrationFormat::Supabase);
    ensure!(!found.is_empty(), "{} has no Supabase migrations", folder.display());
    Ok(found)
}

async fn server(major: Option<u16>) -> anyhow::Result<PrivateServer> {
    Ok(PrivateServer::start(&ServerOptions::from_env().with_major(major), &NoProgress).await?)
}

fn replay_options(database: &ProjectDatabase) -> ReplayOptions {
    ReplayOptions { prelude: Prelude::Supabase { grants: GrantMode::of(database) }, track: false, ..ReplayOptions::default() }
}
