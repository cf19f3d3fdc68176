//! A project database while it is being read: scripts, notes and gaps come together here.

use crate::history::Kind;
use crate::markers::Sections;
use crate::path;
use crate::reader::Input;
use crate::sql::{self, Parsed};
use crate::text::TextFile;
use architrave_model::Gap;
use architrave_model::project::{MigrationFormat, Note, ProjectDatabase};
use architrave_model::script::{Location, Script, Statement, StatementKind, TransactionMode};

/// A database under construction.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) database: ProjectDatabase,
    gaps: Vec<Gap>,
}

impl Draft {
    /// For the scripts of a folder; `home` is the folder that people call the database by.
    pub(crate) fn new(format: MigrationFormat, home: &str, source: &str) -> Self {
        Self { database: ProjectDatabase::new(path::display(home), format, path::display(source), Vec::new()), gaps: Vec::new() }
    }

    /// Notes an oddity of a file.
    pub(crate) fn note(&mut self, path: &str, line: u32, text: impl Into<String>) {
        self.note_at(path, line, 1, text);
    }

    fn note_at(&mut self, path: &str, line: u32, column: u32, text: impl Into<String>) {
        self.database.notes.push(Note { location: Location { path: path.to_owned(), line, column }, text: text.into(), kind: None });
    }

    /// Notes something wrong with the files as a history.
    pub(crate) fn problem(&mut self, path: &str, line: u32, kind: Kind, text: impl Into<String>) {
        let location = Location { path: path.to_owned(), line, column: 1 };
        self.database.notes.push(Note { location, text: text.into(), kind: Some(kind.key().to_owned()) });
    }

    /// Notes what could not be examined.
    pub(crate) fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// The text of an SQL file; when it cannot be read, a gap and a note say so.
    pub(crate) fn load(&mut self, input: &Input<'_>, path: &str) -> Option<TextFile> {
        (input.progress)(&format!("reading {path}"));
        match input.tree.read_sql(path) {
            Ok(file) => {
                for (line, text) in &file.notes {
                    self.note(path, *line, text.clone());
                }
                Some(file)
            }
            Err(error) => {
                self.note(path, 1, format!("left out: {}", error.why()));
                self.gaps.push(Gap::new(path, error.why(), error.remedy()));
                None
            }
        }
    }

    /// Adds a script with its statements and its way back.
    pub(crate) fn push(&mut self, path: &str, version: impl Into<String>, transaction: TransactionMode, parsed: Parsed, down: Down) {
        for (line, column, text) in parsed.notes {
            self.note_at(path, line, column, text);
        }
        let down_file = down.path.as_deref().unwrap_or(path);
        for (line, column, text) in down.parsed.notes {
            self.note_at(down_file, line, column, text);
        }
        if parsed.statements.is_empty() {
            self.note(path, 1, "has no statement");
        }
        let script = Script {
            path: path.to_owned(),
            version: version.into(),
            transaction,
            statements: parsed.statements,
            has_down: down.exists,
            down: down.parsed.statements,
            down_path: down.path,
            down_transaction: down.transaction.filter(|mode| *mode != transaction),
        };
        self.database.scripts.push(script);
    }

    /// The way back that stands in a file of its own, if that file exists.
    pub(crate) fn down_file(&mut self, input: &Input<'_>, path: &str) -> Down {
        if !input.tree.has_file(path) {
            return Down::none();
        }
        let parsed = self.load(input, path).map(|text| sql::whole(&text, &sql::plain())).unwrap_or_default();
        Down { exists: true, path: Some(path.to_owned()), parsed, transaction: None }
    }

    /// Migrations that are programs, not SQL: one gap for all of them.
    pub(crate) fn programs(&mut self, files: &[String], language: &str) {
        let Some(first) = files.first() else { return };
        let what = match files.len() {
            1 => first.clone(),
            n => format!("{first} and {} more migrations of {}", n - 1, self.database.path),
        };
        self.gaps.push(Gap::new(what, format!("written in {language}; only SQL is read"), None));
        for file in files {
            self.problem(file, 1, Kind::Unread, format!("a migration written in {language}; not read"));
        }
    }

    /// Notes names that the runner passes over.
    pub(crate) fn note_skipped(&mut self, path: &str, runner: &str, expected: &str) {
        self.problem(path, 1, Kind::SkippedByRunner, format!("{runner} skips this file: its name is not {expected}"));
    }

    /// Notes that the runner refuses two scripts of one version; `0002` and `2` are one where versions are numbers.
    pub(crate) fn note_duplicates(&mut self, runner: &str, numbers: bool) {
        let mut seen = std::collections::BTreeMap::new();
        let mut twice = Vec::new();
        for script in &self.database.scripts {
            let key = if numbers { script.version.trim_start_matches('0') } else { &script.version };
            match seen.get(key) {
                Some(first) => {
                    twice.push((script.path.clone(), format!("{runner} refuses a second version {}; {first} has it", script.version)));
                }
                None => {
                    seen.insert(key.to_owned(), script.path.clone());
                }
            }
        }
        for (path, text) in twice {
            self.problem(&path, 1, Kind::DuplicateVersion, text);
        }
    }

    pub(crate) fn finish(mut self) -> (ProjectDatabase, Vec<Gap>) {
        self.database.notes.sort();
        self.database.notes.dedup();
        (self.database, self.gaps)
    }
}

/// The way back of a script.
#[derive(Debug, Default)]
pub(crate) struct Down {
    /// The format has one for this script, also where its text could not be read.
    pub(crate) exists: bool,
    /// Its file, when it is another than the script's.
    pub(crate) path: Option<String>,
    /// Its statements.
    pub(crate) parsed: Parsed,
    /// How the runner wraps it; none as the way up.
    pub(crate) transaction: Option<TransactionMode>,
}

impl Down {
    /// No way back.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The down sections of the script's own file.
    pub(crate) fn of_sections(file: &TextFile, sections: &Sections) -> Self {
        Self { exists: sections.has_down, parsed: sql::parts(file, &sections.down, &sql::plain()), ..Self::default() }
    }

    /// The same, wrapped like this.
    pub(crate) fn wrapped(self, mode: TransactionMode) -> Self {
        Self { transaction: Some(mode), ..self }
    }

    /// The same, sent in one message without BEGIN.
    pub(crate) fn in_one_message(self) -> Self {
        let mode = one_message(&self.parsed.statements);
        self.wrapped(mode)
    }
}

/// A text sent in one message without BEGIN: PostgreSQL wraps several statements in an implicit transaction, a single one runs for itself.
pub(crate) fn one_message(statements: &[Statement]) -> TransactionMode {
    if statements.len() <= 1 { TransactionMode::PerStatement } else { TransactionMode::Implicit }
}

/// The first statement that refuses to run in a transaction block.
pub(crate) fn first_non_transactional(statements: &[Statement]) -> Option<&Statement> {
    statements.iter().find(|s| s.kind == StatementKind::NonTransactional)
}

/// Splits leading digits off a name: `0012_users.sql` is (`0012`, `_users.sql`).
pub(crate) fn leading_digits(name: &str) -> Option<(&str, &str)> {
    let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    (end > 0).then(|| name.split_at(end))
}

/// Digits as a number for ordering; longer than any number is still ordered.
pub(crate) fn number_key(digits: &str) -> (usize, &str) {
    let trimmed = digits.trim_start_matches('0');
    (trimmed.len(), trimmed)
}
