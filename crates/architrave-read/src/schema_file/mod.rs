//! One file with the whole schema: `schema.sql`, `structure.sql` and their like, run by psql, with the files it includes.

#[cfg(test)]
mod tests;

use crate::alembic::offline::revisions;
use crate::draft::{Down, Draft};
use crate::numbered::up_part;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql::Parsed;
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::{StatementKind, TransactionMode};

/// The reader.
pub(crate) struct SchemaFile;

/// Names of files that hold a whole schema, the better name first.
const NAMES: &[&str] = &[
    "structure.sql",
    "schema.sql",
    "schema.pgsql",
    "schema.postgresql.sql",
    "schema.postgres.sql",
    "schema.pg.sql",
    "postgres.sql",
    "postgresql.sql",
    "ddl.sql",
    "database.sql",
    "db.sql",
    "create_tables.sql",
    "tables.sql",
    "init.sql",
    "setup.sql",
];

/// Includes in includes, at most.
const MAX_INCLUDE_DEPTH: usize = 16;

impl Reader for SchemaFile {
    fn folder(&self) -> &'static str {
        "schema_file"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::SchemaFile
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            let known = NAMES.iter().filter_map(|name| files.iter().find(|f| path::file_name(f).eq_ignore_ascii_case(name)));
            let mut candidates: Vec<&String> = known.filter(|f| !found.claims.has(f) && input.tree.sniff(f).creates_table).collect();
            if candidates.is_empty() {
                continue;
            }
            let file = candidates.remove(0).clone();
            if let Some(database) = migrated_beside(found, &folder) {
                let text = format!("not read: the migrations in {} are the source of this schema", found.databases[database].path);
                note(found, database, &file, &text);
                found.claims.add_file(&file);
                continue;
            }
            self.take(input, found, &folder, &file);
            for other in candidates {
                let why = format!("{file} beside it was taken as the schema");
                found.gaps.push(Gap::new(other, why, Some("give the file itself as the target")));
                found.claims.add_file(other);
            }
        }
        if found.databases.is_empty() {
            self.read_lone_files(input, found);
        }
    }
}

impl SchemaFile {
    fn take(&self, input: &Input<'_>, found: &mut Reading, folder: &str, file: &str) {
        if let Some(why) = crate::dialect::why_foreign(input, folder, &[file.to_owned()]) {
            found.claims.add_file(file);
            found.gaps.push(Gap::new(format!("database in {file}"), why, None));
            return;
        }
        let draft = read_file(self.format(), input, folder, file, &mut found.claims);
        found.take(draft);
    }

    /// Nothing else in the project: a lone SQL file that creates tables is the schema; several have no order that is known.
    fn read_lone_files(&self, input: &Input<'_>, found: &mut Reading) {
        let files: Vec<String> = input
            .sql_folders()
            .flat_map(|(_, files)| files)
            .filter(|f| !found.claims.has(f) && input.tree.sniff(f).creates_table && !input.tree.sniff(f).dump)
            .collect();
        let real: Vec<&String> = files.iter().filter(|f| !path::is_sample(f)).collect();
        let ours: Vec<&String> = if real.is_empty() { files.iter().collect() } else { real };
        let postgres: Vec<&&String> =
            ours.iter().filter(|f| crate::dialect::why_foreign(input, path::parent(f), &[(**f).clone()]).is_none()).collect();
        match postgres.as_slice() {
            [] => {
                if let Some(first) = ours.first() {
                    self.take(input, found, path::parent(first), first);
                }
            }
            [only] => self.take(input, found, path::parent(only), only),
            several if of_one_schema(input, several) => {
                // Variants of one schema: the plainest name is the one meant first.
                let Some(first) = several.iter().min_by_key(|f| (f.len(), f.as_str())) else { return };
                for other in several.iter().filter(|f| *f != first) {
                    let why = format!("{first} defines the same tables and was taken as the schema");
                    found.gaps.push(Gap::new(other.as_str(), why, Some("give the file itself as the target")));
                }
                self.take(input, found, path::parent(first), first);
            }
            several => {
                let names: Vec<&str> = several.iter().take(3).map(|f| f.as_str()).collect();
                let more = if several.len() > names.len() { format!(" and {} more", several.len() - names.len()) } else { String::new() };
                let what = format!("SQL files that create tables: {}{more}", names.join(", "));
                found.gaps.push(Gap::new(what, "their order is not known", Some("number them, or give one file as the target")));
            }
        }
    }
}

/// Whether files are variants of one schema: each begins with the same table.
fn of_one_schema(input: &Input<'_>, files: &[&&String]) -> bool {
    let first = |file: &str| input.tree.sniff(file).first_table.clone();
    files.first().and_then(|f| first(f)).is_some_and(|table| files.iter().all(|f| first(f).as_ref() == Some(&table)))
}

