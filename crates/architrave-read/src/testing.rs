//! Project directories made by tests, and what was read of them as text to compare.

use crate::{ReadError, ReadOptions, read_project};
use architrave_model::project::Project;
use architrave_model::script::Statement;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

/// A directory with these files.
pub(crate) fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, content) in files {
        put(directory.path(), path, content.as_bytes());
    }
    directory
}

/// Writes one file.
pub(crate) fn put(root: &Path, path: &str, content: &[u8]) {
    let full = root.join(path);
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    std::fs::write(full, content).unwrap();
}

/// Reads a directory.
pub(crate) fn read(root: &Path) -> Result<Project, ReadError> {
    read_project(root, &ReadOptions::default(), &|_| {})
}

/// The project of these files.
pub(crate) fn project(files: &[(&str, &str)]) -> Project {
    read(directory(files).path()).unwrap()
}

/// Databases, scripts, notes and gaps as lines.
pub(crate) fn describe(project: &Project) -> String {
    let mut out = String::new();
    for database in &project.databases {
        write!(out, "{} ({}) {}", database.name, database.format.title(), database.path).unwrap();
        if let Some(major) = database.postgres_major {
            write!(out, " postgres={major}").unwrap();
        }
        if !database.api_schemas.is_empty() {
            write!(out, " api={}", database.api_schemas.join(",")).unwrap();
        }
        out.push('\n');
        for script in &database.scripts {
            let down = if script.has_down { " +down" } else { "" };
            let statements = in_words(&script.statements);
            writeln!(out, "  {} {:?}{down} {}: {statements}", script.version, script.transaction, script.path).unwrap();
            if !script.down.is_empty() || script.down_path.is_some() {
                let path = script.down_path.as_deref().unwrap_or("same file");
                let mode = script.down_transaction.map(|m| format!(" {m:?}")).unwrap_or_default();
                writeln!(out, "    down{mode} {path}: {}", in_words(&script.down)).unwrap();
            }
        }
        for note in &database.notes {
            writeln!(out, "  note {}:{}: {}", note.location.path, note.location.line, note.text).unwrap();
        }
    }
    for gap in &project.gaps {
        let remedy = gap.remedy.as_deref().map(|r| format!(" [{r}]")).unwrap_or_default();
        writeln!(out, "gap {}: {}{remedy}", gap.what, gap.why).unwrap();
    }
    out
}

fn in_words(statements: &[Statement]) -> String {
    let statements =
        statements.iter().map(|s| format!("{}:{} {}", s.line, s.column, s.text.split_whitespace().collect::<Vec<_>>().join(" ")));
    statements.collect::<Vec<_>>().join(" | ")
}

/// Reads these files and compares.
pub(crate) fn check(files: &[(&str, &str)], expected: expect_test::Expect) {
    expected.assert_eq(&describe(&project(files)));
}
