//! Bytes of a file to text: byte order marks, UTF-16 from Windows shells, and what is no text at all.

use std::borrow::Cow;

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Text without byte order mark.
    pub text: Cow<'a, str>,
    /// Line of the first byte that is not UTF-8; each such byte became U+FFFD.
    pub invalid_at_line: Option<u32>,
}

/// Why bytes are no SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// `pg_dump -Fc` or `-Ft` output.
    #[error("a pg_dump archive, not a plain script: convert it with pg_restore -f")]
    PgDumpArchive,
    /// gzip, zip, zstd and the like.
    #[error("a compressed file, not a text file")]
    Compressed,
    /// Anything else with a NUL byte.
    #[error("not a text file: a NUL byte at offset {offset}")]
    Binary {
        /// Offset in bytes.
        offset: usize,
    },
}

/// Text of a file. UTF-8 with or without mark, UTF-16 with mark; other encodings come through lossily and say so.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, NotText> {
    if bytes.starts_with(b"PGDMP") {
        return Err(NotText::PgDumpArchive);
    }
    if [&[0x1f, 0x8b][..], b"PK\x03\x04", &[0x28, 0xb5, 0x2f, 0xfd], b"BZh", &[0xfd, b'7', b'z', b'X']].iter().any(|m| bytes.starts_with(m))
    {
        return Err(NotText::Compressed);
    }
    for (mark, from) in [([0xff, 0xfe], u16::from_le_bytes as fn([u8; 2]) -> u16), ([0xfe, 0xff], u16::from_be_bytes)] {
        if bytes.starts_with(&mark) {
            let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|c| from([c[0], c[1]])).collect();
            return Ok(Decoded { text: Cow::Owned(String::from_utf16_lossy(&units)), invalid_at_line: None });
        }
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(offset) = bytes.iter().position(|b| *b == 0) {
        return Err(NotText::Binary { offset });
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: Cow::Borrowed(text), invalid_at_line: None },
        Err(error) => {
            let line = 1 + String::from_utf8_lossy(&bytes[..error.valid_up_to()]).matches('\n').count();
            Decoded { text: String::from_utf8_lossy(bytes), invalid_at_line: Some(u32::try_from(line).unwrap_or(u32::MAX)) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_through() {
        assert_eq!(decode(b"\xef\xbb\xbfselect 1").map(|d| d.text.into_owned()), Ok("select 1".to_owned()));
        assert_eq!(decode(b"\xff\xfes\0;\0").map(|d| d.text.into_owned()), Ok("s;".to_owned()));
        assert_eq!(decode(b"a\n\xe9").map(|d| d.invalid_at_line), Ok(Some(2)));
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(decode(b"PGDMP\x01\x0e"), Err(NotText::PgDumpArchive));
        assert_eq!(decode(b"\x1f\x8b\x08"), Err(NotText::Compressed));
        assert_eq!(decode(b"ab\0c"), Err(NotText::Binary { offset: 2 }));
    }
}
