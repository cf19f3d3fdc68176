//! Writes migration files in a project's own format: names, sections, transaction marks, lock timeouts. Gives texts; nothing is put on disk.

mod drizzle;
#[cfg(test)]
mod tests;
mod text;
mod version;

use crate::draft::leading_digits;
use crate::path;
use architrave_model::migration::SafeFile;
use architrave_model::project::MigrationFormat;
use std::collections::BTreeSet;
use text::{Separator, body, header, slug, statements};
use version::{Style, Versions};

/// What is there already.
#[derive(Debug, Clone, Copy)]
pub struct Existing<'a> {
    /// Folder of the migrations, relative to the project's root, with `/`.
    pub folder: &'a str,
    /// Files in it and below it, relative to the root.
    pub paths: &'a [String],
    /// Text of Drizzle's `meta/_journal.json`.
    pub journal: Option<&'a str>,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Path, relative to the root.
    pub path: String,
    /// Its whole text.
    pub text: String,
    /// The project's runner cannot run it (it runs everything in a transaction): somebody runs it with psql when its turn comes.
    pub by_hand: bool,
    /// Replaces a file that is there (Drizzle's journal, with more entries at its end).
    pub replaces: bool,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The format has no migrations.
    #[error("{format} takes no migration files; put the statements where the schema is changed")]
    NoMigrations {
        /// Product.
        format: &'static str,
    },
    /// Migrations of this tool are not files of SQL that could be added one by one.
    #[error("{format} keeps its migrations in {kept}; make empty ones with its own command and put the statements in")]
    NotWritten {
        /// Product.
        format: &'static str,
        /// What it keeps them in.
        kept: &'static str,
    },
    /// Drizzle's journal cannot be continued.
    #[error("{path} {what}")]
    Journal {
        /// Path.
        path: String,
        /// Predicate.
        what: String,
    },
}

/// The drafts as files of this format, after all that are there; `now_ms` are milliseconds since 1970.
pub fn files(format: MigrationFormat, existing: &Existing<'_>, drafts: &[SafeFile], now_ms: i64) -> Result<Vec<Written>, WriteError> {
    refuse(format)?;
    if format == MigrationFormat::Drizzle && existing.journal.is_none() {
        let what = "is missing: let drizzle-kit generate --custom make empty migrations and put the statements in".to_owned();
        return Err(WriteError::Journal { path: path::join(existing.folder, "meta/_journal.json"), what });
    }
    let mut writer = Writer::new(format, existing, now_ms);
    let drafts = if sends_one_message(format) { drafts.iter().flat_map(one_statement_each).collect() } else { drafts.to_vec() };
    for draft in &drafts {
        writer.draft(draft);
    }
    writer.finish(now_ms)
}

fn refuse(format: MigrationFormat) -> Result<(), WriteError> {
    use MigrationFormat as F;
    let kept = match format {
        F::SchemaFile | F::PgDump | F::RailsStructure => return Err(WriteError::NoMigrations { format: format.title() }),
        F::Sqitch => "a plan with dependencies",
        F::GraphileMigrate => "files that are sealed by a hash of the one before",
        F::Knex | F::TypeOrm | F::Sequelize | F::MikroOrm | F::Alembic => "a programming language",
        _ => return Ok(()),
    };
    Err(WriteError::NotWritten { format: format.title(), kept })
}

/// Formats whose runner sends the statements of a file without transaction in one message: PostgreSQL makes a transaction of several.
fn sends_one_message(format: MigrationFormat) -> bool {
    use MigrationFormat as F;
    matches!(format, F::Sqlx | F::Diesel | F::Dbmate | F::GolangMigrate | F::Prisma | F::NodePgMigrate | F::Supabase)
}

/// A file outside of transactions as one file for each statement. Taking away what a failed try left is then left to the comment.
fn one_statement_each(file: &SafeFile) -> Vec<SafeFile> {
    let is_cleaning = |s: &&String| s.to_lowercase().starts_with("drop index concurrently if exists");
    let kept: Vec<&String> = match file.statements.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && is_cleaning(&first) => rest.iter().collect(),
        all => all.iter().collect(),
    };
    if file.transactional || file.statements.len() < 2 {
        return vec![file.clone()];
    }
    let last = kept.len().saturating_sub(1);
    let mut out = Vec::new();
    for (at, statement) in kept.into_iter().enumerate() {
        out.push(SafeFile {
            statements: vec![statement.clone()],
            down: if at == last { file.down.clone() } else { Vec::new() },
            gate: file.gate.clone().filter(|_| at == 0),
            title: if last == 0 { file.title.clone() } else { format!("{} {}", file.title, at + 1) },
            ..file.clone()
        });
    }
    out
}

