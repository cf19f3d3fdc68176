//! graphile-migrate: what `.gmrc` runs after a reset, `committed/<number>.sql`, chained by hashes in their heads, then the work in `current.sql` or
//! `current/`.

mod settings;
#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft};
use crate::history::{Kind, graphile};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql::Parsed;
use crate::text::TextFile;
use crate::{dialect, sql};
use architrave_model::project::MigrationFormat;
use architrave_model::script::{StatementKind, TransactionMode};

/// The reader.
pub(crate) struct GraphileMigrate;

impl Reader for GraphileMigrate {
    fn folder(&self) -> &'static str {
        "graphile_migrate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::GraphileMigrate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            let committed = path::file_name(&folder) == "committed" && files.iter().any(|f| is_committed(path::file_name(f)));
            let first = files.iter().find(|f| is_committed(path::file_name(f)));
            let chained = || first.and_then(|f| input.tree.read(f).ok()).is_some_and(|f| graphile(f.text.as_bytes()).is_some());
            if !committed || found.claims.has_folder(&folder) || !chained() {
                continue;
            }
            let home = path::parent(&folder).to_owned();
            if let Some(why) = dialect::why_foreign(input, &folder, &files) {
                found.leave_out(&home, &why);
                continue;
            }
            found.claims.add_folder(&home);
            found.take(read_home(input, &home, &files));
        }
    }
}

/// Six digits or more, and anything after them.
fn is_committed(name: &str) -> bool {
    path::has_extension(name, "sql") && name.bytes().take_while(u8::is_ascii_digit).count() >= 6
}

fn read_home(input: &Input<'_>, home: &str, committed: &[String]) -> Draft {
    let mut draft = Draft::new(MigrationFormat::GraphileMigrate, home, home);
    let mut previous: Option<String> = None;
    after_reset(input, home, &mut draft);
    for file in committed {
        if !is_committed(path::file_name(file)) {
            draft.note_skipped(file, "graphile-migrate", "<six digits>.sql");
            continue;
        }
        let Some(text) = draft.load(input, file) else { continue };
        match graphile(text.text.replace("\r\n", "\n").as_bytes()) {
            Some(head) => {
                if head.previous != previous {
                    let what = "does not follow the migration before it by its hash: graphile-migrate stops";
                    draft.problem(file, 1, Kind::MissingParent, what);
                }
                if head.computed != head.written && !head.any_hash {
                    draft.problem(
                        file,
                        2,
                        Kind::ChecksumMismatch,
                        "is not as its hash says: graphile-migrate stops at an edited migration",
                    );
                }
                previous = Some(head.written);
            }
            None => draft.problem(file, 1, Kind::RefusedByRunner, "graphile-migrate refuses this file: it does not start with its hashes"),
        }
        push(&mut draft, file, path::file_name(file), &text);
    }
    let folder = path::join(home, "current");
    let parts = input.tree.folder(&folder).map(|f| f.files.iter().map(|n| path::join(&folder, n)).collect()).unwrap_or_default();
    let current: Vec<String> = if input.tree.has_file(&format!("{folder}.sql")) { vec![format!("{folder}.sql")] } else { parts };
    for file in current.iter().filter(|f| path::has_extension(f, "sql")) {
        let Some(text) = draft.load(input, file) else { continue };
        let parsed = statements(&text);
        if !parsed.statements.is_empty() {
            push(&mut draft, file, "current", &text);
        }
    }
    draft
}

/// The scripts that a reset runs before the first migration: roles, extensions that want more rights, a schema older than the history.
fn after_reset(input: &Input<'_>, home: &str, draft: &mut Draft) {
    let template = path::join(home, "afterReset.sql");
    let (file, settings) = settings::read(input, home).unwrap_or_default();
    let named = settings.after_reset.iter().map(|name| path::join(home, name)).collect();
    for script in if settings.after_reset.is_empty() { vec![template] } else { named } {
        if input.tree.has_file(&script) {
            let Some(text) = draft.load(input, &script) else { continue };
            push(draft, &script, "afterReset", &text);
        } else if !settings.after_reset.is_empty() {
            draft.problem(
                &file,
                1,
                Kind::MissingFile,
                format!("afterReset names {script}, which does not exist: graphile-migrate reset stops"),
            );
        }
    }
    if settings.commands > 0 {
        draft.note(&file, 1, format!("afterReset starts {} command(s) after a reset: none was started", settings.commands));
    }
}

fn push(draft: &mut Draft, file: &str, version: &str, text: &TextFile) {
    let mut head = text.text.lines().take_while(|l| l.starts_with("--!") || l.trim().is_empty());
    let alone = head.any(|l| l.trim_start_matches("--!").trim().starts_with("no-transaction"));
    let mode = if alone { TransactionMode::PerStatement } else { TransactionMode::PerFile };
    draft.push(file, version, mode, statements(text), Down::none());
}

/// Its placeholders are words with a colon, which its configuration replaces.
fn statements(text: &TextFile) -> Parsed {
    let mut parsed = sql::whole(text, &sql::plain());
    for statement in &mut parsed.statements {
        if let Some(placeholder) = placeholder(&statement.text) {
            statement.kind = StatementKind::Template { placeholder };
            statement.syntax_error = None;
        }
    }
    parsed
}

/// The first `:WORD` that is no cast: in capitals, as `.gmrc` has them.
fn placeholder(text: &str) -> Option<String> {
    let mut starts = text.match_indices(':').map(|(at, _)| at);
    let word = |at: usize| {
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
        let is_word = rest.starts_with(|c: char| c.is_ascii_uppercase()) && !rest[end..].starts_with(|c: char| c.is_alphanumeric());
        (is_word && !text[..at].ends_with([':', '\'', '['])).then(|| format!(":{}", &rest[..end]))
    };
    starts.find_map(word)
}
