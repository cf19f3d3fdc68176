//! tern: `<number>_name.sql` without gaps from 1 on, the way back below `---- create above / drop below ----`; a transaction for each file.

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
pub(crate) struct Tern;

impl Reader for Tern {
    fn folder(&self) -> &'static str {
        "tern"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Tern
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            let ours = input.tree.has_file(&path::join(&folder, "tern.conf"))
                || files.iter().any(|f| input.tree.sniff(f).tools.contains(&Tool::Tern));
            if !ours || found.claims.has_folder(&folder) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(input, &folder, &files));
        }
    }
}

fn read_folder(input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(MigrationFormat::Tern, folder, folder);
    let mut ordered = Vec::new();
    for file in files {
        match leading_digits(path::file_name(file)) {
            Some((version, _)) => ordered.push((version, file)),
            None => draft.note_skipped(file, "tern", "<number>_name.sql"),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    let mut expected: u64 = 1;
    for (version, file) in ordered {
        let number = version.parse::<u64>().unwrap_or(0);
        if number > expected {
            draft.problem(file, 1, Kind::VersionGap, format!("tern stops: migration {expected} is missing"));
        }
        expected = number + 1;
        let Some(text) = draft.load(input, file) else { continue };
        let sections = markers::sections(&text.text, Tool::Tern);
        let alone = text.text.lines().any(|l| l.trim() == "---- tern: disable-tx ----");
        let mode = if alone { TransactionMode::PerStatement } else { TransactionMode::PerFile };
        let parsed = sql::parts(&text, &sections.up, &sql::plain());
        draft.push(file, version, mode, parsed, Down::of_sections(&text, &sections));
    }
    draft.note_duplicates("tern", true);
    draft
}
