//! golang-migrate (and pop, whose files look the same): `<number>_name.up.sql` by number, each sent as one message.
//!
//! supabase/auth writes templates into such files; the name of its schema is put in.

#[cfg(test)]
mod tests;

use crate::dialect::of_script_name;
use crate::draft::{Down, Draft, leading_digits, number_key, one_message};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use crate::sql::placeholders::fill;
use architrave_model::project::MigrationFormat;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct GolangMigrate;

/// Schema that supabase/auth lives in.
const NAMESPACE: &str = "auth";

impl Reader for GolangMigrate {
    fn folder(&self) -> &'static str {
        "golang_migrate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::GolangMigrate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, all) in input.sql_folders() {
            let files = of_postgres(&all);
            if found.claims.has_folder(&folder) || !files.iter().any(|f| version_of(path::file_name(f)).is_some()) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            found.take(read_folder(self.format(), input, &folder, &files));
        }
    }
}

/// The scripts for PostgreSQL, where names tell databases apart: pop prefers `x.postgres.up.sql` to `x.up.sql`.
fn of_postgres(files: &[String]) -> Vec<String> {
    let direction = |file: &str| if file.ends_with(".down.sql") { "down" } else { "up" };
    let key = |file: &str| (version_of_either(file).map(str::to_owned), direction(file));
    let own: BTreeSet<_> = files.iter().filter(|f| of_script_name(f) == Some("PostgreSQL")).map(|f| key(f)).collect();
    files.iter().filter(|f| of_script_name(f).is_some() || !own.contains(&key(f))).cloned().collect()
}

fn version_of_either(file: &str) -> Option<&str> {
    leading_digits(path::file_name(file)).map(|(digits, _)| digits)
}

/// The number of an up file.
fn version_of(name: &str) -> Option<&str> {
    let (digits, rest) = leading_digits(name)?;
    (rest.starts_with('_') && rest.ends_with(".up.sql")).then_some(digits)
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = Vec::new();
    let mut templated: Vec<String> = Vec::new();
    // A folder that mixes `1_a.up.sql` and `2_b.sql` and has no way down is some other runner's: it reads both.
    let plain = !files.iter().any(|f| f.ends_with(".down.sql"));
    for file in files.iter().filter(|f| !f.ends_with(".down.sql")) {
        let name = path::file_name(file);
        match version_of(name).or_else(|| version_of_either(name).filter(|digits| plain && name[digits.len()..].starts_with('_'))) {
            Some(version) => ordered.push((version, file)),
            None => draft.note_skipped(file, "golang-migrate", "<number>_name.up.sql"),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (version, file) in ordered {
        let Some(parsed) = read_filled(input, file, &mut draft, &mut templated) else { continue };
        let down = file.strip_suffix(".up.sql").map(|stem| format!("{stem}.down.sql")).filter(|f| input.tree.has_file(f));
        let down = down.map(|file| {
            let parsed = read_filled(input, &file, &mut draft, &mut templated).unwrap_or_default();
            Down { exists: true, path: Some(file), parsed, transaction: None }.in_one_message()
        });
        draft.push(file, version, one_message(&parsed.statements), parsed, down.unwrap_or_default());
    }
    if let Some(first) = templated.first() {
        let more = if templated.len() > 1 { format!(", here and in {} more", templated.len() - 1) } else { String::new() };
        let text = format!("the template {{{{ index .Options \"Namespace\" }}}} was read as {NAMESPACE}{more}");
        draft.note(first, 1, text);
    }
    draft.note_duplicates("golang-migrate", true);
    note_gaps(&mut draft);
    draft
}

/// A number that is left out of a sequence: most often a file that did not come along.
fn note_gaps(draft: &mut Draft) {
    let numbers: Vec<(u64, String)> =
        draft.database.scripts.iter().filter_map(|s| Some((s.version.parse().ok()?, s.path.clone()))).collect();
    // Times are no sequence.
    if numbers.iter().any(|(n, _)| *n >= 100_000) {
        return;
    }
    for pair in numbers.windows(2).filter(|pair| pair[1].0 == pair[0].0 + 2) {
        draft.problem(&pair[1].1, 1, Kind::VersionGap, format!("number {} before it is left out", pair[0].0 + 1));
    }
}

/// The statements of a file with its templates filled in, at their places in the file as it is.
fn read_filled(input: &Input<'_>, file: &str, draft: &mut Draft, templated: &mut Vec<String>) -> Option<sql::Parsed> {
    let text = draft.load(input, file)?;
    let filled = fill(&text, "{{", "}}", &|inside| (inside == "index .Options \"Namespace\"").then(|| NAMESPACE.to_owned()));
    if filled.replaced() > 0 {
        templated.push(file.to_owned());
    }
    if let Some(line) = filled.unknown_line {
        draft.note(file, line, "a template that cannot be filled in; it was left as it is");
    }
    let mut parsed = sql::whole(&filled.file, &sql::plain());
    filled.restore(&mut parsed);
    Some(parsed)
}
