//! Workloads offline: `pg_stat_statements` of a snapshot, server logs, files of SQL, lists in JSON.
//!
//! Constants that a log shows become variants of one statement; what is no statement for the planner is refused with its reason.

mod error;
mod gather;
mod list;
mod log;
mod scripts;
mod statistics;
#[cfg(test)]
mod tests;

pub use error::WorkloadError;
pub use list::from_json;
pub use log::from_log;
pub use scripts::from_sql;
pub use statistics::from_statistics;

use architrave_model::workload::Workload;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Bytes by which a file is told to be one or the other.
const START: u64 = 64 * 1024;

/// Reads a workload from whatever it is: a folder or file of SQL, a list in JSON, or a server log (plain, CSV, JSON).
///
/// # Errors
/// When nothing is read: no such file, no text, nothing in it that is a statement.
pub fn read(path: &Path) -> Result<Workload, WorkloadError> {
    if std::fs::metadata(path).map_err(|source| WorkloadError::io(path, source))?.is_dir() {
        return from_sql(path);
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    if extension == "sql" {
        return from_sql(path);
    }
    let start = start_of(path)?;
    let first = start.trim_start_matches('\u{feff}').trim_start();
    let of_log =
        first.starts_with('{') && first.lines().next().is_some_and(|l| l.contains("\"error_severity\"") || l.contains("\"timestamp\""));
    if first.starts_with('[') && extension != "log" || first.starts_with('{') && !of_log {
        let text = std::fs::read_to_string(path).map_err(|source| WorkloadError::io(path, source))?;
        return from_json(&text).map_err(|error| error.at(path));
    }
    if extension != "log"
        && extension != "csv"
        && !of_log
        && architrave_sql::parameters::mend(first.split(';').next().unwrap_or("")).is_ok()
    {
        return from_sql(path);
    }
    from_log(path)
}

/// The beginning of a file, when it is text.
fn start_of(path: &Path) -> Result<String, WorkloadError> {
    let failed = |source| WorkloadError::io(path, source);
    let mut bytes = Vec::new();
    BufReader::new(File::open(path).map_err(failed)?).take(START).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(WorkloadError::nothing(path, "is empty"));
    }
    if bytes.contains(&0) {
        return Err(WorkloadError::nothing(path, "is a binary file; give SQL, a JSON list or a server log"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One line without its end; none at the end of the file. Lines that are no UTF-8 lose what is none. Of a longer line the rest is
/// skipped.
fn next_line(reader: &mut impl BufRead, most: usize) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if reader.take(limit).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.len() >= most && bytes.last() != Some(&b'\n') {
        skip_line(reader)?;
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())))
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let available = reader.fill_buf()?;
        let (used, ends) = match available.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (available.len(), available.is_empty()),
        };
        reader.consume(used);
        if ends {
            return Ok(());
        }
    }
}
