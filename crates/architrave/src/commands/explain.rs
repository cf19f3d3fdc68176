//! `architrave explain`: a plan in plain words, with the fix tried.

use crate::args::{Explain as Options, Global};
use crate::document::{Shown, write};
use crate::progress::Bars;
use anyhow::Context as _;
use architrave_app::explain::{ExplainRequest, explain};
use architrave_app::twin::Growth;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let (text, name) = content(&options.what)?;
    let over = options.db.as_deref().map(|db| super::twin::over(db, options.database.as_deref(), &options.server)).transpose()?;
    let grow = options.grow.clone().unwrap_or_default();
    let over = over.map(|over| architrave_app::twin::TwinRequest { growth: Growth { factor: 1.0, tables: grow.tables.clone() }, ..over });
    let request = ExplainRequest { text, name, over, grow: grow.factors, workload: options.workload.clone() };
    let shown = Shown::check(&options.output)?;
    let explained = explain(&request, &Bars::new(global)).await?;
    let documents: Vec<_> = explained.iter().map(architrave_report::documents::explanation).collect();
    let json = match explained.as_slice() {
        [one] => serde_json::to_string_pretty(one)?,
        several => serde_json::to_string_pretty(several)?,
    };
    write(&shown, &documents, &json, global)?;
    Ok(ExitCode::SUCCESS)
}

/// The text to explain and the file it stood in.
fn content(what: &str) -> anyhow::Result<(String, Option<String>)> {
    if what == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok((architrave_app::decode(&bytes).context("standard input cannot be explained")?, Some("standard input".to_owned())));
    }
    // No statement is a file's name, and asking the system about a long text is no error worth telling.
    if what.len() < 4096 && Path::new(what).is_file() {
        let bytes = std::fs::read(what).with_context(|| format!("cannot read {what}"))?;
        return Ok((architrave_app::decode(&bytes).with_context(|| format!("{what} cannot be explained"))?, Some(what.to_owned())));
    }
    let of_a_file = |ending: &std::ffi::OsStr| ["sql", "txt", "json", "yaml", "yml", "xml"].iter().any(|e| ending.eq_ignore_ascii_case(e));
    let looks_like_path = !what.contains(char::is_whitespace) && (what.contains('/') || Path::new(what).extension().is_some_and(of_a_file));
    if looks_like_path {
        anyhow::bail!("{what} does not exist; give SQL, a file with SQL or a plan, `-`, or the id of a query");
    }
    Ok((what.to_owned(), None))
}
