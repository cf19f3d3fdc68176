//! Flyway: `V<version>__name.sql` by version, `R__` last by description, `U` never, the newest `B` first.
//!
//! A transaction per file, unless its `.conf` says `executeInTransaction=false` or the file holds a statement that refuses one.

#[cfg(test)]
mod tests;
mod values;
mod version;

use crate::draft::{Down, Draft, first_non_transactional};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql::placeholders::fill;
use crate::sql::{self, Parsed};
use crate::{dialect, markers};
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::{StatementKind, TransactionMode};
use std::collections::{BTreeMap, BTreeSet};
use version::{Prefix, Version, parse_name};

/// The reader.
pub(crate) struct Flyway;

impl Reader for Flyway {
    fn folder(&self) -> &'static str {
        "flyway"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Flyway
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (location, files) in locations(input, found) {
            if found.claims.has_folder(&location) {
                continue;
            }
            if let Some(why) = dialect::why_foreign(input, &location, &files) {
                found.leave_out(&location, &why);
                continue;
            }
            found.claims.add_folder(&location);
            for file in &files {
                found.claims.add_folder(path::parent(file));
            }
            found.take(read_location(self.format(), input, &location, &files));
        }
    }
}

/// Locations with all SQL files below them: Flyway looks into folders, and one variant per database lies in a folder of its own.
fn locations(input: &Input<'_>, found: &Reading) -> BTreeMap<String, Vec<String>> {
    let versioned = |file: &String| parse_name(path::file_name(file)).is_some_and(|n| n.prefix == Prefix::Versioned);
    let folders: BTreeMap<String, Vec<String>> = input.sql_folders().filter(|(folder, _)| !found.claims.has_folder(folder)).collect();
    let with_versions: BTreeSet<&String> = folders.iter().filter(|(_, files)| files.iter().any(versioned)).map(|(f, _)| f).collect();
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for folder in &with_versions {
        roots.insert(root_of(folder, &with_versions));
    }
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (folder, files) in &folders {
        // The nearest root above owns the folder.
        let owner = path::ancestors(folder).find(|a| roots.contains(*a));
        let Some(owner) = owner else { continue };
        let ours = files.iter().filter(|f| parse_name(path::file_name(f)).is_some() || folder == owner || is_misnamed(path::file_name(f)));
        out.entry(owner.to_owned()).or_default().extend(ours.cloned());
    }
    join_common(&mut out);
    out
}

fn root_of(folder: &str, with_versions: &BTreeSet<&String>) -> String {
    let mut root = folder;
    for above in path::ancestors(folder) {
        if dialect::of_folder_name(path::file_name(above)).is_some() {
            return above.to_owned();
        }
        let named = matches!(path::file_name(above), "migration" | "migrations");
        if named || with_versions.contains(&above.to_owned()) {
            root = above;
        }
    }
    root.to_owned()
}

/// `db/migration/common` beside `db/migration/postgresql` belongs to the latter.
fn join_common(locations: &mut BTreeMap<String, Vec<String>>) {
    let variants: Vec<String> =
        locations.keys().filter(|l| dialect::of_folder_name(path::file_name(l)) == Some("PostgreSQL")).cloned().collect();
    for variant in variants {
        let above = path::parent(&variant).to_owned();
        let common = path::join(&above, "common");
        for shared in [common, above] {
            if let Some(files) = locations.get(&shared).cloned()
                && files.iter().all(|f| path::is_within(f, &shared))
            {
                locations.remove(&shared);
                locations.entry(variant.clone()).or_default().extend(files);
            }
        }
    }
}

/// `V1_add.sql` and `v1__add.sql`: meant for Flyway, passed over by it.
fn is_misnamed(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.eq_ignore_ascii_case(&'v'))
        && chars.next().is_some_and(|c| c.is_ascii_digit())
        && parse_name(name).is_none()
}

