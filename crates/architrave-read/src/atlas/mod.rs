//! Atlas: `<version>_name.sql` by file name, sealed by `atlas.sum`; `-- atlas:txmode` says how a file is wrapped, a checkpoint where an empty
//! database starts.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft};
use crate::history::{Kind, atlas_sums};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use crate::text::TextFile;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use std::collections::BTreeMap;

/// The reader.
pub(crate) struct Atlas;

impl Reader for Atlas {
    fn folder(&self) -> &'static str {
        "atlas"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Atlas
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            let sealed = input.tree.has_file(&path::join(&folder, "atlas.sum"));
            // Atlas also seals the folders of other runners; their own readers know them.
            if !sealed || found.claims.has_folder(&folder) || files.iter().any(|f| f.ends_with(".up.sql")) {
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
    let mut draft = Draft::new(MigrationFormat::Atlas, folder, folder);
    let texts: Vec<(&String, TextFile)> = files.iter().filter_map(|f| Some((f, draft.load(input, f)?))).collect();
    seal(input, folder, &texts, &mut draft);
    let checkpoint = texts.iter().rposition(|(_, text)| directive(&text.text, "checkpoint").is_some());
    if let Some((file, _)) = checkpoint.and_then(|at| texts.get(at)) {
        draft.note(file, 1, "checkpoint: an empty database starts here and skips all files before it");
    }
    for (file, text) in &texts[checkpoint.unwrap_or(0)..] {
        let mode = match directive(&text.text, "txmode").as_deref() {
            Some("none") => TransactionMode::PerStatement,
            Some("all") => TransactionMode::AllFiles,
            _ => TransactionMode::PerFile,
        };
        if directive(&text.text, "delimiter").is_some() {
            draft.note(file, 1, "atlas:delimiter is not followed; statements were taken to end with a semicolon");
        }
        let stem = path::file_name(file).strip_suffix(".sql").unwrap_or_default();
        let version = stem.split_once('_').map_or(stem, |(version, _)| version);
        draft.push(file, version, mode, sql::whole(text, &sql::plain()), Down::none());
    }
    draft.note_duplicates("Atlas", false);
    draft
}

/// What a directive at the head of a file says; the head ends with an empty line.
fn directive(text: &str, name: &str) -> Option<String> {
    let head = text.lines().map(str::trim_end).take_while(|l| l.starts_with("--") || l.starts_with('#'));
    let mut said = head.filter_map(|l| l.trim_start_matches(['-', '#', ' ']).strip_prefix("atlas:"));
    said.find_map(|l| l.strip_prefix(name)).map(|rest| rest.trim().to_owned())
}

/// The first file that is not as `atlas.sum` says: each sum covers all files before it as well.
fn seal(input: &Input<'_>, folder: &str, texts: &[(&String, TextFile)], draft: &mut Draft) {
    let sum = path::join(folder, "atlas.sum");
    let Ok(written) = input.tree.read(&sum) else { return };
    let entry = |line: &str| line.split_once(" h1:").map(|(name, sum)| (name.trim().to_owned(), sum.trim().to_owned()));
    let written: BTreeMap<String, String> = written.text.lines().skip(1).filter_map(entry).collect();
    let names: Vec<(&str, &TextFile)> = texts.iter().map(|(file, text)| (path::file_name(file), text)).collect();
    for (name, now) in atlas_sums(&names) {
        let file = path::join(folder, name);
        let what = match written.get(name) {
            None => "atlas.sum does not list this file: Atlas refuses the folder until atlas migrate hash".to_owned(),
            Some(sum) if *sum != now => "is not as atlas.sum says, or a file before it is not: Atlas refuses the folder".to_owned(),
            Some(_) => continue,
        };
        return draft.problem(&file, 1, Kind::ChecksumMismatch, what);
    }
    if let Some(gone) = written.keys().find(|name| !names.iter().any(|(n, _)| n == name)) {
        draft.problem(&sum, 1, Kind::MissingFile, format!("lists {gone}, which does not exist: Atlas refuses the folder"));
    }
}
