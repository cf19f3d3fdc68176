//! Server logs: durations with their statements, and the plans of `auto_explain`. Read as a stream, whatever the size.

mod csv;
mod json;
mod message;
mod plain;

use super::gather::Gathering;
use super::{WorkloadError, next_line};
use architrave_model::workload::{QuerySource, Workload};
use message::Message;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Of longer lines and messages the rest is left out, bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// A message of the server and what belongs to it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Entry {
    /// Line where it begins, from 1.
    line: u32,
    message: String,
    detail: Option<String>,
}

/// Takes the entries of a log one after the other.
struct Taker<'a> {
    path: &'a str,
    gathering: Gathering,
    entries: u64,
}

impl Taker<'_> {
    fn take(&mut self, entry: Entry) {
        self.entries += 1;
        let line = entry.line;
        for occurrence in Message::of(&entry.message, entry.detail.as_deref()).map(Message::occurrences).unwrap_or_default() {
            self.gathering.add(occurrence, || QuerySource::Log { path: self.path.to_owned(), line });
        }
    }
}

/// Reads a server log: the plain form with any prefix (syslog's too), CSV, or JSON. English messages only.
///
/// # Errors
/// When it cannot be read, or nothing in it is an entry of a PostgreSQL log with a statement.
pub fn from_log(path: &Path) -> Result<Workload, WorkloadError> {
    super::start_of(path)?;
    let failed = |source| WorkloadError::io(path, source);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let shown = path.display().to_string();
    let mut taker = Taker { path: &shown, gathering: Gathering::default(), entries: 0 };
    match form(&mut reader).map_err(failed)? {
        Form::Csv => csv::read(&mut reader, &mut |entry| taker.take(entry)).map_err(failed)?,
        Form::Json => json::read(&mut reader, &mut |entry| taker.take(entry)).map_err(failed)?,
        Form::Plain => plain::read(&mut reader, &mut |entry| taker.take(entry)).map_err(failed)?,
    }
    let entries = taker.entries;
    let workload = taker.gathering.finish();
    if !workload.queries.is_empty() || !workload.refused.is_empty() {
        return Ok(workload);
    }
    Err(WorkloadError::nothing(
        path,
        if entries == 0 {
            "is neither SQL, nor a JSON list, nor a log of PostgreSQL"
        } else {
            "is a log without statements: set log_min_duration_statement or load auto_explain, and lc_messages = 'C'"
        },
    ))
}

enum Form {
    Plain,
    Csv,
    Json,
}

/// Tells the form by the first line that has something on it.
fn form(reader: &mut impl BufRead) -> std::io::Result<Form> {
    let start = reader.fill_buf()?;
    let text = String::from_utf8_lossy(start);
    let line = text.trim_start_matches('\u{feff}').lines().find(|l| !l.trim().is_empty()).unwrap_or("").to_owned();
    let stamped = line.len() > 19 && line.as_bytes()[..4].iter().all(u8::is_ascii_digit) && line.as_bytes()[4] == b'-';
    let fields = line.split_once(',').is_some_and(|(stamp, _)| stamp.len() <= 40);
    Ok(if line.starts_with('{') {
        Form::Json
    } else if stamped && fields && line.split(',').count() >= 12 {
        Form::Csv
    } else {
        Form::Plain
    })
}
