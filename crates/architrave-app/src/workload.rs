//! The workload of a target: where its statements come from.

use crate::error::AppError;
use crate::target::TargetSpec;
use architrave_model::review::Target;
use architrave_model::workload::{QuerySource, Workload, WorkloadQuery};
use std::path::Path;

/// Statements, and where they were found, in words.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Statements.
    pub workload: Workload,
    /// `pg_stat_statements`, `queries/`, `the project's .sql files`.
    pub from: String,
}

/// Gathers the statements: those of the file or directory that is named, else what the server counted, else the SQL that stands in the
/// project.
pub fn gather(target: &Target, project: Option<&Path>, named: Option<&Path>) -> Result<Gathered, AppError> {
    if let Some(path) = named {
        let workload = architrave_read::workload::read(path)?;
        return Ok(Gathered { workload, from: path.display().to_string() });
    }
    if let Some(stats) = target.snapshot.stats.as_ref().filter(|s| !s.statements.is_empty()) {
        let counted = architrave_read::workload::from_statistics(stats);
        return Ok(Gathered { workload: of_the_application(counted), from: "pg_stat_statements".to_owned() });
    }
    // A project without queries in files is no error: most have them in code.
    if let Some(Ok(mut workload)) = project.map(architrave_read::workload::read) {
        // Files of migrations are full of statements that are no workload; nobody needs to read why.
        workload.refused.clear();
        return Ok(Gathered { workload, from: "the project's .sql files".to_owned() });
    }
    Ok(Gathered { workload: Workload::default(), from: "no workload".to_owned() })
}

/// Leaves out what is no query of the application: definitions, settings, transaction control, and our own reading of the catalogue.
fn of_the_application(mut workload: Workload) -> Workload {
    workload.queries.retain(|q| !is_ours(&q.text) && !is_utility(&q.text));
    workload.refused.retain(|r| !is_ours(&r.text) && !is_utility(&r.text));
    workload
}

/// As our readers wrap every query of theirs.
fn is_ours(text: &str) -> bool {
    text.starts_with("select row_to_json(q)::text from (") || text.contains("architrave_query")
}

fn is_utility(text: &str) -> bool {
    const UTILITY: [&str; 37] = [
        "alter",
        "create",
        "drop",
        "grant",
        "revoke",
        "comment",
        "truncate",
        "copy",
        "reindex",
        "cluster",
        "refresh",
        "do",
        "security",
        "set",
        "show",
        "reset",
        "begin",
        "start",
        "commit",
        "rollback",
        "savepoint",
        "release",
        "end",
        "abort",
        "explain",
        "analyze",
        "vacuum",
        "deallocate",
        "discard",
        "listen",
        "unlisten",
        "notify",
        "fetch",
        "close",
        "checkpoint",
        "lock",
        "prepare",
    ];
    let word: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    UTILITY.contains(&word.as_str())
}

/// The query of that id: the workload's own, or `queryid`.
pub fn find<'w>(workload: &'w Workload, id: &str) -> Option<&'w WorkloadQuery> {
    let number: Option<i64> = id.parse().ok();
    let is_it = |q: &&WorkloadQuery| match q.source {
        QuerySource::Statistics { query_id } if Some(query_id) == number => true,
        _ => q.id == id,
    };
    workload.queries.iter().find(is_it)
}

/// The directory of a target, when it is one.
pub fn directory(spec: &TargetSpec) -> Option<&Path> {
    match spec {
        TargetSpec::Directory(path) => Some(path),
        _ => None,
    }
}
