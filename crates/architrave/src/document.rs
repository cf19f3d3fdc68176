//! Writes documents to files and to the terminal.

use crate::args::{Format, Global, Output};
use crate::output;
use anyhow::{Context as _, bail};
use architrave_report::documents::Document;
use architrave_report::renderers::text::Style;
use std::path::{Path, PathBuf};

/// Where documents go: checked before any work is done.
pub(crate) struct Shown(Vec<(PathBuf, Format)>);

impl Shown {
    pub(crate) fn check(options: &Output) -> anyhow::Result<Self> {
        Ok(Self(formats(&options.output, options.format)?))
    }
}

/// Each output with its format; wrong ones fail before any work is done.
pub(crate) fn formats(paths: &[PathBuf], format: Option<Format>) -> anyhow::Result<Vec<(PathBuf, Format)>> {
    let mut formats = Vec::new();
    for path in paths {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let format = match (path == Path::new("-"), ending.as_deref()) {
            (true, _) => format.context("-o - needs --format text, md, html or json")?,
            (_, Some("md" | "markdown")) => Format::Md,
            (_, Some("html" | "htm")) => Format::Html,
            (_, Some("json")) => Format::Json,
            (_, Some("txt")) => Format::Text,
            (_, Some(other)) => bail!("no report format ends in .{other}; use .md, .html, .json or .txt ({})", path.display()),
            (_, None) => bail!("{} has no ending; .md, .html, .json or .txt picks the format", path.display()),
        };
        if path.is_dir() {
            bail!("{} is a directory; name a file in it", path.display());
        }
        formats.push((path.clone(), format));
    }
    if let (true, Some(format)) = (paths.is_empty(), format) {
        formats.push((PathBuf::from("-"), format));
    }
    Ok(formats)
}

/// Writes to all places; the terminal gets the text when nothing else goes there.
pub(crate) fn write(shown: &Shown, documents: &[Document], json: &str, global: &Global) -> anyhow::Result<()> {
    let mut to_stdout = false;
    let mut written = Vec::new();
    for (path, format) in &shown.0 {
        let to_terminal = path == Path::new("-");
        let style = Style { color: to_terminal && output::colored(global), width: if to_terminal { output::width() } else { 100 } };
        let text = match format {
            Format::Json => format!("{json}\n"),
            Format::Html => Document::joined(documents).html(),
            Format::Md => documents.iter().map(Document::markdown).collect::<Vec<_>>().join("\n"),
            Format::Text => documents.iter().map(|d| d.text(style)).collect::<Vec<_>>().join("\n"),
        };
        if to_terminal {
            to_stdout = true;
            output::print(text.as_bytes())?;
        } else {
            output::write_file(path, text.as_bytes())?;
            written.push(path.display().to_string());
        }
    }
    if !to_stdout && !global.quiet {
        let style = Style { color: output::colored(global), width: output::width() };
        for document in documents {
            output::print(document.text(style).as_bytes())?;
        }
        if !written.is_empty() {
            output::note(&format!("written: {}", written.join(", ")), global);
        }
    }
    Ok(())
}
