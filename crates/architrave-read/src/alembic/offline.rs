//! What `alembic upgrade --sql` prints: one file in which a comment begins each revision, read as the revisions that it holds.

use crate::sql::Parsed;
use architrave_model::script::{StatementKind, TransactionMode};

/// A revision of the file.
pub(crate) struct Revision {
    pub(crate) version: String,
    pub(crate) transaction: TransactionMode,
    pub(crate) parsed: Parsed,
}

/// The revisions of the statements of a file; the statements as they are where no comment of Alembic's begins one.
pub(crate) fn revisions(text: &str, parsed: Parsed) -> Result<Vec<Revision>, Parsed> {
    let marks = marks(text);
    if marks.is_empty() {
        return Err(parsed);
    }
    let begins = parsed.statements.iter().filter(|s| s.kind == StatementKind::Begin).count();
    // One BEGIN for all is Alembic's default.
    let transaction = if begins > 1 { TransactionMode::PerFile } else { TransactionMode::AllFiles };
    let mut out: Vec<Revision> =
        marks.iter().map(|(_, version)| Revision { version: version.clone(), transaction, parsed: Parsed::default() }).collect();
    for statement in parsed.statements {
        // Its own table comes before the first.
        let at = marks.partition_point(|(line, _)| *line <= statement.line).saturating_sub(1);
        out[at].parsed.statements.push(statement);
    }
    out[0].parsed.notes = parsed.notes;
    for revision in &mut out {
        let statements = &mut revision.parsed.statements;
        if statements.first().is_some_and(|s| s.kind == StatementKind::Begin) {
            statements.remove(0);
        }
        if statements.last().is_some_and(|s| s.kind == StatementKind::Commit) {
            statements.pop();
        }
    }
    Ok(out)
}

/// Lines and revisions of `-- Running upgrade a -> b`.
fn marks(text: &str) -> Vec<(u32, String)> {
    let of_line = |(at, line): (usize, &str)| {
        let (_, version) = line.strip_prefix("-- Running upgrade ")?.split_once("-> ")?;
        let version = version.split([',', ' ']).next().filter(|v| !v.is_empty())?;
        Some((u32::try_from(at + 1).ok()?, version.to_owned()))
    };
    text.lines().enumerate().filter_map(of_line).collect()
}
