//! Snapshot files: one versioned JSON, written whole or not at all, read back to an equal model.

#[cfg(test)]
mod tests;

use crate::error::ReadError;
use architrave_model::Snapshot;
use architrave_model::snapshot::SNAPSHOT_VERSION;
use serde::Deserialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The one field that all versions have.
#[derive(Deserialize)]
struct Probe {
    snapshot_version: Option<serde_json::Value>,
}

/// Reads a snapshot.
pub fn read_snapshot(path: &Path) -> Result<Snapshot, ReadError> {
    let no = |why: String| ReadError::NotASnapshot { path: path.to_path_buf(), why };
    let metadata = fs::metadata(path).map_err(|e| ReadError::io(path, e))?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.to_path_buf() });
    }
    let bytes = fs::read(path).map_err(|e| ReadError::io(path, e))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let probe: Probe = match serde_json::from_slice(bytes) {
        Ok(probe) => probe,
        Err(error) if error.is_eof() && !bytes.is_empty() => return Err(no(format!("is cut off: the JSON ends in line {}", error.line()))),
        Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() => return Err(no(not_ours())),
        Err(error) => return Err(no(format!("is not JSON (line {}, column {})", error.line(), error.column()))),
    };
    let Some(version) = probe.snapshot_version else { return Err(no(not_ours())) };
    match version.as_u64() {
        Some(version) if version == u64::from(SNAPSHOT_VERSION) => {}
        Some(version) if version > u64::from(SNAPSHOT_VERSION) => {
            return Err(no(format!(
                "has snapshot format {version}, newer than {SNAPSHOT_VERSION}, which this Architrave reads; update Architrave"
            )));
        }
        Some(version) => {
            return Err(no(format!(
                "has snapshot format {version}, older than {SNAPSHOT_VERSION}, which this Architrave reads; take it again"
            )));
        }
        None => return Err(no(not_ours())),
    }
    serde_json::from_slice(bytes).map_err(|error| no(format!("is a damaged snapshot: {error}")))
}

fn not_ours() -> String {
    "is JSON but no snapshot of Architrave; make one with: architrave snapshot URL -o FILE".to_owned()
}

/// Writes a snapshot. The file appears whole or not at all, readable by its owner only: it describes a server and may hold row values.
pub fn write_snapshot(path: &Path, snapshot: &Snapshot) -> Result<(), ReadError> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = write_file(&part, snapshot).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // What is left of the attempt is of no use; that it may not be there is no further error.
        let _ = fs::remove_file(&part);
        ReadError::io(path, error)
    })
}

fn write_file(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let mut out = BufWriter::new(create_private(path)?);
    serde_json::to_writer_pretty(&mut out, snapshot).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    File::create(path)
}
