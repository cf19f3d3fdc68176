//! refinery: `V<number>__name.sql` by number, `U…` as V; a transaction for each file. Its names are Flyway's, a manifest tells them apart.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, number_key};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Refinery;

impl Reader for Refinery {
    fn folder(&self) -> &'static str {
        "refinery"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Refinery
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            let ours = input.names_above(&folder, "refinery") || input.names("refinery") && !input.names("Flyway");
            if !ours || found.claims.has_folder(&folder) || !files.iter().any(|f| version_of(path::file_name(f)).is_some()) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(input, &folder, &files));
        }
    }
}

/// The number of `V12__name.sql`; refinery takes whole numbers only.
fn version_of(name: &str) -> Option<&str> {
    let (head, name) = name.strip_suffix(".sql")?.split_once("__")?;
    let digits = head.strip_prefix(['V', 'U'])?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    (digits.parse::<i64>().is_ok() && name.starts_with(word)).then_some(digits)
}

fn read_folder(input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(MigrationFormat::Refinery, folder, folder);
    let mut ordered = Vec::new();
    for file in files {
        match version_of(path::file_name(file)) {
            Some(version) => ordered.push((version, file)),
            None => draft.note_skipped(file, "refinery", "V<number>__name.sql"),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (version, file) in ordered {
        let Some(text) = draft.load(input, file) else { continue };
        draft.push(file, version, TransactionMode::PerFile, sql::whole(&text, &sql::plain()), Down::none());
    }
    draft.note_duplicates("refinery", true);
    let programs = |f: &&String| path::has_extension(f, "rs") && f.starts_with(['V', 'U']) && f.contains("__");
    let names = input.tree.folder(folder).map(|f| f.files.as_slice()).unwrap_or_default();
    for name in names.iter().filter(programs) {
        draft.problem(&path::join(folder, name), 1, Kind::Unread, "a migration written in Rust; not read");
    }
    draft
}
