//! Supabase: `supabase/config.toml`, `migrations/<digits>_name.sql` by file name, declarative `schemas/` where there are no migrations.
//!
//! The CLI sends a file's statements as one pipeline, which PostgreSQL runs as one transaction. `seed.sql` is data, not schema.

mod glob;
#[cfg(test)]
mod tests;
mod types;

use crate::draft::{Down, Draft, first_non_transactional, leading_digits};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use crate::text::TextFile;
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Supabase;

/// What the Data API serves when `config.toml` does not say.
const DEFAULT_API_SCHEMAS: &[&str] = &["public", "graphql_public"];

/// Dumps of `supabase db remote commit` before this version were named `_init` and are skipped by the CLI.
const FIRST_PLAIN_INIT: &str = "20211209000000";

impl Reader for Supabase {
    fn folder(&self) -> &'static str {
        "supabase"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Supabase
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for home in homes(input) {
            if found.claims.has_folder(&home) {
                continue;
            }
            found.claims.add_folder(&home);
            let mut draft = read_home(self.format(), input, &home);
            let generated = types::find(input, &home);
            if !draft.database.scripts.is_empty() {
                draft.database.fallback = generated.map(|generated| generated.script);
            } else if let Some(generated) = generated {
                let why = format!(
                    "its tables are those of the generated types, {} in all, for lack of migrations: no policies, indexes, defaults and exact types are known",
                    generated.tables
                );
                draft.gap(Gap::new(&generated.script.path, why, Some("write the remote schema into the project: supabase db pull")));
                draft.database.path = path::display(&generated.script.path);
                draft.database.scripts.push(generated.script);
            }
            if draft.database.scripts.is_empty() {
                let what = format!("database in {}", path::display(&home));
                let why = "it has neither migrations nor declarative schemas";
                found.gaps.push(Gap::new(what, why, Some("write the remote schema into the project: supabase db pull")));
            }
            found.take(draft);
        }
    }
}

/// Folders of Supabase projects.
fn homes(input: &Input<'_>) -> Vec<String> {
    let has_sql = |folder: &str| {
        input.tree.folder(folder).is_some_and(|f| f.files.iter().any(|n| path::has_extension(n, "sql")))
            || input
                .tree
                .folders()
                .any(|(p, f)| path::is_within(p, folder) && !folder.is_empty() && f.files.iter().any(|n| path::has_extension(n, "sql")))
    };
    input
        .tree
        .folders()
        .filter(|(folder, content)| {
            let name = if folder.is_empty() { input.tree.root_name() } else { path::file_name(folder).to_owned() };
            name == "supabase"
                && (content.has_file("config.toml")
                    || content.folders.iter().any(|f| (f == "migrations" || f == "schemas") && has_sql(&path::join(folder, f))))
        })
        .map(|(folder, _)| folder.to_owned())
        .collect()
}

fn read_home(format: MigrationFormat, input: &Input<'_>, home: &str) -> Draft {
    let migrations = path::join(home, "migrations");
    let mut draft = Draft::new(format, home, &migrations);
    let config = read_config(input, home, &mut draft);
    draft.database.api_schemas = config.api_schemas;
    draft.database.postgres_major = config.major_version;
    draft.database.auto_expose_new_tables = config.auto_expose_new_tables;
    let roles = path::join(home, "roles.sql");
    if input.tree.has_file(&roles)
        && let Some(file) = draft.load(input, &roles)
    {
        // `supabase start` and `supabase db reset` run it before the first migration.
        push(&mut draft, &roles, "roles", &file);
    }
    let own = draft.database.scripts.len();
    read_migrations(input, &migrations, &mut draft);
    let schemas = declarative_files(input, home, config.schema_paths.as_deref());
    if draft.database.scripts.len() > own {
        if let Some(first) = schemas.first() {
            draft.note(first, 1, "declarative schemas are the plan, migrations the state: the migrations were read, this file was not");
        }
    } else if !schemas.is_empty() {
        draft.database.path = path::display(&path::join(home, "schemas"));
        for file in schemas {
            if let Some(text) = draft.load(input, &file) {
                push(&mut draft, &file, path::file_name(&file), &text);
            }
        }
    } else {
        // Only roles: there is no schema here.
        draft.database.scripts.clear();
    }
    draft
}

/// One pipeline is one implicit transaction; a statement that refuses one is let through when it comes first.
fn push(draft: &mut Draft, file: &str, version: &str, text: &TextFile) {
    let parsed = sql::whole(text, &sql::plain());
    let alone = parsed.statements.len() == 1 && first_non_transactional(&parsed.statements).is_some();
    let mode = if alone { TransactionMode::PerStatement } else { TransactionMode::Implicit };
    draft.push(file, version, mode, parsed, Down::none());
}

