//! Standard output and standard error: colours, errors, files.

use crate::args::{Color, Global};
use anyhow::Context as _;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Whether standard output gets colours.
pub(crate) fn colored(global: &Global) -> bool {
    wants_color(global, std::io::stdout().is_terminal())
}

fn wants_color(global: &Global, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let plain =
                std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
            terminal && !plain
        }
    }
}

/// Columns of the terminal; 100 when standard output is none.
pub(crate) fn width() -> usize {
    let term = console::Term::stdout();
    let columns = term.size_checked().map_or(100, |(_, columns)| usize::from(columns));
    columns.clamp(60, 140)
}

/// Prints an error the way every command does, and gives the exit status 2.
pub(crate) fn fail(error: &anyhow::Error, global: &Global) -> ExitCode {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    let head = if wants_color(global, std::io::stderr().is_terminal()) { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
    // Nothing can be done when standard error is closed.
    let _written = writeln!(std::io::stderr(), "{head} {text}");
    ExitCode::from(2)
}

/// A line on standard error, unless `--quiet`.
pub(crate) fn note(text: &str, global: &Global) {
    if !global.quiet {
        let _written = writeln!(std::io::stderr(), "{text}");
    }
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
pub(crate) fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Whether a file could be written there, as far as can be told without writing: said before any work is done.
pub(crate) fn check_place(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(!path.is_dir(), "{} is a directory; name a file in it", path.display());
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    anyhow::ensure!(directory.is_dir(), "cannot write {}: there is no directory {}", path.display(), directory.display());
    Ok(())
}

/// Writes a file whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let unfinished = directory.join(format!(".{}.{}.part", path.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
    let written = std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        let _removed = std::fs::remove_file(&unfinished);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}