fn read_location(format: MigrationFormat, input: &Input<'_>, location: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, location, location);
    let mut versioned: Vec<(Version, &String)> = Vec::new();
    let mut repeatable: Vec<(String, &String)> = Vec::new();
    let mut baselines: Vec<(Version, &String)> = Vec::new();
    for file in files {
        match parse_name(path::file_name(file)) {
            Some(name) => match name.prefix {
                Prefix::Versioned => versioned.push((name.version, file)),
                Prefix::Undo => {}
                Prefix::Repeatable => repeatable.push((name.description, file)),
                Prefix::Baseline => baselines.push((name.version, file)),
            },
            None if is_misnamed(path::file_name(file)) => draft.note_skipped(file, "Flyway", "V<version>__name.sql"),
            None => draft.note(file, 1, "not a migration of Flyway; not read"),
        }
    }
    versioned.sort();
    for pair in versioned.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        draft.problem(pair[1].1, 1, Kind::DuplicateVersion, format!("Flyway refuses a second version {}; {} has it", pair[1].0, pair[0].1));
    }
    repeatable.sort();
    baselines.sort();
    if let Some((baseline, file)) = baselines.pop() {
        draft.note(file, 1, "baseline: an empty database starts here and skips all versions up to it");
        versioned.retain(|(version, _)| *version > baseline);
        versioned.insert(0, (baseline, file));
    }
    let undo: BTreeMap<Version, &String> = files
        .iter()
        .filter_map(|f| Some((parse_name(path::file_name(f))?, f)))
        .filter(|(n, _)| n.prefix == Prefix::Undo)
        .map(|(n, f)| (n.version, f))
        .collect();
    let mut values = values::of(input, location);
    draft.database.default_schema = values::default_schema(input, location);
    if let Some(name) = values::only_schema(input, files, &values) {
        let schema = draft.database.default_schema.clone().unwrap_or_else(|| "public".to_owned());
        let why = format!("no configuration in the project tells it; it stands where a schema stands, and {schema} was taken for it");
        let remedy = format!("name it in flyway.conf: flyway.placeholders.{name}=…");
        draft.gap(Gap::new(format!("the value of ${{{name}}} in {location}"), why, Some(&remedy)));
        values.insert(name.to_lowercase(), schema);
    }
    for (version, file) in &versioned {
        read_file(input, file, version.to_string(), undo.get(version).copied(), &values, &mut draft);
    }
    for (description, file) in &repeatable {
        read_file(input, file, format!("R__{description}"), None, &values, &mut draft);
    }
    programs(input, location, &mut draft);
    draft
}

fn read_file(input: &Input<'_>, file: &str, version: String, undo: Option<&String>, values: &BTreeMap<String, String>, draft: &mut Draft) {
    let Some(parsed) = read_filled(input, file, values, draft) else { return };
    let mode = mode_of(input, file, &parsed, draft);
    let down = undo.map(|undo| {
        let parsed = read_filled(input, undo, values, draft).unwrap_or_default();
        let mode = mode_of(input, undo, &parsed, draft);
        Down { exists: true, path: Some(undo.clone()), parsed, transaction: Some(mode) }
    });
    draft.push(file, version, mode, parsed, down.unwrap_or_default());
}

/// The statements of a file with the placeholders filled in that the configuration gives values for.
fn read_filled(input: &Input<'_>, file: &str, values: &BTreeMap<String, String>, draft: &mut Draft) -> Option<Parsed> {
    let text = draft.load(input, file)?;
    let filled = fill(&text, "${", "}", &|name| values.get(&name.to_lowercase()).cloned());
    if let Some((line, placeholder)) = first_placeholder(&filled.file.text) {
        draft.note(file, line, format!("{placeholder} is a placeholder that Flyway replaces from its configuration; it was left as it is"));
    }
    let mut parsed = sql::whole(&filled.file, &sql::plain());
    filled.restore(&mut parsed);
    Some(parsed)
}

fn mode_of(input: &Input<'_>, file: &str, parsed: &Parsed, draft: &mut Draft) -> TransactionMode {
    let conf = format!("{file}.conf");
    if input.tree.has_file(&conf)
        && let Ok(text) = input.tree.read(&conf)
    {
        let compact = |l: &str| l.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        if text.text.lines().any(|l| compact(l) == "executeintransaction=false") {
            return TransactionMode::PerStatement;
        }
    }
    let Some(first) = first_non_transactional(&parsed.statements) else { return TransactionMode::PerFile };
    if parsed.statements.iter().any(|s| s.kind != StatementKind::NonTransactional) {
        let text = "refuses to run in a transaction, beside statements that do not: Flyway stops here unless mixed=true";
        draft.problem(file, first.line, Kind::RefusedByRunner, text);
    }
    TransactionMode::PerStatement
}

fn first_placeholder(text: &str) -> Option<(u32, String)> {
    for (range, line) in markers::lines(text) {
        let Some(start) = line.find("${") else { continue };
        if line.trim_start().starts_with("--") {
            continue;
        }
        let end = line[start..].find('}').map(|n| start + n + 1)?;
        return Some((sql::line_of(text, range.start), line[start..end].to_owned()));
    }
    None
}

fn programs(input: &Input<'_>, location: &str, draft: &mut Draft) {
    let mut programs = Vec::new();
    for (folder, content) in input.tree.folders().filter(|(f, _)| path::is_within(f, location)) {
        let program = |f: &&String| {
            ["java", "kt", "scala"].iter().any(|e| path::has_extension(f, e)) && f.starts_with(['V', 'R']) && f.contains("__")
        };
        programs.extend(content.files.iter().filter(program).map(|name| path::join(folder, name)));
    }
    draft.programs(&programs, "a language of the JVM");
}
