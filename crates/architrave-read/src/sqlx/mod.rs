//! sqlx: `<version>_name.sql` or `.up.sql`/`.down.sql` by number, in a crate that uses sqlx; a transaction per file unless the file
//! starts with exactly `-- no-transaction`.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, leading_digits, number_key, one_message};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Sqlx;

impl Reader for Sqlx {
    fn folder(&self) -> &'static str {
        "sqlx"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Sqlx
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !is_ours(input, &folder, &files) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(self.format(), input, &folder, &files));
        }
    }
}

fn is_ours(input: &Input<'_>, folder: &str, files: &[String]) -> bool {
    let named = input.names_above(folder, "sqlx")
        || input.names("sqlx")
            && path::file_name(folder).contains("migrations")
            && !["goose", "golang-migrate", "node-pg-migrate", "dbmate", "Supabase", "Flyway", "refinery"].iter().any(|p| input.names(p));
    named && files.iter().any(|f| version_of(path::file_name(f)).is_some() && input.tree.sniff(f).defines)
}

/// The number before the first underscore, as sqlx parses it.
fn version_of(name: &str) -> Option<&str> {
    leading_digits(name).filter(|(digits, rest)| rest.starts_with('_') && digits.parse::<i64>().is_ok()).map(|(digits, _)| digits)
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = Vec::new();
    for file in files.iter().filter(|f| !f.ends_with(".down.sql")) {
        match version_of(path::file_name(file)) {
            Some(version) => ordered.push((version, file)),
            None => draft.problem(
                file,
                1,
                Kind::SkippedByRunner,
                "sqlx passes over this file, or stops at it: its name is not <number>_name.sql",
            ),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (version, file) in ordered {
        let Some(text) = draft.load(input, file) else { continue };
        let parsed = sql::whole(&text, &sql::plain());
        let without = input.tree.sniff(file).starts_without_transaction;
        if !without && let Some(line) = misplaced(&text.text) {
            draft.note(file, line, "-- no-transaction counts only as the very first bytes of the file; sqlx runs this in a transaction");
        }
        let mode = if without { one_message(&parsed.statements) } else { TransactionMode::PerFile };
        let down = file.strip_suffix(".up.sql").map(|stem| format!("{stem}.down.sql"));
        let down = down.map(|file| down_of(input, &file, &mut draft)).unwrap_or_default();
        draft.push(file, version, mode, parsed, down);
    }
    draft.note_duplicates("sqlx", true);
    draft
}

/// The way back; it says for itself whether it wants a transaction.
fn down_of(input: &Input<'_>, file: &str, draft: &mut Draft) -> Down {
    let down = draft.down_file(input, file);
    let start = input.tree.sniff(file);
    if start.starts_without_transaction { down.in_one_message() } else { down.wrapped(TransactionMode::PerFile) }
}

fn misplaced(text: &str) -> Option<u32> {
    let at = text.lines().position(|l| l.trim() == "-- no-transaction")?;
    u32::try_from(at + 1).ok()
}
