//! Drizzle Kit: `meta/_journal.json` lists the files in order; since version 1 a folder per migration. All pending files in one transaction.
//!
//! The migrator reads the newest applied `when` once, before the first file: on an empty database every entry of the journal runs;
//! on a deployed one, entries whose `when` is not later than that are passed over without a word.

mod journal;
#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::{dialect, sql};
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use architrave_sql::SplitOptions;
use journal::Journal;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct Drizzle;

impl Reader for Drizzle {
    fn folder(&self) -> &'static str {
        "drizzle"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Drizzle
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for journal_file in input.tree.named("_journal.json").filter(|f| path::file_name(path::parent(f)) == "meta") {
            let folder = path::parent(path::parent(&journal_file)).to_owned();
            if found.claims.has_folder(&folder) || found.claims.has(&journal_file) {
                continue;
            }
            match journal::read(input, &journal_file) {
                Ok(journal) => self.read_journal(input, found, &folder, &journal_file, &journal),
                Err(why) => found.leave_out(&folder, &format!("{journal_file} {why}")),
            }
        }
        for folder in folders_of_version_one(input) {
            if !found.claims.has_folder(&folder) {
                self.read_folders(input, found, &folder);
            }
        }
        gaps_without_migrations(input, found);
    }
}

impl Drizzle {
    fn read_journal(&self, input: &Input<'_>, found: &mut Reading, folder: &str, journal_file: &str, journal: &Journal) {
        if !is_postgres(&journal.dialect) {
            return found.leave_out(folder, &format!("{journal_file} says dialect \"{}\", not postgresql", journal.dialect));
        }
        claim(input, found, folder);
        let mut draft = Draft::new(self.format(), folder, folder);
        let mut newest: Option<(i64, &str)> = None;
        for entry in &journal.entries {
            let file = path::join(folder, &format!("{}.sql", entry.tag));
            if let Some((when, tag)) = newest.filter(|(when, _)| entry.when <= *when) {
                let skipped =
                    format!("its \"when\" {} is not later than {when} of {tag}: a database that has {tag} skips it silently", entry.when);
                draft.problem(journal_file, entry.line, Kind::SkippedByRunner, format!("{}: {skipped}", entry.tag));
            }
            if newest.is_none_or(|(when, _)| entry.when > when) {
                newest = Some((entry.when, &entry.tag));
            }
            if !input.tree.has_file(&file) {
                draft.problem(
                    journal_file,
                    entry.line,
                    Kind::MissingFile,
                    format!("{}: the journal lists it, but {file} does not exist; the migrator stops", entry.tag),
                );
                draft.gap(Gap::new(file, "the journal lists it, but it does not exist", None));
                continue;
            }
            push(&mut draft, input, &file, &entry.tag);
        }
        let listed: BTreeSet<&str> = journal.entries.iter().map(|e| e.tag.as_str()).collect();
        let files = input.tree.folder(folder).map(|f| f.files.as_slice()).unwrap_or_default();
        let unlisted: Vec<&str> = files.iter().filter_map(|name| name.strip_suffix(".sql")).filter(|tag| !listed.contains(tag)).collect();
        let ran_otherwise = goes_on(&listed, &unlisted);
        for tag in &unlisted {
            let file = path::join(folder, &format!("{tag}.sql"));
            draft.problem(&file, 1, Kind::NotListed, format!("the journal does not list {tag}: Drizzle never runs it"));
            if ran_otherwise {
                push(&mut draft, input, &file, tag);
            }
        }
        if ran_otherwise {
            draft.database.format = MigrationFormat::NumberedSql;
        }
        found.take(draft);
    }