fn read_migrations(input: &Input<'_>, folder: &str, draft: &mut Draft) {
    let Some(content) = input.tree.folder(folder) else { return };
    let mut first = true;
    for name in &content.files {
        let file = path::join(folder, name);
        let Some(version) = version_of(name) else {
            if path::has_extension(name, "sql") {
                draft.note_skipped(&file, "the Supabase CLI", "<digits>_name.sql");
            }
            continue;
        };
        if std::mem::take(&mut first) && is_old_init(name, version) {
            draft.problem(
                &file,
                1,
                Kind::SkippedByRunner,
                "the Supabase CLI skips this file: a first migration named _init of that age is an old dump",
            );
            continue;
        }
        if let Some(text) = draft.load(input, &file) {
            push(draft, &file, version, &text);
        }
    }
    if let Some(nested) = content
        .folders
        .iter()
        .find(|f| input.tree.folder(&path::join(folder, f)).is_some_and(|c| c.files.iter().any(|n| path::has_extension(n, "sql"))))
    {
        draft.problem(
            &path::join(folder, nested),
            1,
            Kind::SkippedByRunner,
            "the Supabase CLI does not look into folders below migrations",
        );
    }
    draft.note_duplicates("the Supabase CLI", false);
}

/// The version of a migration the CLI applies: the digits before the first underscore.
fn version_of(name: &str) -> Option<&str> {
    let (digits, rest) = leading_digits(name)?;
    (rest.starts_with('_') && rest.strip_suffix(".sql").is_some()).then_some(digits)
}

fn is_old_init(name: &str, version: &str) -> bool {
    version.len() == 14 && name.ends_with("_init.sql") && version < FIRST_PLAIN_INIT
}

/// What `config.toml` says about the database.
struct Config {
    api_schemas: Vec<String>,
    major_version: Option<u16>,
    auto_expose_new_tables: Option<bool>,
    schema_paths: Option<Vec<String>>,
}

fn read_config(input: &Input<'_>, home: &str, draft: &mut Draft) -> Config {
    let default_schemas = || DEFAULT_API_SCHEMAS.iter().map(|s| (*s).to_owned()).collect();
    let mut config = Config { api_schemas: default_schemas(), major_version: None, auto_expose_new_tables: None, schema_paths: None };
    let file = path::join(home, "config.toml");
    if !input.tree.has_file(&file) {
        return config;
    }
    let table = match input.tree.read(&file).map(|f| f.text.parse::<toml::Table>()) {
        Ok(Ok(table)) => table,
        Ok(Err(error)) => {
            draft.gap(Gap::new(&file, format!("is not valid TOML: {}", error.message()), None));
            return config;
        }
        Err(error) => {
            draft.gap(Gap::new(&file, error.why(), error.remedy()));
            return config;
        }
    };
    let at = |keys: &[&str]| keys.iter().try_fold(&toml::Value::Table(table.clone()), |v, k| v.get(k)).cloned();
    let strings = |value: &toml::Value| -> Option<Vec<String>> {
        Some(value.as_array()?.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    };
    if at(&["api", "enabled"]).and_then(|v| v.as_bool()) == Some(false) {
        config.api_schemas = Vec::new();
    } else if let Some(schemas) = at(&["api", "schemas"]).as_ref().and_then(strings) {
        config.api_schemas = schemas;
    }
    config.auto_expose_new_tables = at(&["api", "auto_expose_new_tables"]).and_then(|v| v.as_bool());
    config.major_version = at(&["db", "major_version"]).and_then(|v| v.as_integer()).and_then(|v| u16::try_from(v).ok());
    config.schema_paths = at(&["db", "migrations", "schema_paths"]).as_ref().and_then(strings).filter(|paths| !paths.is_empty());
    if at(&["db", "migrations", "enabled"]).and_then(|v| v.as_bool()) == Some(false) {
        draft.note(&file, 1, "[db.migrations] enabled = false: the CLI applies no migration; they were read all the same");
    }
    config
}

/// Files of the declarative schema in the order the CLI reads them: pattern by pattern, sorted within one.
fn declarative_files(input: &Input<'_>, home: &str, patterns: Option<&[String]>) -> Vec<String> {
    let below: Vec<String> = input
        .tree
        .folders()
        .filter(|(folder, _)| path::is_within(folder, home))
        .flat_map(|(folder, content)| content.files.iter().map(move |f| path::join(folder, f)))
        .filter(|f| path::has_extension(f, "sql"))
        .collect();
    let default = ["./schemas/**/*.sql".to_owned()];
    let mut files: Vec<String> = Vec::new();
    for pattern in patterns.unwrap_or(&default) {
        let pattern = path::join(home, pattern.trim_start_matches("./"));
        let mut matched: Vec<&String> = below.iter().filter(|f| glob::matches(&pattern, f)).collect();
        matched.sort();
        for file in matched {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
    }
    files
}
