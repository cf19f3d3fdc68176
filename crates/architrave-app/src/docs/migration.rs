//! A new migration in a project's own format: what its file is called, where it lies, and how its two directions are marked.

use crate::error::AppError;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Statements of a migration, without semicolons, each on one line.
#[derive(Debug, Clone, Default)]
pub struct Migration {
    /// Up.
    pub up: Vec<String>,
    /// Down, in the order of execution.
    pub down: Vec<String>,
}

/// A file of a new migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Path relative to the project's root, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// What our migrations are called.
const NAME: &str = "comments";

/// The files of the migration after the last one; the error says why there is no such thing.
pub fn files(database: &ProjectDatabase, migration: &Migration, now: f64) -> Result<Vec<NewFile>, AppError> {
    use MigrationFormat as F;
    let refuse = |why: String| AppError::Document(format!("--write: {why}; -o FILE.sql gives the statements"));
    let format = database.format;
    if matches!(format, F::SchemaFile | F::PgDump | F::RailsStructure) {
        return Err(refuse(format!("{} is a {}, which has no migrations", database.path, format.title())));
    }
    let marked = matches!(format, F::Liquibase | F::Sqitch | F::SqlMigrate | F::Tern | F::GraphileMigrate);
    if marked || matches!(format, F::Knex | F::TypeOrm | F::Sequelize | F::MikroOrm | F::Alembic) {
        return Err(refuse(format!("the migrations of {} are not plain SQL files", format.title())));
    }
    if format == MigrationFormat::Drizzle {
        return Err(refuse(
            "Drizzle Kit keeps a journal of its own: run `drizzle-kit generate --custom` and put the statements in".to_owned(),
        ));
    }
    let Some(style) = Style::of(database) else {
        return Err(refuse(format!("the names of the migrations in {} follow no pattern that architrave knows", database.path)));
    };
    let stem = format!("{}/{}{}{}{NAME}", style.folder, style.prefix, style.next(now), style.separator);
    let file = |ending: &str, text: String| NewFile { path: format!("{stem}{ending}"), text };
    let (up, down) = (sql(&migration.up), sql(&migration.down));
    Ok(match format {
        MigrationFormat::Dbmate => vec![file(".sql", format!("-- migrate:up\n{up}\n-- migrate:down\n{down}"))],
        MigrationFormat::Goose => vec![file(".sql", format!("-- +goose Up\n{up}\n-- +goose Down\n{down}"))],
        MigrationFormat::NodePgMigrate => vec![file(".sql", format!("-- Up Migration\n{up}\n-- Down Migration\n{down}"))],
        _ => match style.layout {
            Layout::File => vec![file(".sql", up)],
            Layout::Pair => vec![file(".up.sql", up), file(".down.sql", down)],
            Layout::Folder("migration.sql") => vec![file("/migration.sql", up)],
            Layout::Folder(_) => vec![file("/up.sql", up), file("/down.sql", down)],
        },
    })
}

/// Writes them below the project's root; a file that is there is never overwritten.
pub fn write(root: &Path, files: &[NewFile]) -> Result<Vec<PathBuf>, AppError> {
    let mut written = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        let folder = path.parent().unwrap_or(root);
        let made = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::OpenOptions::new().write(true).create_new(true).open(&path))
            .and_then(|mut out| out.write_all(file.text.as_bytes()));
        made.map_err(|source| AppError::File { doing: "cannot write", path: path.clone(), source })?;
        written.push(path);
    }
    Ok(written)
}