    fn read_folders(&self, input: &Input<'_>, found: &mut Reading, folder: &str) {
        let Some(content) = input.tree.folder(folder) else { return };
        let steps: Vec<(String, String)> = content
            .folders
            .iter()
            .map(|name| (name.clone(), path::join(folder, name)))
            .filter(|(_, step)| has_script(input, step))
            .collect();
        let files: Vec<String> = steps.iter().map(|(_, step)| path::join(step, "migration.sql")).collect();
        let dialect = steps.iter().rev().find_map(|(_, step)| journal::snapshot_dialect(input, &path::join(step, "snapshot.json")));
        match dialect {
            Some(dialect) if !is_postgres(&dialect) => {
                return found.leave_out(folder, &format!("its snapshots say dialect \"{dialect}\", not postgresql"));
            }
            None => {
                if let Some(why) = dialect::why_foreign(input, folder, &files) {
                    return found.leave_out(folder, &why);
                }
            }
            Some(_) => {}
        }
        claim(input, found, folder);
        let mut draft = Draft::new(self.format(), folder, folder);
        for ((name, _), file) in steps.iter().zip(&files) {
            push(&mut draft, input, file, name);
        }
        found.take(draft);
    }
}

/// Whether the files that the journal leaves out go on where it ends, and are more than it lists: the project runs them in another way.
fn goes_on(listed: &BTreeSet<&str>, unlisted: &[&str]) -> bool {
    let number = |tag: &str| tag.split('_').next().filter(|n| n.len() == 4)?.parse::<u32>().ok();
    let last = listed.iter().filter_map(|tag| number(tag)).max();
    unlisted.len() > listed.len() && last.is_some_and(|last| unlisted.iter().all(|tag| number(tag).is_some_and(|n| n > last)))
}

/// Claims a migrations folder; one that is the project's root only claims the files in it.
fn claim(input: &Input<'_>, found: &mut Reading, folder: &str) {
    if !folder.is_empty() {
        return found.claims.add_folder(folder);
    }
    for file in input.tree.folder(folder).map(|f| f.files.as_slice()).unwrap_or_default() {
        found.claims.add_file(file);
    }
    found.claims.add_folder("meta");
}

fn push(draft: &mut Draft, input: &Input<'_>, file: &str, version: &str) {
    let Some(text) = draft.load(input, file) else { return };
    let options = SplitOptions { breakpoint: Some("--> statement-breakpoint".to_owned()), ..sql::plain() };
    draft.push(file, version, TransactionMode::AllFiles, sql::whole(&text, &options), Down::none());
}

fn is_postgres(dialect: &str) -> bool {
    matches!(dialect, "postgresql" | "postgres" | "pg")
}

fn has_script(input: &Input<'_>, step: &str) -> bool {
    input.tree.folder(step).is_some_and(|c| c.has_file("migration.sql") && c.has_file("snapshot.json"))
}

fn folders_of_version_one(input: &Input<'_>) -> BTreeSet<String> {
    input.tree.folders().filter(|(folder, _)| has_script(input, folder)).map(|(folder, _)| path::parent(folder).to_owned()).collect()
}

/// `drizzle.config.*` for PostgreSQL in a package none of whose migrations were found: the schema is pushed, not migrated.
fn gaps_without_migrations(input: &Input<'_>, found: &mut Reading) {
    const NAMES: [&str; 5] = ["drizzle.config.ts", "drizzle.config.js", "drizzle.config.mjs", "drizzle.config.cjs", "drizzle.config.mts"];
    let configs: Vec<String> = NAMES.iter().flat_map(|name| input.tree.named(name)).collect();
    for config in configs {
        // The paths in it are relative to where the command runs: the package.
        let package = path::ancestors(path::parent(&config)).find(|f| input.tree.has_file(&path::join(f, "package.json")));
        let home = package.unwrap_or_else(|| path::parent(&config));
        let Ok(text) = input.tree.read(&config) else { continue };
        let compact: String = text.text.chars().filter(|c| !c.is_whitespace()).collect();
        let postgres = ["\"", "'", "`"].iter().any(|q| compact.contains(&format!("dialect:{q}postgresql{q}")));
        let has_one = found.databases.iter().any(|d| path::is_within(&d.path, home));
        if postgres && !has_one && !found.claims.has_folder(home) {
            let why = "Drizzle is configured for PostgreSQL, but no migrations were found; its TypeScript schema is not read";
            found.gaps.push(Gap::new(format!("database of {config}"), why, Some("write migrations: drizzle-kit generate")));
        }
    }
}
