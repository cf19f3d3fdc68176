//! node-pg-migrate's SQL files: `-- Up Migration` and `-- Down Migration`, ordered by their leading number, all in one transaction.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, leading_digits, number_key, one_message};
use crate::markers::{self, Tool};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct NodePgMigrate;

impl Reader for NodePgMigrate {
    fn folder(&self) -> &'static str {
        "node_pg_migrate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::NodePgMigrate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !is_ours(input, &folder, &files) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(self.format(), input, &folder, &files));
        }
    }
}

fn is_ours(input: &Input<'_>, folder: &str, files: &[String]) -> bool {
    // A direction in the name is another tool's, whatever the comments say.
    let directed = |file: &str| file.ends_with(".up.sql") || file.ends_with(".down.sql");
    files.iter().any(|f| !directed(f) && input.tree.sniff(f).tools.contains(&Tool::NodePgMigrate))
        || path::file_name(folder) == "migrations"
            && input.names_above(folder, "node-pg-migrate")
            && files.iter().any(|f| leading_digits(path::file_name(f)).is_some() && input.tree.sniff(f).defines)
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered: Vec<(&str, &str, &String)> = files
        .iter()
        .map(|file| {
            let name = path::file_name(file);
            (leading_digits(name).map_or("", |(digits, _)| digits), name, file)
        })
        .collect();
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (_, name, file) in ordered {
        let Some(text) = draft.load(input, file) else { continue };
        let sections = markers::sections(&text.text, Tool::NodePgMigrate);
        // The text before an up mark is not sent.
        let up = if sections.has_up { &sections.up[usize::from(sections.up.len() > 1)..] } else { &sections.up[..] };
        let parsed = sql::parts(&text, up, &sql::plain());
        let down = Down::of_sections(&text, &sections);
        let (mode, down) = if no_transaction(&text.text) {
            (one_message(&parsed.statements), down.in_one_message())
        } else {
            (TransactionMode::AllFiles, down)
        };
        draft.push(file, name.strip_suffix(".sql").unwrap_or(name), mode, parsed, down);
    }
    let program = |f: &&String| leading_digits(f).is_some() && ["ts", "js", "mjs", "cjs"].iter().any(|e| path::has_extension(f, e));
    let programs: Vec<String> =
        input.tree.folder(folder).into_iter().flat_map(|f| f.files.iter().filter(program)).map(|name| path::join(folder, name)).collect();
    draft.programs(&programs, "JavaScript or TypeScript");
    draft
}

/// A comment `-- no transaction` among the first lines.
fn no_transaction(text: &str) -> bool {
    let header = text.lines().map(str::trim).filter(|l| !l.is_empty()).take_while(|l| l.starts_with("--"));
    let mut words = header.map(|l| l.trim_start_matches('-').split_whitespace().collect::<String>().to_lowercase());
    words.any(|w| w == "notransaction")
}
