//! Diesel: a folder per migration with `up.sql` and `down.sql`, ordered by the name up to the first `_` without `-`; `metadata.toml` may
//! switch the transaction off.

#[cfg(test)]
mod tests;

use crate::draft::{Draft, one_message};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct Diesel;

impl Reader for Diesel {
    fn folder(&self) -> &'static str {
        "diesel"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Diesel
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for folder in up_sql_folders(input) {
            if found.claims.has_folder(&folder) || !is_diesel(input, &folder) {
                continue;
            }
            let files: Vec<String> = steps(input, &folder).into_iter().map(|(_, file)| file).collect();
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(self.format(), input, &folder));
        }
    }
}

/// Folders whose folders hold `up.sql`.
pub(crate) fn up_sql_folders(input: &Input<'_>) -> BTreeSet<String> {
    let steps = input.tree.folders().filter(|(folder, content)| !folder.is_empty() && content.has_file("up.sql"));
    steps.map(|(folder, _)| path::parent(folder).to_owned()).collect()
}

/// Folders with `up.sql` in one migrations folder: name and script, in order of their names.
pub(crate) fn steps(input: &Input<'_>, folder: &str) -> Vec<(String, String)> {
    let Some(content) = input.tree.folder(folder) else { return Vec::new() };
    let file = |name: &String| path::join(&path::join(folder, name), "up.sql");
    content.folders.iter().map(|name| (name.clone(), file(name))).filter(|(_, f)| input.tree.has_file(f)).collect()
}

/// `diesel.toml` above, or a manifest that names Diesel above or anywhere.
fn is_diesel(input: &Input<'_>, folder: &str) -> bool {
    path::ancestors(folder).any(|above| input.tree.has_file(&path::join(above, "diesel.toml"))) || input.names("Diesel")
}

/// Diesel's version of a folder name.
fn version_of(name: &str) -> Option<String> {
    name.split_once('_').map(|(version, _)| version.replace('-', ""))
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = Vec::new();
    for (name, file) in steps(input, folder) {
        match version_of(&name) {
            Some(version) => ordered.push((version, name, file)),
            None => draft.note_skipped(&file, "Diesel", "<version>_<name>"),
        }
    }
    ordered.sort();
    for (version, name, file) in ordered {
        let step = path::join(folder, &name);
        let Some(text) = draft.load(input, &file) else { continue };
        let parsed = sql::whole(&text, &sql::plain());
        let down = draft.down_file(input, &path::join(&step, "down.sql"));
        let (mode, down) = if runs_in_transaction(input, &step, &mut draft) {
            (TransactionMode::PerFile, down)
        } else {
            (one_message(&parsed.statements), down.in_one_message())
        };
        draft.push(&file, version, mode, parsed, down);
    }
    draft.note_duplicates("Diesel", false);
    draft
}

fn runs_in_transaction(input: &Input<'_>, step: &str, draft: &mut Draft) -> bool {
    let file = path::join(step, "metadata.toml");
    if !input.tree.has_file(&file) {
        return true;
    }
    match input.tree.read(&file).map(|f| f.text.parse::<toml::Table>()) {
        Ok(Ok(table)) => table.get("run_in_transaction").and_then(toml::Value::as_bool).unwrap_or(true),
        Ok(Err(error)) => {
            draft.note(&file, 1, format!("is not valid TOML: {}", error.message()));
            true
        }
        Err(error) => {
            draft.gap(Gap::new(&file, error.why(), error.remedy()));
            true
        }
    }
}
