//! sql-migrate: `-- +migrate Up` and `-- +migrate Down` by number, then by name; a transaction for each file unless `notransaction`.

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
pub(crate) struct SqlMigrate;

impl Reader for SqlMigrate {
    fn folder(&self) -> &'static str {
        "sql_migrate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::SqlMigrate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !files.iter().any(|f| input.tree.sniff(f).tools.contains(&Tool::SqlMigrate)) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            let mut draft = Draft::new(self.format(), &folder, &folder);
            let key =
                |file: &String| leading_digits(path::file_name(file)).map_or((0, String::new()), |(digits, _)| owned(number_key(digits)));
            let mut files = files;
            files.sort_by_key(|file| (key(file), file.clone()));
            for file in &files {
                read_file(input, file, &mut draft);
            }
            found.take(draft);
        }
    }
}

fn owned(key: (usize, &str)) -> (usize, String) {
    (key.0, key.1.to_owned())
}

fn read_file(input: &Input<'_>, file: &str, draft: &mut Draft) {
    let Some(text) = draft.load(input, file) else { return };
    let sections = markers::sections(&text.text, Tool::SqlMigrate);
    if !sections.has_up {
        return draft.problem(file, 1, Kind::RefusedByRunner, "sql-migrate refuses this file: it has no -- +migrate Up");
    }
    let mode = |options: &str| {
        if options.split_whitespace().any(|o| o == "notransaction") { TransactionMode::PerStatement } else { TransactionMode::PerFile }
    };
    let down = Down::of_sections(&text, &sections).wrapped(mode(&sections.down_options));
    let parsed = sql::parts(&text, &sections.up, &sql::plain());
    draft.push(file, path::file_name(file), mode(&sections.up_options), parsed, down);
}