struct Writer<'a> {
    format: MigrationFormat,
    existing: &'a Existing<'a>,
    versions: Versions,
    /// Names that are there, relative to the folder.
    names: BTreeSet<&'a str>,
    out: Vec<Written>,
    tags: Vec<drizzle::Entry>,
}

impl<'a> Writer<'a> {
    fn new(format: MigrationFormat, existing: &'a Existing<'a>, now_ms: i64) -> Self {
        let own = |p: &'a String| {
            if existing.folder.is_empty() || existing.folder == "." {
                Some(p.as_str())
            } else {
                p.strip_prefix(existing.folder)?.strip_prefix('/')
            }
        };
        let names: BTreeSet<&str> = existing.paths.iter().filter_map(own).collect();
        let versions: Vec<String> = names.iter().filter_map(|name| version_of(format, name)).collect();
        let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
        let versions = Versions::after(&versions, now_ms, usual_style(format));
        Self { format, existing, versions, names, out: Vec::new(), tags: Vec::new() }
    }

    fn put(&mut self, name: &str, text: String) {
        let folder = if self.existing.folder == "." { "" } else { self.existing.folder };
        self.out.push(Written { path: path::join(folder, name), text, by_hand: false, replaces: false });
    }

    fn header(&self, file: &SafeFile) -> String {
        let joins = matches!(self.format, MigrationFormat::Drizzle | MigrationFormat::NodePgMigrate);
        header(file, joins.then(|| self.format.title()))
    }

    /// Whether up and down stand in files of their own here.
    fn has_pairs(&self) -> bool {
        self.names.iter().any(|n| n.ends_with(".up.sql"))
    }

    /// What stands between version and name: as in the last file that is there.
    fn joint(&self) -> char {
        let after = self.names.iter().rev().filter_map(|n| leading_digits(n)).find_map(|(_, rest)| rest.chars().next());
        let follows = matches!(self.format, MigrationFormat::NumberedSql | MigrationFormat::NodePgMigrate);
        after.filter(|c| follows && matches!(c, '_' | '-')).unwrap_or('_')
    }

    fn draft(&mut self, file: &SafeFile) {
        use MigrationFormat as F;
        match self.format {
            F::Supabase | F::Drizzle | F::Refinery | F::Hasura => self.all_in_transactions(file),
            F::Prisma => {
                let version = self.versions.next();
                self.put(
                    &format!("{version}_{}/migration.sql", slug(&file.title, '_')),
                    format!("{}{}", self.header(file), body(file, Separator::Plain)),
                );
            }
            F::Diesel => self.diesel(file),
            F::Flyway => self.flyway(file),
            F::Dbmate | F::Goose | F::NodePgMigrate | F::SqlMigrate | F::Tern => self.sections(file),
            F::Liquibase => self.change_set(file),
            F::NumberedSql if self.names.iter().any(|n| n.ends_with("/up.sql")) => self.numbered_folder(file),
            _ => self.pair(file),
        }
    }

    /// A runner that wraps every file: what refuses a transaction is run by hand.
    fn all_in_transactions(&mut self, file: &SafeFile) {
        let stem = format!("{}_{}", self.versions.next(), slug(&file.title, '_'));
        // The Supabase CLI lets a single statement through that refuses transactions; a block with COMMIT inside is not known as one.
        let block = |s: &String| s.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("do "));
        let alone = self.format == MigrationFormat::Supabase && !file.statements.iter().any(block);
        if !file.transactional && !alone {
            let by = format!(
                "-- Run by hand with psql when its turn comes: {} runs every file in a transaction, and this must not be.\n",
                self.format.title()
            );
            self.put(&format!("by-hand/{stem}.sql"), format!("{by}{}{}", self.header(file), body(file, Separator::Plain)));
            if let Some(last) = self.out.last_mut() {
                last.by_hand = true;
            }
            return;
        }
        let separator = if self.format == MigrationFormat::Drizzle { Separator::Breakpoint } else { Separator::Plain };
        let text = format!("{}{}", self.header(file), body(file, separator));
        match self.format {
            MigrationFormat::Hasura => {
                self.put(&format!("{stem}/up.sql"), text);
                if !file.down.is_empty() {
                    self.put(&format!("{stem}/down.sql"), down(file));
                }
            }
            MigrationFormat::Refinery => self.put(&format!("V{}.sql", stem.replacen('_', "__", 1)), text),
            _ => self.put(&format!("{stem}.sql"), text),
        }
        self.tags.push(drizzle::Entry { tag: stem });
    }

    /// Liquibase's formatted SQL, one change set.
    fn change_set(&mut self, file: &SafeFile) {
        let name = slug(&file.title, '_');
        let version = self.versions.next();
        let wrapped = if file.transactional { "" } else { " runInTransaction:false" };
        // It would split at every semicolon otherwise, those inside of a body too.
        let whole = if file.statements.iter().any(|s| s.contains(';')) { " splitStatements:false" } else { "" };
        let mut text = format!("--liquibase formatted sql\n\n--changeset architrave:{version}_{name}{wrapped}{whole}\n");
        text.push_str(&self.header(file));
        text.push_str(&body(file, Separator::Plain));
        for statement in &file.down {
            let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            text.push_str(&format!("--rollback {line};\n"));
        }
        self.put(&format!("{version}_{name}.sql"), text);
    }

    fn diesel(&mut self, file: &SafeFile) {
        let dashed = self.names.is_empty() || self.names.iter().any(|n| n.split('_').next().is_some_and(|v| v.matches('-').count() == 3));
        let version = if dashed { self.versions.next_dashed() } else { self.versions.next() };
        let folder = format!("{version}_{}", slug(&file.title, '_'));
        self.put(&format!("{folder}/up.sql"), format!("{}{}", self.header(file), body(file, Separator::Plain)));
        if !file.down.is_empty() {
            self.put(&format!("{folder}/down.sql"), down(file));
        }
        if !file.transactional {
            self.put(&format!("{folder}/metadata.toml"), "run_in_transaction = false\n".to_owned());
        }
    }

    fn flyway(&mut self, file: &SafeFile) {
        let version = self.next_of_flyway();
        let name = format!("{version}__{}.sql", slug(&file.title, '_'));
        self.put(&format!("V{name}"), format!("{}{}", self.header(file), body(file, Separator::Plain)));
        let undoes = self.names.iter().any(|n| n.rsplit('/').next().is_some_and(|n| n.starts_with('U') && n.contains("__")));
        if undoes && !file.down.is_empty() {
            self.put(&format!("U{name}"), down(file));
        }
        if !file.transactional {
            self.put(&format!("V{name}.conf"), "executeInTransaction=false\n".to_owned());
            if undoes && !file.down.is_empty() {
                self.put(&format!("U{name}.conf"), "executeInTransaction=false\n".to_owned());
            }
        }
    }

    /// `1.2` goes on with `1.3`, `7` with `8`.
    fn next_of_flyway(&mut self) -> String {
        let last = self
            .names
            .iter()
            .chain(self.out.iter().map(|w| path::file_name(&w.path)).collect::<Vec<_>>().iter())
            .filter_map(|n| flyway_version(n))
            .max();
        let Some(last) = last.filter(|parts| parts.len() > 1) else { return self.versions.next() };
        let (end, start) = last.split_last().unwrap_or((&0, &[]));
        let parts = start.iter().copied().chain([end + 1]);
        parts.map(|p| p.to_string()).collect::<Vec<_>>().join(".")
    }

    fn sections(&mut self, file: &SafeFile) {
        use MigrationFormat as F;
        let joint = self.joint();
        let version = self.versions.next();
        let inner = if self.format == F::NodePgMigrate { '-' } else { '_' };
        let mark = !file.transactional;
        let separator = match self.format {
            F::Goose => Separator::Block("+goose"),
            F::SqlMigrate => Separator::Block("+migrate"),
            _ => Separator::Plain,
        };
        let (up, down_mark) = match self.format {
            F::Dbmate if mark => ("-- migrate:up transaction:false\n".to_owned(), "-- migrate:down transaction:false\n"),
            F::Dbmate => ("-- migrate:up\n".to_owned(), "-- migrate:down\n"),
            F::Goose if mark => ("-- +goose NO TRANSACTION\n-- +goose Up\n".to_owned(), "-- +goose Down\n"),
            F::Goose => ("-- +goose Up\n".to_owned(), "-- +goose Down\n"),
            F::SqlMigrate if mark => ("-- +migrate Up notransaction\n".to_owned(), "-- +migrate Down notransaction\n"),
            F::SqlMigrate => ("-- +migrate Up\n".to_owned(), "-- +migrate Down\n"),
            F::Tern if mark => ("---- tern: disable-tx ----\n".to_owned(), "---- create above / drop below ----\n"),
            F::Tern => (String::new(), "---- create above / drop below ----\n"),
            _ if mark => ("-- no transaction\n-- Up Migration\n".to_owned(), "-- Down Migration\n"),
            _ => ("-- Up Migration\n".to_owned(), "-- Down Migration\n"),
        };
        let mut text = format!("{up}{}{}", self.header(file), body(file, separator));
        if !file.down.is_empty() {
            text.push_str(&format!("\n{down_mark}{}", statements(&file.down.iter().collect::<Vec<_>>(), separator)));
        }
        self.put(&format!("{version}{joint}{}.sql", slug(&file.title, inner)), text);
    }

    /// One file, or one for each direction.
    fn pair(&mut self, file: &SafeFile) {
        use MigrationFormat as F;
        let joint = self.joint();
        let stem = format!("{}{joint}{}", self.versions.next(), slug(&file.title, joint));
        let mark = match self.format {
            F::Sqlx if !file.transactional => "-- no-transaction\n",
            F::Atlas if !file.transactional => "-- atlas:txmode none\n\n",
            _ => "",
        };
        // Numbered files run statement by statement.
        let (begin, commit) = if self.format == F::NumberedSql && file.transactional { ("begin;\n", "commit;\n") } else { ("", "") };
        let text = format!("{mark}{}{begin}{}{commit}", self.header(file), body(file, Separator::Plain));
        if self.format != F::GolangMigrate && !self.has_pairs() {
            return self.put(&format!("{stem}.sql"), text);
        }
        self.put(&format!("{stem}.up.sql"), text);
        if !file.down.is_empty() {
            self.put(&format!("{stem}.down.sql"), format!("{mark}{begin}{}{commit}", down(file)));
        }
    }

    /// A folder with `up.sql` and `down.sql`, run statement by statement.
    fn numbered_folder(&mut self, file: &SafeFile) {
        let folder = format!("{}_{}", self.versions.next(), slug(&file.title, '_'));
        let (begin, commit) = if file.transactional { ("begin;\n", "commit;\n") } else { ("", "") };
        self.put(&format!("{folder}/up.sql"), format!("{}{begin}{}{commit}", self.header(file), body(file, Separator::Plain)));
        if !file.down.is_empty() {
            self.put(&format!("{folder}/down.sql"), format!("{begin}{}{commit}", down(file)));
        }
    }

    fn finish(mut self, now_ms: i64) -> Result<Vec<Written>, WriteError> {
        if let Some(journal) = self.existing.journal.filter(|_| self.format == MigrationFormat::Drizzle && !self.tags.is_empty()) {
            let path = path::join(self.existing.folder, "meta/_journal.json");
            let text = drizzle::append(journal, &path, &self.tags, now_ms)?;
            self.out.push(Written { path, text, by_hand: false, replaces: true });
        }
        Ok(self.out)
    }
}

