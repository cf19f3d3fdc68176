//! `architrave docs`: the data dictionary of a target, and what people draw and edit of it.

mod comments;
mod drawing;

use crate::args::{Docs as Options, Global};
use crate::output;
use crate::progress::Bars;
use crate::request;
use anyhow::{Context as _, bail};
use architrave_app::Environment;
use architrave_app::docs::{Described, DocsRequest, describe, tree};
use architrave_report::dictionary::{self, csv, html, markdown, xlsx};
use architrave_report::{diagram, schema_diff};
use std::path::Path;
use std::process::ExitCode;

/// What is written to one place of `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A directory of Markdown pages.
    Tree,
    Html,
    Csv,
    Xlsx,
    Json,
    Diagram(diagram::Form),
    /// What has changed since another target.
    Changes(schema_diff::Form),
}

/// What documents are made of.
#[derive(Clone, Copy)]
struct Material<'a> {
    described: &'a Described,
    /// The older side of `--since`.
    before: Option<&'a Described>,
    options: &'a Options,
    global: &'a Global,
}

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    if let Some(file) = &options.comments_from {
        return Box::pin(comments::run(file, options, global)).await;
    }
    let forms = options.output.iter().map(|path| Ok((path.as_path(), form(path, options)?))).collect::<anyhow::Result<Vec<_>>>()?;
    if options.check && forms.is_empty() {
        bail!("--check needs -o: which documentation is to be checked");
    }
    let described = Box::pin(describe(&request(options)?, &Bars::new(global))).await?;
    let before = drawing::before(options, global).await?;
    let material = Material { described: &described, before: before.as_ref(), options, global };
    if options.check {
        return check(&forms, material);
    }
    let mut written = Vec::new();
    for (path, form) in &forms {
        written.push(write(path, *form, material)?);
    }
    if before.is_some() && forms.is_empty() {
        output::print(&file(Form::Changes(schema_diff::Form::Markdown), material)?)?;
    } else if !global.quiet {
        output::print(dictionary::coverage_text(&described.dictionary).as_bytes())?;
        for line in written {
            output::note(&line, global);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The form of an output; a wrong one fails before any work is done.
fn form(path: &Path, options: &Options) -> anyhow::Result<Form> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if path.is_dir() {
        return Ok(Form::Tree);
    }
    if let Some(form) = ending.as_deref().and_then(|ending| drawing::form(ending, options)) {
        return Ok(form);
    }
    Ok(match ending.as_deref() {
        None => Form::Tree,
        Some("html" | "htm") => Form::Html,
        Some("csv") => Form::Csv,
        Some("xlsx") => Form::Xlsx,
        Some("json") => Form::Json,
        Some(other) => {
            bail!(
                "no document ends in .{other}; use .html, .csv, .xlsx or .json, a directory for Markdown, or .svg, .mmd, .dbml or .dot for a diagram ({})",
                path.display()
            )
        }
    })
}

/// The bytes of a document that is one file.
fn file(form: Form, material: Material<'_>) -> anyhow::Result<Vec<u8>> {
    let dictionary = &material.described.dictionary;
    Ok(match form {
        Form::Tree => bail!("a tree of pages is no file"),
        Form::Html => html::page(dictionary).context("the dictionary does not become HTML")?.into_bytes(),
        Form::Csv => csv::sheet(dictionary).into_bytes(),
        Form::Xlsx => {
            let sheet = xlsx::workbook(dictionary).context("the dictionary does not become a spreadsheet")?;
            for note in &sheet.notes {
                output::note(note, material.global);
            }
            sheet.bytes
        }
        Form::Json => dictionary::json(dictionary).context("the dictionary does not become JSON")?,
        Form::Diagram(form) => drawing::diagram(form, material),
        Form::Changes(form) => drawing::changes(form, material)?,
    })
}

fn write(path: &Path, form: Form, material: Material<'_>) -> anyhow::Result<String> {
    if form == Form::Tree {
        let done = tree::write(path, &markdown::pages(&material.described.dictionary), material.options.force)?;
        return Ok(format!(
            "written: {}, {} pages ({} new or changed, {} removed)",
            path.display(),
            done.pages,
            done.changed,
            done.removed
        ));
    }
    if matches!(form, Form::Csv | Form::Xlsx) && !material.options.force {
        keep_edits(path, material)?;
    }
    output::write_file(path, &file(form, material)?)?;
    Ok(format!("written: {}", path.display()))
}

/// Refuses to write over a sheet in which somebody has edited comments.
fn keep_edits(path: &Path, material: Material<'_>) -> anyhow::Result<()> {
    // What does not read as a sheet of this database holds no edits of its comments.
    let Ok(edits) = architrave_app::docs::comments::edits(path, &material.described.dictionary, false) else { return Ok(()) };
    if edits.unmarked < edits.rows && edits.changes.len() + edits.conflicts.len() > 0 {
        bail!(
            "{} holds edited comments that the database does not have ({}); take them over with --comments-from {}, or give --force to lose them",
            path.display(),
            edits.changes.len() + edits.conflicts.len(),
            path.display()
        );
    }
    Ok(())
}

/// Names what is stale, and writes nothing.
fn check(forms: &[(&Path, Form)], material: Material<'_>) -> anyhow::Result<ExitCode> {
    let mut stale = Vec::new();
    for (path, form) in forms {
        if *form == Form::Tree {
            stale.extend(tree::stale(path, &markdown::pages(&material.described.dictionary))?);
        } else {
            stale.extend(tree::stale_file(path, &file(*form, material)?)?);
        }
    }
    if stale.is_empty() {
        output::note("the documentation is up to date", material.global);
        return Ok(ExitCode::SUCCESS);
    }
    output::print(format!("{}\n", stale.join("\n")).as_bytes())?;
    output::note("the documentation is stale; run the same command without --check", material.global);
    Ok(ExitCode::from(1))
}

fn request(options: &Options) -> anyhow::Result<DocsRequest> {
    Ok(DocsRequest {
        target: request::target(options.target.as_deref().unwrap_or("."))?,
        database: options.database.clone(),
        code: options.code.clone(),
        search_code: !options.no_code,
        options: dictionary::Options { schemas: options.schemas.clone(), name: options.name.clone(), no_statistics: options.no_statistics },
        server: options.server.options(),
        environment: Environment::from_process(),
        now: request::now(),
    })
}