fn sql(statements: &[String]) -> String {
    statements.iter().map(|s| format!("{s};\n")).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `0012_name.sql`.
    File,
    /// `0012_name.up.sql` and `.down.sql`.
    Pair,
    /// `0012_name/` with this file in it.
    Folder(&'static str),
}

/// How the last migration is named.
#[derive(Debug)]
struct Style {
    /// Folder of all migrations.
    folder: String,
    layout: Layout,
    /// `V`, `v` or nothing.
    prefix: String,
    /// Digits, with `.` or `-` between them where the last version has such.
    version: String,
    /// `_`, `-` or `__`.
    separator: String,
}

impl Style {
    fn of(database: &ProjectDatabase) -> Option<Self> {
        database.scripts.iter().rev().find_map(|script| Self::of_path(&script.path))
    }

    fn of_path(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
        let inner = ["migration.sql", "up.sql"].into_iter().find(|name| *name == file);
        let (folder, name, layout) = match inner {
            Some(inner) => {
                let (above, name) = folder.rsplit_once('/').unwrap_or((".", folder));
                (above, name, Layout::Folder(inner))
            }
            None if file.ends_with(".up.sql") => (folder, file.strip_suffix(".up.sql")?, Layout::Pair),
            None => (folder, file.strip_suffix(".sql")?, Layout::File),
        };
        let body = name.strip_prefix(['V', 'v']).unwrap_or(name);
        let prefix = name.strip_suffix(body)?;
        let end = body.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(body.len());
        let version = body[..end].trim_end_matches(['.', '-']);
        let rest = &body[version.len()..];
        if !version.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        let separator: String = rest.chars().take_while(|c| matches!(c, '_' | '-' | '.')).collect();
        let separator = if separator.is_empty() { "_".to_owned() } else { separator };
        Some(Self { folder: folder.to_owned(), layout, prefix: prefix.to_owned(), version: version.to_owned(), separator })
    }

    /// The version after the last one, of the same kind: a time where it is a time, else one more.
    fn next(&self, now: f64) -> String {
        let plain = self.version.bytes().all(|b| b.is_ascii_digit());
        let digits = self.version.len();
        let time = Time::of(now);
        let candidate = match (plain, digits) {
            (true, 14) => time.joined(),
            (true, 12) if self.version.starts_with("20") => time.joined()[..12].to_owned(),
            (true, 10) if self.version.starts_with('1') => format!("{now:.0}"),
            (true, 13) if self.version.starts_with('1') => format!("{:.0}", now * 1000.0),
            // Diesel: 2024-01-31-120000.
            (false, 17) if self.version.matches('-').count() == 3 => time.dashed(),
            _ => String::new(),
        };
        // A project whose last migration is dated tomorrow still gets one that comes after it.
        if candidate > self.version { candidate } else { increased(&self.version) }
    }
}

/// The last number of a version plus one, as wide as it was.
fn increased(version: &str) -> String {
    let at = version.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (head, digits) = version.split_at(at);
    let number: u128 = digits.parse().unwrap_or(0);
    format!("{head}{:0width$}", number + 1, width = digits.len())
}

/// A moment in UTC.
struct Time {
    date: (i64, i64, i64),
    clock: (i64, i64, i64),
}

impl Time {
    /// Of unix seconds, by the proleptic Gregorian calendar.
    fn of(now: f64) -> Self {
        let seconds = now as i64;
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days since 0000-03-01, in eras of 400 years.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { date: (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1), clock: (rest / 3600, rest / 60 % 60, rest % 60) }
    }

    fn joined(&self) -> String {
        let ((y, mo, d), (h, mi, s)) = (self.date, self.clock);
        format!("{y:04}{mo:02}{d:02}{h:02}{mi:02}{s:02}")
    }

    fn dashed(&self) -> String {
        let ((y, mo, d), (h, mi, s)) = (self.date, self.clock);
        format!("{y:04}-{mo:02}-{d:02}-{h:02}{mi:02}{s:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::script::{Script, TransactionMode};

    /// 2026-03-01 12:34:56 UTC.
    const NOW: f64 = 1_772_368_496.0;

    fn paths(format: MigrationFormat, last: &str) -> Result<Vec<String>, String> {
        let script = Script {
            path: last.into(),
            version: String::new(),
            transaction: TransactionMode::PerFile,
            statements: Vec::new(),
            ..Script::default()
        };
        let database = ProjectDatabase::new(".", format, "db", vec![script]);
        let migration = Migration { up: vec!["comment on table a is 'x'".into()], down: vec!["comment on table a is null".into()] };
        files(&database, &migration, NOW).map(|files| files.into_iter().map(|f| f.path).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn every_format_gets_the_next_file_of_its_kind() {
        let check = |format, last: &str, expected: &[&str]| assert_eq!(paths(format, last).unwrap(), expected, "{last}");
        check(
            MigrationFormat::Supabase,
            "supabase/migrations/20240101000000_init.sql",
            &["supabase/migrations/20260301123456_comments.sql"],
        );
        check(
            MigrationFormat::Supabase,
            "supabase/migrations/20990101000000_init.sql",
            &["supabase/migrations/20990101000001_comments.sql"],
        );
        check(
            MigrationFormat::Prisma,
            "prisma/migrations/20240101000000_init/migration.sql",
            &["prisma/migrations/20260301123456_comments/migration.sql"],
        );
        check(
            MigrationFormat::Diesel,
            "migrations/2024-01-01-000000_init/up.sql",
            &["migrations/2026-03-01-123456_comments/up.sql", "migrations/2026-03-01-123456_comments/down.sql"],
        );
        check(MigrationFormat::Sqlx, "migrations/20240101000000_init.sql", &["migrations/20260301123456_comments.sql"]);
        check(MigrationFormat::GolangMigrate, "db/000009_init.up.sql", &["db/000010_comments.up.sql", "db/000010_comments.down.sql"]);
        check(MigrationFormat::Flyway, "sql/V1.9__init.sql", &["sql/V1.10__comments.sql"]);
        check(MigrationFormat::Goose, "db/00001_init.sql", &["db/00002_comments.sql"]);
        check(MigrationFormat::NodePgMigrate, "migrations/1700000000000_init.sql", &["migrations/1772368496000_comments.sql"]);
        check(MigrationFormat::NumberedSql, "001-init.sql", &["./002-comments.sql"]);
        assert!(paths(MigrationFormat::Drizzle, "drizzle/0000_x.sql").unwrap_err().contains("drizzle-kit generate --custom"));
        assert!(paths(MigrationFormat::SchemaFile, "schema.sql").unwrap_err().contains("has no migrations"));
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.sql"), "mine").unwrap();
        let said = write(folder.path(), &[NewFile { path: "a.sql".into(), text: "x".into() }]).unwrap_err().to_string();
        assert!(said.contains("cannot write"), "{said}");
        assert_eq!(std::fs::read_to_string(folder.path().join("a.sql")).unwrap(), "mine");
    }
}
