//! One file as text: byte order marks, encodings, binary files, size limits.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Larger files are not read.
pub(crate) const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A text file.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextFile {
    /// Text without byte order mark.
    pub(crate) text: String,
    /// Bytes of the byte order mark before the text (0 or 3).
    pub(crate) bom: usize,
    /// Oddities of the encoding: line and what.
    pub(crate) notes: Vec<(u32, String)>,
}

/// Why a file is no text for us.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Larger than [`MAX_FILE_BYTES`]; its size.
    TooLarge(u64),
    /// Not text; what it seems to be.
    Binary(String),
    /// Not a regular file.
    Special,
    /// The operating system refused.
    Io(io::Error),
}

impl Unreadable {
    /// As a predicate: `is a binary file`.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::TooLarge(bytes) => {
                format!("has {} MB; files over {} MB are not read", bytes / 1_048_576, MAX_FILE_BYTES / 1_048_576)
            }
            Self::Binary(what) => format!("is {what}"),
            Self::Special => "is not a regular file".to_owned(),
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => "may not be read (permission denied)".to_owned(),
            Self::Io(error) => format!("could not be read ({error})"),
        }
    }

    /// What the user can do about it.
    pub(crate) fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Binary(what) if what.contains("pg_dump") => {
                Some("turn it into plain SQL: pg_restore --schema-only -f schema.sql ARCHIVE")
            }
            Self::TooLarge(_) => Some("leave the data out: pg_dump --schema-only"),
            Self::Io(_) => Some("give this user read permission"),
            _ => None,
        }
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<TextFile, Unreadable> {
    decode(&read_bytes(path)?)
}

/// Reads a whole file as it is.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let (file, size) = open_regular(path)?;
    let mut bytes = Vec::with_capacity(size + 1);
    // The size may grow between looking and reading.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Unreadable::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Unreadable::TooLarge(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Reads the first `limit` bytes, as far as they are text; and whether that is all.
pub(crate) fn read_start(path: &Path, limit: u64) -> Result<(TextFile, bool), Unreadable> {
    let (file, size) = open_regular(path)?;
    let mut bytes = Vec::with_capacity(size.min(usize::try_from(limit).unwrap_or(usize::MAX)) + 1);
    file.take(limit).read_to_end(&mut bytes).map_err(Unreadable::Io)?;
    // The cut may go through a character.
    let is_whole = (bytes.len() as u64) < limit;
    if !is_whole {
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
        bytes.truncate(whole);
    }
    Ok((decode(&bytes)?, is_whole))
}

/// The file and its size.
fn open_regular(path: &Path) -> Result<(File, usize), Unreadable> {
    // Looked at before it is opened: opening a named pipe would wait for a writer for ever.
    let metadata = std::fs::metadata(path).map_err(Unreadable::Io)?;
    if !metadata.is_file() {
        return Err(Unreadable::Special);
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(Unreadable::TooLarge(metadata.len()));
    }
    let file = File::open(path).map_err(Unreadable::Io)?;
    Ok((file, usize::try_from(metadata.len()).unwrap_or_default()))
}

/// Bytes to text.
pub(crate) fn decode(bytes: &[u8]) -> Result<TextFile, Unreadable> {
    let decoded = architrave_sql::decode(bytes).map_err(|not_text| Unreadable::Binary(not_text.to_string()))?;
    let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut notes = Vec::new();
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        notes.push((1, "UTF-16, which PostgreSQL does not read; it was converted".to_owned()));
    }
    if let Some(line) = decoded.invalid_at_line {
        notes.push((line, "not UTF-8; each byte that is not was replaced by U+FFFD".to_owned()));
    }
    Ok(TextFile { text: decoded.text.into_owned(), bom, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_text() {
        let file = decode(b"\xef\xbb\xbfselect 1;").unwrap();
        assert_eq!((file.text.as_str(), file.bom), ("select 1;", 3));
    }

    #[test]
    fn broken_utf8_is_replaced_and_said() {
        let file = decode(b"a\nb\xe9c\n").unwrap();
        assert_eq!(file.text, "a\nb\u{fffd}c\n");
        assert_eq!(file.notes[0].0, 2);
    }

    #[test]
    fn utf16_is_converted_and_said() {
        let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain("select 1;".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let file = decode(&bytes).unwrap();
        assert_eq!(file.text, "select 1;");
        assert!(file.notes[0].1.contains("UTF-16"));
    }

    #[test]
    fn binary_files_say_what_they_are() {
        let why = |bytes: &[u8]| decode(bytes).unwrap_err().why();
        assert_eq!(why(b"PGDMP\x01\x0e"), "is a pg_dump archive, not a plain script: convert it with pg_restore -f");
        assert_eq!(why(b"abc\0def"), "is not a text file: a NUL byte at offset 3");
    }
}
