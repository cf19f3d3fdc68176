//! The password file (`.pgpass`): which of its lines is for a host, port, database and user.

use std::path::Path;

use super::target::Password;

/// What the lines are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Host name or address; `localhost` for the default socket directory.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub dbname: &'a str,
    /// Role.
    pub user: &'a str,
}

/// The content of a password file that may be used. Not `Debug`: it is made of secrets.
#[derive(Default)]
pub(super) struct PasswordFile {
    name: String,
    text: String,
}

impl PasswordFile {
    /// Reads the file; one that is absent has no lines, one that others can read is left aside with a note, as libpq does.
    pub(super) fn read(path: &Path, notes: &mut Vec<String>) -> Self {
        let name = path.display().to_string();
        let Ok(facts) = std::fs::metadata(path) else { return Self::default() };
        if !facts.is_file() {
            notes.push(format!("the password file {name} is not a plain file and is ignored"));
            return Self::default();
        }
        if others_may_read(&facts) {
            notes.push(format!("the password file {name} can be read by others and is ignored; run: chmod 600 {name}"));
            return Self::default();
        }
        match std::fs::read(path) {
            Ok(bytes) => Self { name, text: String::from_utf8_lossy(&bytes).into_owned() },
            Err(error) => {
                notes.push(format!("the password file {name} cannot be read ({error}) and is ignored"));
                Self::default()
            }
        }
    }

    /// The password of the first line that fits.
    pub(super) fn find(&self, wanted: Wanted<'_>) -> Option<Password> {
        let port = wanted.port.to_string();
        self.text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).find_map(|(index, line)| {
            let rest = field(line, wanted.host)?;
            let rest = field(rest, &port)?;
            let rest = field(rest, wanted.dbname)?;
            let secret = unescape(field(rest, wanted.user)?.trim_end_matches('\r'));
            let source = format!("{}, line {}", self.name, index + 1);
            (!secret.is_empty()).then_some(Password { secret, source })
        })
    }
}

#[cfg(unix)]
fn others_may_read(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    facts.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn others_may_read(_facts: &std::fs::Metadata) -> bool {
    false
}

/// What follows the first field of `line` when that field is `*` or `wanted`.
fn field<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let mut wanted = wanted.chars();
    let mut characters = line.char_indices();
    loop {
        let (at, mut character) = characters.next()?;
        if character == ':' {
            return wanted.next().is_none().then(|| line.get(at + 1..)).flatten();
        }
        if character == '\\' {
            character = characters.next()?.1;
        }
        if wanted.next() != Some(character) {
            return None;
        }
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push(characters.next().unwrap_or('\\')),
            _ => out.push(character),
        }
    }
    out
}
