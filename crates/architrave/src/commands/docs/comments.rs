//! `architrave docs --comments-from`: edited comments on their way back into the database.

use super::request;
use crate::args::{Docs as Options, Global};
use crate::output;
use crate::progress::Bars;
use anyhow::{Context as _, bail};
use architrave_app::docs::comments::{Change, Edits, edits};
use architrave_app::docs::migration::{self, Migration};
use architrave_app::docs::{Described, DocsRequest, Tried, describe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) async fn run(file: &Path, options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let output = output_file(&options.output)?;
    // What the code uses changes no comment.
    let request = DocsRequest { search_code: false, ..request(options)? };
    let described = describe(&request, &Bars::new(global)).await?;
    let edits = edits(file, &described.dictionary, options.overwrite)?;
    for conflict in &edits.conflicts {
        output::note(&format!("conflict: {conflict}"), global);
    }
    if edits.unmarked > 0 {
        let n = edits.unmarked;
        output::note(
            &format!("{n} rows have no comment_mark: whether the database has changed since the export cannot be told for them"),
            global,
        );
    }
    let status = ExitCode::from(u8::from(!edits.conflicts.is_empty()));
    if edits.changes.is_empty() {
        output::note(&format!("no comment is to change: {} rows were read", edits.rows), global);
        return Ok(status);
    }
    let proof = match described.try_comments(&edits.changes).await? {
        Tried::Proved(proof) | Tried::Untried(proof) => proof,
        Tried::Refuted(why) => bail!("nothing was written: {why}"),
    };
    if options.write {
        let written = write_migration(&described, &edits.changes, request.now)?;
        output::note(&format!("written: {}", written.join(", ")), global);
    } else {
        let text = statements(&edits.changes, &proof);
        match output {
            Some(path) => {
                output::write_file(path, text.as_bytes())?;
                output::note(&format!("written: {}", path.display()), global);
            }
            None => output::print(text.as_bytes())?,
        }
    }
    output::note(&summary(&edits, &proof), global);
    Ok(status)
}

fn output_file(paths: &[PathBuf]) -> anyhow::Result<Option<&PathBuf>> {
    match paths {
        [] => Ok(None),
        [path] if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("sql")) => Ok(Some(path)),
        [path, ..] => bail!("--comments-from writes one .sql file, not {}", path.display()),
    }
}

fn write_migration(described: &Described, changes: &[Change], now: f64) -> anyhow::Result<Vec<String>> {
    let (Some(root), Some(database)) = (&described.root, &described.target.database) else {
        bail!("--write needs a project directory as its target; -o FILE.sql gives the statements for {}", described.dictionary.name);
    };
    let migration = Migration { up: changes.iter().map(Change::up).collect(), down: changes.iter().rev().map(Change::down).collect() };
    let files = migration::files(database, &migration, now)?;
    let written = migration::write(root, &files).context("the migration is not complete")?;
    Ok(written.iter().map(|path| path.display().to_string()).collect())
}

/// The statements, with the way back as comments below.
fn statements(changes: &[Change], proof: &str) -> String {
    let mut text = format!("-- {proof}\n");
    for change in changes {
        text.push_str(&format!("{};\n", change.up()));
    }
    text.push_str("\n-- The way back:\n");
    for change in changes.iter().rev() {
        text.push_str(&format!("-- {};\n", change.down()));
    }
    text
}

fn summary(edits: &Edits, proof: &str) -> String {
    let n = edits.changes.len();
    let changed = if n == 1 { "1 comment changes".to_owned() } else { format!("{n} comments change") };
    let conflicts = match edits.conflicts.len() {
        0 => String::new(),
        1 => ", 1 conflict is left out (--overwrite takes the file's text)".to_owned(),
        more => format!(", {more} conflicts are left out (--overwrite takes the file's texts)"),
    };
    format!("{changed} of {} rows{conflicts}; {proof}", edits.rows)
}
