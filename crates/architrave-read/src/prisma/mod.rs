//! Prisma Migrate: `<folder>/migration.sql` by folder name, wherever `prisma.config.ts` puts them; `migration_lock.toml` names the database.
//!
//! The schema engine sends a file in one message, so PostgreSQL runs it as one implicit transaction; a single statement runs for itself.
//! Engines since 2026 split files that hold a statement which refuses a transaction.

mod schema;
#[cfg(test)]
mod tests;

use crate::draft::{Draft, first_non_transactional, one_message};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::{dialect, sql};
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use schema::Schema;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct Prisma;

impl Reader for Prisma {
    fn folder(&self) -> &'static str {
        "prisma"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Prisma
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let schemas = schema::all(input);
        let mut served: BTreeSet<String> = BTreeSet::new();
        for folder in migration_folders(input) {
            if found.claims.has_folder(&folder) {
                continue;
            }
            let near: Vec<&Schema> = schemas.iter().filter(|s| belongs(input, &s.path, &folder)).collect();
            served.extend(near.iter().map(|s| s.path.clone()));
            if let Some(why) = why_not_postgres(input, &folder, &near) {
                found.leave_out(&folder, &why);
                continue;
            }
            found.claims.add_folder(&folder);
            found.take(read_folder(self.format(), input, &folder));
        }
        for schema in schemas.iter().filter(|s| !served.contains(&s.path) && !found.claims.has(&s.path)) {
            if let Some(gap) = without_migrations(schema) {
                found.gaps.push(gap);
            }
        }
    }
}

/// Folders whose folders hold `migration.sql`, and empty ones with a lock file. Drizzle's newer layout has a snapshot beside it.
fn migration_folders(input: &Input<'_>) -> BTreeSet<String> {
    let with_scripts = input
        .tree
        .folders()
        .filter(|(folder, content)| content.has_file("migration.sql") && !content.has_file("snapshot.json") && !folder.is_empty())
        .map(|(folder, _)| path::parent(folder).to_owned());
    with_scripts.chain(input.tree.named("migration_lock.toml").map(|lock| path::parent(&lock).to_owned())).collect()
}

/// Whether a schema and a migrations folder are of one Prisma project: beside each other, or in the same package.
fn belongs(input: &Input<'_>, schema: &str, migrations: &str) -> bool {
    let schema_folder = path::parent(schema);
    let home = path::parent(migrations);
    let package = |folder: &str| path::ancestors(folder).find(|f| input.tree.has_file(&path::join(f, "package.json"))).map(str::to_owned);
    path::is_within(schema_folder, home) && !home.is_empty()
        || schema_folder == home
        || path::is_within(home, schema_folder) && !schema_folder.is_empty()
        || package(schema_folder).is_some() && package(schema_folder) == package(home)
}

fn why_not_postgres(input: &Input<'_>, folder: &str, schemas: &[&Schema]) -> Option<String> {
    let lock = path::join(folder, "migration_lock.toml");
    if input.tree.has_file(&lock)
        && let Ok(file) = input.tree.read(&lock)
        && let Some(provider) = file.text.parse::<toml::Table>().ok().and_then(|t| t.get("provider")?.as_str().map(str::to_owned))
    {
        return (!is_postgres(&provider)).then(|| format!("{lock} says provider \"{provider}\", not postgresql"));
    }
    // Beside the folder first, then anywhere in the package.
    let home = path::parent(folder);
    let nearest = schemas.iter().filter(|s| s.provider.is_some()).min_by_key(|s| (!path::is_within(&s.path, home), s.path.clone()));
    if let Some(schema) = nearest
        && let Some(provider) = &schema.provider
    {
        return (!is_postgres(provider)).then(|| format!("{} says provider \"{provider}\", not postgresql", schema.path));
    }
    dialect::why_foreign(input, folder, &scripts(input, folder))
}

fn is_postgres(provider: &str) -> bool {
    matches!(provider, "postgresql" | "postgres")
}

fn scripts(input: &Input<'_>, folder: &str) -> Vec<String> {
    let Some(content) = input.tree.folder(folder) else { return Vec::new() };
    let file = |name: &String| path::join(&path::join(folder, name), "migration.sql");
    content.folders.iter().map(file).filter(|f| input.tree.has_file(f)).collect()
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str) -> Draft {
    let home = if path::file_name(folder) == "migrations" { path::parent(folder) } else { folder };
    let mut draft = Draft::new(format, if home.is_empty() { folder } else { home }, folder);
    let Some(content) = input.tree.folder(folder) else { return draft };
    let mut programs = Vec::new();
    for name in &content.folders {
        let step = path::join(folder, name);
        let file = path::join(&step, "migration.sql");
        let program = |f: &&String| path::has_extension(f, "ts") || path::has_extension(f, "js");
        if let Some(name) = input.tree.folder(&step).and_then(|c| c.files.iter().find(program))
            && !input.tree.has_file(&file)
        {
            programs.push(path::join(&step, name));
            continue;
        }
        if !input.tree.has_file(&file) {
            draft.problem(&step, 1, Kind::MissingFile, "Prisma Migrate stops here: this folder has no migration.sql");
            continue;
        }
        let Some(text) = draft.load(input, &file) else { continue };
        let parsed = sql::whole(&text, &sql::plain());
        let mut mode = one_message(&parsed.statements);
        let mixed = if parsed.statements.len() > 1 { first_non_transactional(&parsed.statements).map(|s| s.line) } else { None };
        if let Some(line) = mixed {
            mode = TransactionMode::PerStatement;
            draft.note(
                &file,
                line,
                "refuses to run in a transaction, beside other statements: Prisma before 2026 sends the file as one and fails",
            );
        }
        let down = draft.down_file(input, &path::join(&step, "down.sql")).in_one_message();
        draft.push(&file, name.clone(), mode, parsed, down);
    }
    draft.programs(&programs, "JavaScript or TypeScript");
    if draft.database.scripts.is_empty() {
        let what = format!("database in {}", path::display(folder));
        draft.gap(Gap::new(what, "no migration was found in it", Some("write one: prisma migrate dev")));
    }
    draft
}

fn without_migrations(schema: &Schema) -> Option<Gap> {
    let provider = schema.provider.as_deref()?;
    let why = if is_postgres(provider) {
        "the Prisma schema has no migrations, and Prisma's own language is not read".to_owned()
    } else {
        format!("its provider is \"{provider}\", not postgresql")
    };
    let remedy =
        "write the SQL and review that: prisma migrate diff --from-empty --to-schema-datamodel schema.prisma --script > schema.sql";
    Some(Gap::new(format!("database of {}", schema.path), why, is_postgres(provider).then_some(remedy)))
}
