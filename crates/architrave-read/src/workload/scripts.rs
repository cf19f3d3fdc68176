//! Statements of `.sql` files: of one, or of all below a folder.

use super::WorkloadError;
use super::gather::{Gathering, Occurrence};
use crate::project::ReadOptions;
use crate::text::{self, TextFile};
use crate::tree::Tree;
use architrave_model::script::StatementKind;
use architrave_model::workload::{QuerySource, Workload};
use architrave_sql::SplitOptions;
use architrave_sql::parameters::number_placeholders;
use std::path::Path;

/// Reads a `.sql` file, or all of a folder. Placeholders of drivers become `$n`, and the name in a header (`-- name: GetUser :one`)
/// the query's id.
///
/// # Errors
/// When there is no such file or folder, or no statement in it that is planned or refused.
pub fn from_sql(path: &Path) -> Result<Workload, WorkloadError> {
    let mut gathering = Gathering::default();
    let mut files = 0;
    if path.is_dir() {
        let tree = Tree::walk(path, &ReadOptions::default(), &|_| {})
            .map_err(|e| WorkloadError::nothing(path, format!("cannot be walked: {e}")))?;
        let names: Vec<String> = tree.files().filter(|f| Path::new(f).extension().is_some_and(|e| e.eq_ignore_ascii_case("sql"))).collect();
        for name in names {
            files += 1;
            match tree.read_sql(&name) {
                Ok(file) => add_file(&mut gathering, &file, &name),
                Err(unreadable) => {
                    gathering.refuse("", QuerySource::File { path: name, line: 1 }, format!("the file {}", unreadable.why()));
                }
            }
        }
        if files == 0 {
            return Err(WorkloadError::nothing(path, "has no .sql file"));
        }
    } else {
        std::fs::metadata(path).map_err(|source| WorkloadError::io(path, source))?;
        let file = text::read(path).map_err(|unreadable| WorkloadError::nothing(path, unreadable.why()))?;
        if file.text.trim().is_empty() {
            return Err(WorkloadError::nothing(path, "is empty"));
        }
        add_file(&mut gathering, &file, &path.display().to_string());
    }
    let workload = gathering.finish();
    if workload.queries.is_empty() && workload.refused.is_empty() {
        return Err(WorkloadError::nothing(path, "has no statement in it"));
    }
    Ok(workload)
}

fn add_file(gathering: &mut Gathering, file: &TextFile, path: &str) {
    // Only a script for psql has lines that begin with a backslash; elsewhere `:name` is a placeholder.
    let psql = file.text.lines().any(|l| l.starts_with('\\')) || file.text.contains("FROM stdin;");
    let split = architrave_sql::split_with(&file.text, &SplitOptions { psql, parse: false, ..SplitOptions::default() });
    let mut end = 0;
    for statement in split.statements {
        let before = file.text.get(end..statement.offset).unwrap_or("");
        end = statement.offset + statement.text.len();
        if matches!(statement.kind, StatementKind::PsqlCommand | StatementKind::CopyData { .. }) {
            continue;
        }
        let name = name_in(before).or_else(|| name_in(&statement.text));
        let text = number_placeholders(&statement.text).text;
        let occurrence = Occurrence { text, calls: 1.0, name, ..Occurrence::default() };
        gathering.add(occurrence, || QuerySource::File { path: path.to_owned(), line: statement.line });
    }
}

/// `GetUser` of a comment `-- name: GetUser :one`, the last one.
fn name_in(text: &str) -> Option<String> {
    let header = |line: &str| {
        let rest = line.trim().strip_prefix("--")?.trim_start().strip_prefix("name:")?;
        let name = rest.split_whitespace().next()?.trim_end_matches(['!', '$', '^', '<', '*', '#']);
        (!name.is_empty()).then(|| name.to_owned())
    };
    text.lines().filter_map(header).next_back()
}