fn down(file: &SafeFile) -> String {
    statements(&file.down.iter().collect::<Vec<_>>(), Separator::Plain)
}

fn usual_style(format: MigrationFormat) -> Style {
    use MigrationFormat as F;
    match format {
        F::NodePgMigrate | F::Hasura => Style::Milliseconds,
        F::Drizzle | F::NumberedSql => Style::Sequence(4),
        F::GolangMigrate => Style::Sequence(6),
        F::Goose => Style::Sequence(5),
        F::Flyway | F::Refinery => Style::Sequence(1),
        F::Tern => Style::Sequence(3),
        _ => Style::Timestamp,
    }
}

/// Digits of a name relative to the folder: `V7__a.sql`, `2024-01-31-235959_a/up.sql`, `0007_a.sql`. Of files below other folders none, except
/// Flyway's.
fn version_of(format: MigrationFormat, name: &str) -> Option<String> {
    use MigrationFormat as F;
    match format {
        F::Flyway | F::Refinery => {
            if let Some(by_hand) = name.strip_prefix("by-hand/") {
                return leading_digits(by_hand).map(|(digits, _)| digits.to_owned());
            }
            let parts = flyway_version(path::file_name(name))?;
            let [single] = parts.as_slice() else { return None };
            let digits = single.to_string();
            let written = path::file_name(name).get(1..).and_then(leading_digits).map_or(0, |(digits, _)| digits.len());
            Some(format!("{digits:0>written$}"))
        }
        F::Diesel => {
            let (version, _) = name.split('/').next()?.split_once('_')?;
            let digits = version.replace('-', "");
            (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
        }
        // What was run by hand has its place in the order, too.
        F::Supabase | F::Drizzle | F::Hasura => {
            leading_digits(name.strip_prefix("by-hand/").unwrap_or(name)).map(|(digits, _)| digits.to_owned())
        }
        _ => leading_digits(name).map(|(digits, _)| digits.to_owned()),
    }
}

/// Numbers of `V1.2__name.sql` and `V1_2__name.sql`.
fn flyway_version(name: &str) -> Option<Vec<i64>> {
    let name = path::file_name(name);
    let (version, _) = name.strip_prefix(['V', 'U'])?.split_once("__")?;
    version.split(['.', '_']).map(|part| part.parse().ok()).collect()
}
