//! Liquibase's formatted SQL: change sets marked by `--changeset author:id`, each in a transaction of its own, in the order of the changelogs.
//!
//! Changelogs in XML, YAML and JSON are read for the files that they include; change sets written in them are not.

mod change_set;
mod order;
#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, one_message};
use crate::history::Kind;
use crate::markers::Tool;
use crate::reader::{Input, Reader, Reading};
use crate::sql::placeholders::fill;
use crate::text::TextFile;
use crate::{dialect, path, sql};
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use change_set::{ChangeSet, change_sets};
use std::collections::BTreeMap;

pub(crate) use change_set::bodies;

/// The reader.
pub(crate) struct Liquibase;

impl Reader for Liquibase {
    fn folder(&self) -> &'static str {
        "liquibase"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Liquibase
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let marked = |file: &String| input.tree.sniff(file).tools.contains(&Tool::Liquibase);
        let files: Vec<String> = input
            .sql_folders()
            .filter(|(folder, _)| !found.claims.has_folder(folder))
            .flat_map(|(_, files)| files)
            .filter(|f| !found.claims.has(f) && marked(f))
            .collect();
        for (home, files) in order::histories(input, &files) {
            if files.is_empty() {
                found.gaps.extend((!path::is_sample(&home.folder)).then(|| unread(&home)));
                continue;
            }
            if let Some(why) = dialect::why_foreign(input, &home.folder, &files) {
                found.leave_out(&home.folder, &why);
                continue;
            }
            for file in &files {
                found.claims.add_file(file);
            }
            found.take(read_files(input, &home, &files));
        }
    }
}

const WAY_OUT: &str = "write them as SQL and review that: liquibase update-sql > schema.sql";

/// A history without formatted SQL.
fn unread(home: &order::Home) -> Gap {
    let what = match home.programs.as_slice() {
        [one] => format!("Liquibase's changelog {one}"),
        several => format!("{} changelogs of Liquibase in {}", several.len(), path::display(&home.folder)),
    };
    Gap::new(what, "change sets in XML, YAML or JSON are not read, formatted SQL is", Some(WAY_OUT))
}

fn read_files(input: &Input<'_>, home: &order::Home, files: &[String]) -> Draft {
    let mut draft = Draft::new(MigrationFormat::Liquibase, &home.folder, &home.folder);
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for file in files {
        let Some(text) = draft.load(input, file) else { continue };
        let found = change_sets(&text.text);
        if found.sets.is_empty() {
            draft.note(file, 1, "has no change set");
        }
        let filled = fill(&text, "${", "}", &|name| found.properties.get(name).cloned());
        for (set, filled_set) in found.sets.iter().zip(&change_sets(&filled.file.text).sets) {
            let twice = seen.insert((file.clone(), set.version.clone()), set.line);
            if let Some(line) = twice {
                let what = format!("Liquibase refuses a second change set {} in one file; line {line} has it", set.version);
                draft.problem(file, set.line, Kind::DuplicateVersion, what);
            }
            push(&mut draft, file, set, filled_set, &filled);
        }
    }
    for file in &home.unlisted {
        draft.problem(file, 1, Kind::NotListed, "no changelog includes this file: Liquibase never runs it");
    }
    for (changelog, included) in &home.missing {
        draft.problem(changelog, 1, Kind::MissingFile, format!("includes {included}, which does not exist: Liquibase stops"));
    }
    for changelog in &home.programs {
        let why = "its change sets are not SQL; only formatted SQL is read";
        draft.problem(changelog, 1, Kind::Unread, why);
        draft.gap(Gap::new(changelog, why, Some(WAY_OUT)));
    }
    draft
}

fn push(draft: &mut Draft, file: &str, set: &ChangeSet, filled_set: &ChangeSet, filled: &crate::sql::placeholders::Filled) {
    if let Some(why) = &set.left_out {
        return draft.note(file, set.line, why.clone());
    }
    for (line, note) in &set.notes {
        draft.note(file, *line, note.clone());
    }
    let mut parsed = sql::section(&filled.file, &filled_set.range, set.line, &filled_set.parts, &sql::plain());
    filled.restore(&mut parsed);
    let mode = match (set.in_transaction, set.split) {
        (true, _) => TransactionMode::PerFile,
        (false, true) => TransactionMode::PerStatement,
        (false, false) => one_message(&parsed.statements),
    };
    let down = if filled_set.rollback.is_empty() {
        Down { exists: set.no_rollback_needed, ..Down::default() }
    } else {
        let mut parsed = rollback(&filled.file, filled_set);
        filled.restore(&mut parsed);
        Down { exists: true, parsed, ..Down::default() }
    };
    draft.push(file, set.version.clone(), mode, parsed, down);
}

/// The way back: its lines without the marks before them, as one text, at their places in the file.
fn rollback(file: &TextFile, set: &ChangeSet) -> sql::Parsed {
    let mut text = String::new();
    let mut from = set.range.start;
    let blank = |text: &str| text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
    for range in &set.rollback {
        text.push_str(&blank(&file.text[from..range.start]));
        text.push_str(&file.text[range.clone()]);
        from = range.end;
    }
    text.push_str(&blank(&file.text[from..set.range.end]));
    let own = TextFile { text, ..TextFile::default() };
    let all = 0..own.text.len();
    let mut parsed = sql::section(&own, &all, set.line, std::slice::from_ref(&all), &sql::plain());
    for statement in &mut parsed.statements {
        statement.offset += set.range.start + file.bom;
    }
    parsed
}
