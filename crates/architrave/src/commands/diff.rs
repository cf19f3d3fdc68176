//! `architrave diff`: the statements that turn one schema into another, tried before they are shown.

mod shown;

use crate::args::{Diff as Options, DiffFormat, Global};
use crate::output;
use crate::progress::Bars;
use crate::request;
use anyhow::{Context as _, bail};
use architrave_app::Environment;
use architrave_app::diff::{Diff, DiffRequest, Rename, diff, write};
use architrave_report::renderers::text::Style;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What goes to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    One(DiffFormat),
    /// A directory of numbered files.
    Files,
}

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let places: Vec<(PathBuf, Form)> =
        options.output.iter().map(|path| Ok((path.clone(), form(path, options.format)?))).collect::<anyhow::Result<_>>()?;
    let request = request(options)?;
    let found = Box::pin(diff(&request, &Bars::new(global))).await?;
    for (path, form) in &places {
        match form {
            Form::Files => shown::write_files(path, &found)?,
            Form::One(format) => output::write_file(path, text(&found, *format, Style { color: false, width: 100 })?.as_bytes())?,
        }
        output::note(&format!("written: {}", path.display()), global);
    }
    if let Some(directory) = options.write.as_deref().filter(|_| !found.is_empty()) {
        let now = request::now();
        for path in write(directory, options.database.as_deref(), &found, now)? {
            output::note(&format!("written: {}", path.display()), global);
        }
    }
    match options.format {
        Some(format) if places.is_empty() => print(&found, format, global)?,
        _ if !global.quiet => print(&found, DiffFormat::Text, global)?,
        _ => {}
    }
    Ok(status(&found, global))
}

fn print(found: &Diff, format: DiffFormat, global: &Global) -> anyhow::Result<()> {
    let style = Style { color: output::colored(global), width: output::width() };
    output::print(text(found, format, style)?.as_bytes())
}

/// 0 for equal sides, 1 for a difference whose statements lead to TO, 2 for anything less.
fn status(found: &Diff, global: &Global) -> ExitCode {
    if found.is_empty() {
        return ExitCode::SUCCESS;
    }
    if found.up.trial.proved {
        return ExitCode::from(1);
    }
    if global.quiet {
        // The one thing that even a quiet run must not keep to itself.
        return output::fail(
            &anyhow::anyhow!("the statements do not lead to {}; run without --quiet to see what differs", found.to),
            global,
        );
    }
    ExitCode::from(2)
}

fn text(found: &Diff, format: DiffFormat, style: Style) -> anyhow::Result<String> {
    Ok(match format {
        DiffFormat::Text => shown::document(found).text(style),
        DiffFormat::Md => shown::document(found).markdown(),
        DiffFormat::Json => format!("{}\n", serde_json::to_string_pretty(found)?),
        DiffFormat::Sql => shown::sql(found),
    })
}

/// The form of an output; a wrong one fails before any work is done.
fn form(path: &Path, format: Option<DiffFormat>) -> anyhow::Result<Form> {
    if path.is_dir() {
        return Ok(Form::Files);
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let form = match ending.as_deref() {
        None if format.is_none() => return Ok(Form::Files),
        None => format.context("a format")?,
        Some("sql") => DiffFormat::Sql,
        Some("md" | "markdown") => DiffFormat::Md,
        Some("json") => DiffFormat::Json,
        Some("txt") => DiffFormat::Text,
        Some(other) => bail!("no difference is written as .{other}; use .sql, .md, .json, .txt or a directory ({})", path.display()),
    };
    output::check_place(path)?;
    Ok(Form::One(form))
}

fn request(options: &Options) -> anyhow::Result<DiffRequest> {
    let mut renames: Vec<Rename> = Vec::new();
    if let Some(file) = &options.rename_file {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                renames.push(Rename::parse(line).with_context(|| format!("{}:{}", file.display(), number + 1))?);
            }
        }
    }
    for text in &options.renames {
        renames.push(Rename::parse(text)?);
    }
    Ok(DiffRequest {
        from: request::target(&options.from)?,
        to: request::target(&options.to)?,
        database: options.database.clone(),
        renames,
        plain: options.plain,
        server: options.server.options(),
        environment: Environment::from_process(),
    })
}
