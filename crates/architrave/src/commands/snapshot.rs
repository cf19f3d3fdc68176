//! `architrave snapshot`: a live database into one file.

use crate::args::{Global, Snapshot};
use crate::output;
use crate::progress::Bars;
use crate::request;
use anyhow::bail;
use architrave_app::{Environment, TargetSpec, snapshot};
use std::process::ExitCode;

pub(crate) async fn run(options: &Snapshot, global: &Global) -> anyhow::Result<ExitCode> {
    let TargetSpec::Database(url) = request::target(&options.url)? else {
        bail!("{} is no database; write postgres://user@host:5432/database", options.url);
    };
    if options.output.extension().is_none_or(|e| e != "json") {
        bail!(
            "{} does not end in .json; name it like shop.snapshot.json, so that `architrave review` recognises it",
            options.output.display()
        );
    }
    let taken = snapshot::take(&url, options.mask, &Environment::from_process(), &Bars::new(global)).await?;
    snapshot::write(&taken, &options.output)?;
    let catalog = &taken.catalog;
    let masked = if options.mask { ", values masked" } else { "; it holds sample values of columns, --mask drops them" };
    output::note(
        &format!("wrote {}: {} tables, {} gaps{masked}", options.output.display(), catalog.tables.len(), taken.gaps.len()),
        global,
    );
    Ok(ExitCode::SUCCESS)
}
