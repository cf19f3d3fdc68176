//! Active Record's `structure.sql`: a dump of the migrated schema, which stands for the Ruby migrations beside it.

#[cfg(test)]
mod tests;

use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::{dialect, schema_file};
use architrave_model::project::MigrationFormat;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct Rails;

impl Reader for Rails {
    fn folder(&self) -> &'static str {
        "rails"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::RailsStructure
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let files: Vec<String> = input.tree.named("structure.sql").filter(|f| !found.claims.has(f)).collect();
        for file in files {
            let folder = path::parent(&file).to_owned();
            let migrate = path::join(&folder, "migrate");
            let ruby: Vec<String> = input
                .tree
                .folder(&migrate)
                .map(|f| f.files.iter().filter(|n| path::has_extension(n, "rb")).map(|n| path::join(&migrate, n)).collect())
                .unwrap_or_default();
            if ruby.is_empty() || !input.tree.sniff(&file).creates {
                continue;
            }
            if let Some(why) = dialect::why_foreign(input, &folder, std::slice::from_ref(&file)) {
                found.claims.add_file(&file);
                found.gaps.push(architrave_model::Gap::new(format!("database in {file}"), why, None));
                continue;
            }
            let mut draft = schema_file::read_file(self.format(), input, &folder, &file, &mut found.claims);
            let known = input.tree.read(&file).map(|text| versions(&text.text)).unwrap_or_default();
            for migration in ruby.iter().filter(|_| !known.is_empty()) {
                let version: String = path::file_name(migration).chars().take_while(char::is_ascii_digit).collect();
                // Rails takes the version for a number: 001_create.rb is 1.
                let number = version.trim_start_matches('0');
                if !number.is_empty() && !known.contains(number) {
                    let what = format!("{file} does not have this migration: it was not dumped after it");
                    draft.problem(migration, 1, Kind::NotListed, what);
                }
            }
            found.take(draft);
        }
    }
}

/// The versions that the file puts into `schema_migrations`.
fn versions(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut listing = false;
    for line in text.lines() {
        listing |= line.to_lowercase().contains("insert into") && line.contains("schema_migrations");
        if listing {
            let quoted = line.split('\'').skip(1).step_by(2);
            let numbers = quoted.filter(|v| v.bytes().all(|b| b.is_ascii_digit())).map(|v| v.trim_start_matches('0'));
            out.extend(numbers.filter(|v| !v.is_empty()).map(str::to_owned));
            listing = !line.trim_end().ends_with(';');
        }
    }
    out
}
