//! The checksum by which a runner knows a file again: what its history table holds when the file is as it was.

use super::digest::{base64, crc32, hex, sha1, sip13};
use super::unix_lines;
use crate::path;
use crate::text::TextFile;
use architrave_model::project::MigrationFormat;
use architrave_model::script::Script;
use sha2::{Digest as _, Sha256, Sha384};

/// Values that mean unchanged, of a file's bytes; none for a runner that keeps no checksum, or none that can be told from the file alone.
pub(super) fn unchanged(format: MigrationFormat, script: &Script, bytes: &[u8]) -> Option<Vec<String>> {
    let sha256 = |bytes: &[u8]| hex(Sha256::digest(bytes).as_slice());
    Some(match format {
        // Both take the line ends of the machine that generated the file for the same.
        MigrationFormat::Prisma => {
            let unix = unix_lines(bytes);
            vec![sha256(bytes), sha256(&unix), sha256(&windows_lines(&unix))]
        }
        MigrationFormat::Drizzle => vec![sha256(bytes), sha256(&unix_lines(bytes))],
        MigrationFormat::Flyway => vec![flyway(bytes)],
        MigrationFormat::Sqlx => vec![hex(Sha384::digest(bytes).as_slice())],
        MigrationFormat::Refinery => refinery(script, bytes)?,
        MigrationFormat::Sqitch => vec![sha1(bytes)],
        MigrationFormat::GraphileMigrate => vec![graphile(bytes)?.written],
        _ => return None,
    })
}

fn windows_lines(unix: &[u8]) -> Vec<u8> {
    unix.iter().flat_map(|b| if *b == b'\n' { b"\r\n".as_slice() } else { std::slice::from_ref(b) }).copied().collect()
}

/// CRC-32 of the lines without their ends, as a signed number.
fn flyway(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|b| matches!(b, b'\n' | b'\r'));
    crc32(lines).cast_signed().to_string()
}

/// SipHash of name, version (as four or as eight bytes) and text, fed as Rust feeds them.
fn refinery(script: &Script, bytes: &[u8]) -> Option<Vec<String>> {
    let stem = path::file_name(&script.path).strip_suffix(".sql")?;
    let name = stem.split_once("__")?.1;
    let version: i32 = script.version.parse().ok()?;
    let hash = |version: &[u8]| {
        sip13(|feed| {
            for part in [name.as_bytes(), b"\xff", version, bytes, b"\xff"] {
                feed(part);
            }
        })
        .to_string()
    };
    Some(vec![hash(&version.to_ne_bytes()), hash(&i64::from(version).to_ne_bytes())])
}

/// What the head of a committed migration of graphile-migrate says, and what its content gives.
pub(crate) struct Graphile {
    pub(crate) previous: Option<String>,
    pub(crate) written: String,
    pub(crate) computed: String,
    /// `--! AllowInvalidHash`: the text was edited on purpose.
    pub(crate) any_hash: bool,
}

/// Reads `--! Previous:` and `--! Hash:`.
pub(crate) fn graphile(bytes: &[u8]) -> Option<Graphile> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Settings of its own may stand above, between and below the two; the text proper starts after the blank line.
    let head: Vec<&str> = text.lines().take_while(|l| l.starts_with("--!")).collect();
    let value =
        |name: &str| head.iter().find_map(|l| l.strip_prefix("--!")?.trim_start().strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let previous = value("Previous")?;
    let written = value("Hash")?.to_owned();
    let any_hash = head.iter().any(|l| l.trim_start_matches("--!").trim() == "AllowInvalidHash");
    let previous = (!matches!(previous, "" | "-")).then(|| previous.to_owned());
    let after = head.iter().map(|l| l.len() + 1).sum::<usize>().min(text.len());
    let body = text[after..].strip_prefix('\n').unwrap_or(&text[after..]);
    let message = format!("{}\n{body}", previous.as_deref().unwrap_or(""));
    let computed = format!("sha1:{}", sha1(format!("{}\n", message.trim()).as_bytes()));
    Some(Graphile { previous, written, computed, any_hash })
}

/// Atlas' sum of each file by name: over the names and contents of it and all before it.
pub(crate) fn atlas_sums<'a>(files: &[(&'a str, &TextFile)]) -> Vec<(&'a str, String)> {
    let mut sum = Sha256::new();
    let mut out = Vec::new();
    for (name, file) in files {
        sum.update(name.as_bytes());
        let ignored = file.text.lines().next().is_some_and(|l| l.trim_start_matches(['-', '#', ' ']).trim_end() == "atlas:sum ignore");
        if ignored {
            continue;
        }
        if file.bom > 0 {
            sum.update(b"\xef\xbb\xbf");
        }
        sum.update(file.text.as_bytes());
        out.push((*name, base64(sum.clone().finalize().as_slice())));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(format: MigrationFormat, path: &str, version: &str, text: &str) -> Vec<String> {
        let script = Script { path: path.into(), version: version.into(), ..Script::default() };
        unchanged(format, &script, text.as_bytes()).unwrap()
    }

    #[test]
    fn line_ends_count_only_where_the_runner_counts_them() {
        let lf = of(MigrationFormat::Flyway, "V1__a.sql", "1", "create table a ();\nselect 1;\n");
        assert_eq!(lf, of(MigrationFormat::Flyway, "V1__a.sql", "1", "\u{feff}create table a ();\r\nselect 1;"));
        assert_eq!(of(MigrationFormat::Flyway, "V1__a.sql", "1", "123456789"), ["-873187034"]);
        let prisma = |text| of(MigrationFormat::Prisma, "1/migration.sql", "1", text);
        assert!(prisma("a\r\nb").contains(&prisma("a\nb")[0]) && prisma("a\nb").contains(&prisma("a\r\nb")[0]));
        let sqlx = |text| of(MigrationFormat::Sqlx, "1_a.sql", "1", text);
        assert_ne!(sqlx("a\r\nb"), sqlx("a\nb"));
        assert_eq!(sqlx("")[0].len(), 96);
    }

    #[test]
    fn refinery_hashes_name_version_and_text_as_rust_does() {
        use std::hash::{Hash as _, Hasher as _};
        let mut hasher = std::collections::hash_map::DefaultHasher::new();
        "add_users".hash(&mut hasher);
        7_i32.hash(&mut hasher);
        "select 1;".hash(&mut hasher);
        assert_eq!(of(MigrationFormat::Refinery, "m/V7__add_users.sql", "7", "select 1;")[0], hasher.finish().to_string());
    }
}
