//! `architrave docs`: the data dictionary of a target, and what people draw and edit of it.

mod comments;

use crate::args::{Docs as Options, Global};
use crate::output;
use crate::progress::Bars;
use anyhow::{Context as _, bail};
use architrave_app::docs::{Described, DocsRequest, describe, tree};
use architrave_app::server::ServerOptions;
use architrave_app::{Environment, TargetSpec};
use architrave_report::dictionary::{self, csv, html, markdown, xlsx};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is written to one place of `-o`. A diagram is one more form: its ending in [`form`], its bytes in [`file`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A directory of Markdown pages.
    Tree,
    Html,
    Csv,
    Xlsx,
    Json,
}

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    if let Some(file) = &options.comments_from {
        return Box::pin(comments::run(file, options, global)).await;
    }
    let forms = options.output.iter().map(|path| Ok((path.as_path(), form(path)?))).collect::<anyhow::Result<Vec<_>>>()?;
    if options.check && forms.is_empty() {
        bail!("--check needs -o: which documentation is to be checked");
    }
    let described = Box::pin(describe(&request(options)?, &Bars::new(global))).await?;
    if options.check {
        return check(&forms, &described, global);
    }
    let mut written = Vec::new();
    for (path, form) in &forms {
        written.push(write(path, *form, &described, options, global)?);
    }
    if !global.quiet {
        output::print(dictionary::coverage_text(&described.dictionary).as_bytes())?;
        for line in written {
            output::note(&line, global);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The form of an output; a wrong one fails before any work is done.
fn form(path: &Path) -> anyhow::Result<Form> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if path.is_dir() {
        return Ok(Form::Tree);
    }
    Ok(match ending.as_deref() {
        None => Form::Tree,
        Some("html" | "htm") => Form::Html,
        Some("csv") => Form::Csv,
        Some("xlsx") => Form::Xlsx,
        Some("json") => Form::Json,
        Some(other) => {
            bail!("no document ends in .{other}; use .html, .csv, .xlsx or .json, or a directory for Markdown ({})", path.display())
        }
    })
}

/// The bytes of a document that is one file.
fn file(form: Form, described: &Described, global: &Global) -> anyhow::Result<Vec<u8>> {
    let dictionary = &described.dictionary;
    Ok(match form {
        Form::Tree => bail!("a tree of pages is no file"),
        Form::Html => html::page(dictionary).context("the dictionary does not become HTML")?.into_bytes(),
        Form::Csv => csv::sheet(dictionary).into_bytes(),
        Form::Xlsx => {
            let sheet = xlsx::workbook(dictionary).context("the dictionary does not become a spreadsheet")?;
            for note in &sheet.notes {
                output::note(note, global);
            }
            sheet.bytes
        }
        Form::Json => dictionary::json(dictionary).context("the dictionary does not become JSON")?,
    })
}

fn write(path: &Path, form: Form, described: &Described, options: &Options, global: &Global) -> anyhow::Result<String> {
    if form == Form::Tree {
        let done = tree::write(path, &markdown::pages(&described.dictionary), options.force)?;
        return Ok(format!(
            "written: {}, {} pages ({} new or changed, {} removed)",
            path.display(),
            done.pages,
            done.changed,
            done.removed
        ));
    }
    output::write_file(path, &file(form, described, global)?)?;
    Ok(format!("written: {}", path.display()))
}

/// Names what is stale, and writes nothing.
fn check(forms: &[(&Path, Form)], described: &Described, global: &Global) -> anyhow::Result<ExitCode> {
    let mut stale = Vec::new();
    for (path, form) in forms {
        if *form == Form::Tree {
            stale.extend(tree::stale(path, &markdown::pages(&described.dictionary))?);
        } else {
            stale.extend(tree::stale_file(path, &file(*form, described, global)?)?);
        }
    }
    if stale.is_empty() {
        output::note("the documentation is up to date", global);
        return Ok(ExitCode::SUCCESS);
    }
    output::print(format!("{}\n", stale.join("\n")).as_bytes())?;
    output::note("the documentation is stale; run the same command without --check", global);
    Ok(ExitCode::from(1))
}

fn request(options: &Options) -> anyhow::Result<DocsRequest> {
    let target = match options.target.as_deref() {
        Some("env") => TargetSpec::parse(&super::review::database_url()?)?,
        other => TargetSpec::parse(other.unwrap_or("."))?,
    };
    Ok(DocsRequest {
        target,
        database: options.database.clone(),
        code: options.code.clone(),
        search_code: !options.no_code,
        options: dictionary::Options { schemas: options.schemas.clone(), no_statistics: options.no_statistics },
        server: ServerOptions { major: options.server.postgres, offline: options.server.offline, ..ServerOptions::from_env() },
        environment: Environment::from_process(),
        now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64()),
    })
}
