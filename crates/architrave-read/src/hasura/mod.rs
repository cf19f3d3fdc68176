//! Hasura: `migrations/<database>/<milliseconds>_name/up.sql` and `down.sql` by folder name; each is sent in a transaction.

#[cfg(test)]
mod tests;

use crate::diesel::{steps, up_sql_folders};
use crate::draft::{Draft, leading_digits};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Hasura;

impl Reader for Hasura {
    fn folder(&self) -> &'static str {
        "hasura"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Hasura
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for folder in up_sql_folders(input) {
            let steps = steps(input, &folder);
            if found.claims.has_folder(&folder) || !is_ours(input, &folder, &steps) {
                continue;
            }
            let files: Vec<String> = steps.iter().map(|(_, file)| file.clone()).collect();
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            let mut draft = Draft::new(self.format(), &folder, &folder);
            for (name, file) in steps {
                if leading_digits(&name).is_none() {
                    draft.note_skipped(&file, "Hasura", "<milliseconds>_name");
                    continue;
                }
                let Some(text) = draft.load(input, &file) else { continue };
                let down = draft.down_file(input, &path::join(path::parent(&file), "down.sql"));
                draft.push(&file, name, TransactionMode::PerFile, sql::whole(&text, &sql::plain()), down);
            }
            found.take(draft);
        }
    }
}

/// Names of milliseconds, in `migrations` beside `metadata` or below a folder that its `config.yaml` or its name says is Hasura's.
fn is_ours(input: &Input<'_>, folder: &str, steps: &[(String, String)]) -> bool {
    let milliseconds = |(name, _): &(String, String)| leading_digits(name).is_some_and(|(digits, _)| digits.len() == 13);
    let Some(migrations) = path::ancestors(folder).find(|f| path::file_name(f) == "migrations") else { return false };
    let home = path::parent(migrations);
    let config = path::join(home, "config.yaml");
    let configured = input.tree.has_file(&config) && input.tree.read(&config).is_ok_and(|f| f.text.contains("metadata_directory"));
    let marked = configured || input.tree.folder(&path::join(home, "metadata")).is_some() || path::file_name(home).contains("hasura");
    marked && steps.iter().any(milliseconds)
}
