//! Numbered SQL files whose runner is not known: by number, statement by statement as psql runs them, up parts only.
//!
//! Also folders with `up.sql` that are not Diesel's (Hasura and others), and the section marks of smaller tools.

mod names;
#[cfg(test)]
mod tests;

use crate::diesel::{steps, up_sql_folders};
use crate::draft::{Down, Draft, leading_digits, number_key};
use crate::markers::{self, Tool};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql::Parsed;
use crate::text::TextFile;
use crate::{dialect, sql};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use names::{Direction, Numbered as Name, parse_name};
use std::collections::BTreeMap;

/// The reader.
pub(crate) struct Numbered;

impl Reader for Numbered {
    fn folder(&self) -> &'static str {
        "numbered"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::NumberedSql
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for folder in up_sql_folders(input) {
            if found.claims.has_folder(&folder) {
                continue;
            }
            let files: Vec<String> = steps(input, &folder).into_iter().map(|(_, file)| file).collect();
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_steps(self.format(), input, &folder));
        }
        for (folder, mut files) in input.sql_folders() {
            files.retain(|f| !found.claims.has(f));
            if found.claims.has_folder(&folder) || !is_ours(input, &files) {
                continue;
            }
            if let Some(why) = dialect::why_foreign(input, &folder, &files) {
                found.leave_out(&folder, &why);
                continue;
            }
            let draft = read_folder(self.format(), input, &folder, &files);
            for file in &files {
                found.claims.add_file(file);
            }
            found.take(draft);
        }
    }
}

/// Most names start with a number, and together they create something; queries and seeds alone are no schema.
fn is_ours(input: &Input<'_>, files: &[String]) -> bool {
    let numbered: Vec<&String> = files.iter().filter(|f| parse_name(path::file_name(f)).is_some()).collect();
    numbered.len() * 2 > files.len() && numbered.iter().any(|f| input.tree.sniff(f).creates_table)
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ups: Vec<(Name, &String)> = Vec::new();
    let mut downs: BTreeMap<String, &String> = BTreeMap::new();
    for file in files {
        match parse_name(path::file_name(file)) {
            Some(name) if name.direction == Direction::Down => {
                downs.insert(name.key(), file);
            }
            Some(name) => ups.push((name, file)),
            None => draft.note(file, 1, "has no number; not read"),
        }
    }
    ups.sort_by_key(|(name, _)| name.order());
    let by_name = ups.windows(2).all(|w| path::file_name(w[0].1) <= path::file_name(w[1].1));
    if !by_name && let Some((_, first)) = ups.first() {
        draft.note(first, 1, "the files were read by number; sorted by name their order would be another");
    }
    for (name, file) in &ups {
        let Some(text) = draft.load(input, file) else { continue };
        let (parsed, marked) = up_part(&text, file, &mut draft);
        let down = match downs.get(&name.key()) {
            Some(file) if !marked.exists => draft.down_file(input, file),
            _ => marked,
        };
        draft.push(file, name.version.clone(), TransactionMode::PerStatement, parsed, down);
    }
    draft
}

/// Statements of the up direction, whatever tool marks it.
pub(crate) fn up_part(text: &TextFile, file: &str, draft: &mut Draft) -> (Parsed, Down) {
    let tools = markers::tools(&text.text);
    let tool = tools.iter().copied().find(|t| *t != Tool::Liquibase);
    if tools.contains(&Tool::Liquibase) {
        draft.note(file, 1, "Liquibase formatted SQL; its change sets were read in the order of the file, their attributes were not");
    }
    let Some(tool) = tool else { return (sql::whole(text, &sql::psql()), Down::none()) };
    let sections = markers::sections(&text.text, tool);
    draft.note(file, 1, format!("only the up part was read, by the marks of {}", tool.title()));
    let up = if tool == Tool::NodePgMigrate && sections.has_up { &sections.up[1..] } else { &sections.up[..] };
    (sql::parts(text, up, &sql::plain()), Down::of_sections(text, &sections))
}

fn read_steps(format: MigrationFormat, input: &Input<'_>, folder: &str) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = steps(input, folder);
    let key = |name: &str| leading_digits(name).map(|(digits, _)| digits.to_owned());
    ordered.sort_by(|a, b| {
        let (x, y) = (key(&a.0).unwrap_or_default(), key(&b.0).unwrap_or_default());
        number_key(&x).cmp(&number_key(&y)).then(a.0.cmp(&b.0))
    });
    for (name, file) in ordered {
        let Some(text) = draft.load(input, &file) else { continue };
        let down = draft.down_file(input, &path::join(path::parent(&file), "down.sql"));
        draft.push(&file, name, TransactionMode::PerStatement, sql::whole(&text, &sql::plain()), down);
    }
    draft
}
