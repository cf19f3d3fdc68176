//! Standard output and standard error: colours, errors, files.

use crate::args::{Color, Global};
use anyhow::Context as _;
use std::io::{BufWriter, IsTerminal, Write};
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
    print_with(|out| Ok(out.write_all(bytes)?))
}

/// The same of what `render` writes, as it comes.
pub(crate) fn print_with(render: impl FnOnce(&mut Buffered<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut open = UntilClosed { inner: std::io::stdout().lock(), closed: false };
    let mut out: Buffered<'_> = BufWriter::with_capacity(BUFFER, &mut open);
    render(&mut out).and_then(|()| Ok(out.flush()?)).context("cannot write to standard output")
}

/// Where reports are written: in pieces, because a long one need not be in memory whole.
pub(crate) type Buffered<'a> = BufWriter<&'a mut dyn Write>;

/// Bytes of a piece.
const BUFFER: usize = 64 * 1024;

/// A writer whose reader may go away.
struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> UntilClosed<W> {
    fn unless_closed<T>(&mut self, otherwise: T, work: impl FnOnce(&mut W) -> std::io::Result<T>) -> std::io::Result<T> {
        if self.closed {
            return Ok(otherwise);
        }
        match work(&mut self.inner) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.unless_closed(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.unless_closed((), Write::flush)
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
    write_file_with(path, |out| Ok(out.write_all(bytes)?))
}

/// The same of what `render` writes, as it comes.
pub(crate) fn write_file_with(path: &Path, render: impl FnOnce(&mut Buffered<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let unfinished = directory.join(format!(".{}.{}.part", path.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&unfinished)?;
        let mut out: Buffered<'_> = BufWriter::with_capacity(BUFFER, &mut file);
        render(&mut out)?;
        out.flush()?;
        drop(out);
        Ok(std::fs::rename(&unfinished, path)?)
    };
    let written: anyhow::Result<()> = write();
    if written.is_err() {
        let _removed = std::fs::remove_file(&unfinished);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}