/// The database whose migrations lie in this folder or right below it, and whose tool dumps its schema here.
fn migrated_beside(found: &Reading, folder: &str) -> Option<usize> {
    found.databases.iter().position(|d| {
        let home = path::parent(&d.path);
        d.format != MigrationFormat::SchemaFile
            && d.path != "."
            && (d.path == folder
                || home == folder
                || path::parent(home) == folder && (!folder.is_empty() || d.path.ends_with("migrations")))
    })
}

fn note(found: &mut Reading, database: usize, file: &str, text: &str) {
    let location = architrave_model::script::Location { path: file.to_owned(), line: 1, column: 1 };
    found.databases[database].notes.push(architrave_model::project::Note { location, text: text.to_owned(), kind: None });
    found.databases[database].notes.sort();
}

/// Reads a schema file as psql runs it: autocommit, includes followed within the project.
pub(crate) fn read_file(
    format: MigrationFormat,
    input: &Input<'_>,
    folder: &str,
    file: &str,
    claims: &mut crate::reader::claims::Claims,
) -> Draft {
    let mut draft = Draft::new(format, folder, file);
    draft.database.postgres_major = input.tree.sniff(file).dump_major;
    let mut including = Including { input, draft: &mut draft, claims, root: folder, open: Vec::new() };
    including.file(file);
    draft
}

/// Adds a file as one script, or as the revisions that Alembic has written into it.
pub(crate) fn push_whole(draft: &mut Draft, file: &str, text: &str, parsed: Parsed, down: Down) {
    match revisions(text, parsed) {
        Ok(revisions) => {
            for revision in revisions {
                draft.push(file, revision.version, revision.transaction, revision.parsed, Down::none());
            }
        }
        Err(parsed) => draft.push(file, path::file_name(file), TransactionMode::PerStatement, parsed, down),
    }
}

/// A file and the files it includes, depth first.
struct Including<'a, 'b> {
    input: &'a Input<'b>,
    draft: &'a mut Draft,
    claims: &'a mut crate::reader::claims::Claims,
    /// Folder that psql is taken to run in.
    root: &'a str,
    open: Vec<String>,
}

impl Including<'_, '_> {
    fn file(&mut self, file: &str) {
        self.claims.add_file(file);
        let Some(text) = self.draft.load(self.input, file) else { return };
        self.open.push(file.to_owned());
        let (mut parsed, down) = up_part(&text, file, self.draft);
        let mut part = Parsed { statements: Vec::new(), notes: std::mem::take(&mut parsed.notes) };
        let mut included = false;
        for statement in std::mem::take(&mut parsed.statements) {
            let include =
                (statement.kind == StatementKind::PsqlCommand).then(|| architrave_sql::split::psql_include(&statement.text)).flatten();
            let Some(include) = include else {
                part.statements.push(statement);
                continue;
            };
            let base = if include.relative_to_script { path::parent(file) } else { self.root };
            let Some(target) = self.resolve(base, &include.path) else {
                self.draft.note(file, statement.line, format!("{} is not in the project; what it defines is not known", include.path));
                let why = format!("{file}:{} includes it, and it is not in the project", statement.line);
                self.draft.gap(Gap::new(include.path, why, None));
                continue;
            };
            if self.open.contains(&target) || self.open.len() >= MAX_INCLUDE_DEPTH {
                self.draft.note(file, statement.line, format!("{target} includes itself; not followed"));
                continue;
            }
            if !part.statements.is_empty() || !part.notes.is_empty() {
                self.push(file, std::mem::take(&mut part), Down::none());
            }
            included = true;
            self.file(&target);
        }
        if !included {
            push_whole(self.draft, file, &text.text, part, down);
        } else if !part.statements.is_empty() {
            self.push(file, part, down);
        }
        self.open.pop();
    }

    fn push(&mut self, file: &str, part: Parsed, down: Down) {
        self.draft.push(file, path::file_name(file), TransactionMode::PerStatement, part, down);
    }

    /// A path as included to one of the project: from the base folder, or from the root.
    fn resolve(&self, base: &str, included: &str) -> Option<String> {
        let normal = |base: &str| -> Option<String> {
            let mut parts: Vec<&str> = base.split('/').filter(|p| !p.is_empty()).collect();
            for part in included.split('/') {
                match part {
                    "" | "." => {}
                    ".." => {
                        parts.pop()?;
                    }
                    other => parts.push(other),
                }
            }
            Some(parts.join("/"))
        };
        let opener = self.open.last().map_or("", |f| path::parent(f));
        [base, "", opener].into_iter().filter_map(normal).find(|p| self.input.tree.has_file(p))
    }
}
