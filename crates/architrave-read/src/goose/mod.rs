//! goose: `<version>_name.sql` by number, sections `-- +goose Up` and `-- +goose Down`; a transaction per file unless `NO TRANSACTION`.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, leading_digits, number_key};
use crate::history::Kind;
use crate::markers::{self, Tool};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Goose;

impl Reader for Goose {
    fn folder(&self) -> &'static str {
        "goose"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Goose
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !files.iter().any(|f| input.tree.sniff(f).tools.contains(&Tool::Goose)) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(self.format(), input, &folder, &files));
        }
    }
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = Vec::new();
    for file in files {
        match numbered(path::file_name(file)) {
            Some(version) => ordered.push((version, file)),
            None => draft.note_skipped(file, "goose", "<version>_name.sql"),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (version, file) in ordered {
        read_file(input, version, file, &mut draft);
    }
    draft.note_duplicates("goose", true);
    let programs = |f: &&String| path::has_extension(f, "go") && numbered(f).is_some() && !f.ends_with("_test.go");
    let programs: Vec<String> =
        input.tree.folder(folder).into_iter().flat_map(|f| f.files.iter().filter(programs)).map(|name| path::join(folder, name)).collect();
    draft.programs(&programs, "Go");
    draft
}

fn numbered(name: &str) -> Option<&str> {
    leading_digits(name).filter(|(_, rest)| rest.starts_with('_')).map(|(version, _)| version)
}

fn read_file(input: &Input<'_>, version: &str, file: &str, draft: &mut Draft) {
    let Some(text) = draft.load(input, file) else { return };
    let sections = markers::sections(&text.text, Tool::Goose);
    if !sections.has_up {
        return draft.problem(file, 1, Kind::RefusedByRunner, "goose refuses this file: it has no -- +goose Up");
    }
    if sections.substitutes {
        draft.note(file, 1, "ENVSUB ON: goose replaces variables of the environment here; they were left as they are");
    }
    let mode = if sections.no_transaction { TransactionMode::PerStatement } else { TransactionMode::PerFile };
    let parsed = sql::parts(&text, &sections.up, &sql::plain());
    draft.push(file, version.trim_start_matches('0'), mode, parsed, Down::of_sections(&text, &sections));
}
