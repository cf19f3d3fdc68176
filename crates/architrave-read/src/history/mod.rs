//! Migration files as a history: what is wrong with them, which are pending since a git reference or against a runner's own table.

mod applied;
mod checksum;
mod digest;
mod git;
mod since;
mod table;
#[cfg(test)]
mod tests;

pub use applied::{AppliedRow, RowState, applied, decide};
pub(crate) use checksum::{atlas_sums, graphile};
pub use since::since;
pub use table::{HistoryTable, expected_table, history_table};

use architrave_model::migration::HistoryProblem;
use architrave_model::project::ProjectDatabase;
use architrave_model::script::Location;

/// What can be wrong with files as a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The runner passes over a file without a word.
    SkippedByRunner,
    /// The runner stops at a file.
    RefusedByRunner,
    /// Two files have one version.
    DuplicateVersion,
    /// A list names a file that does not exist, or a folder lacks its script.
    MissingFile,
    /// A file that the list of the format does not name, so that it never runs.
    NotListed,
    /// Comes before one that is merged or applied already.
    OutOfOrder,
    /// The graph of revisions has more than one end.
    SeveralHeads,
    /// A revision names one that does not exist as the one before it.
    MissingParent,
    /// The content is not what the checksum in the project says.
    ChecksumMismatch,
    /// A number is left out of a sequence.
    VersionGap,
    /// Written as a program; only SQL is read.
    Unread,
    /// Changed after it was merged.
    EditedAfterMerge,
    /// Removed after it was merged.
    DeletedAfterMerge,
    /// Changed after it was applied.
    EditedAfterApply,
    /// Applied to the database, and not in the project.
    NotInProject,
    /// Began and never ended.
    FailedHalfway,
}

impl Kind {
    /// Stable key, for [`HistoryProblem::kind`].
    pub fn key(self) -> &'static str {
        match self {
            Self::SkippedByRunner => "skipped-by-runner",
            Self::RefusedByRunner => "refused-by-runner",
            Self::DuplicateVersion => "duplicate-version",
            Self::MissingFile => "missing-file",
            Self::NotListed => "not-listed",
            Self::OutOfOrder => "out-of-order",
            Self::SeveralHeads => "several-heads",
            Self::MissingParent => "missing-parent",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::VersionGap => "version-gap",
            Self::Unread => "unread",
            Self::EditedAfterMerge => "edited-after-merge",
            Self::DeletedAfterMerge => "deleted-after-merge",
            Self::EditedAfterApply => "edited-after-apply",
            Self::NotInProject => "not-in-project",
            Self::FailedHalfway => "failed-halfway",
        }
    }
}

/// Which scripts are pending, and what the comparison has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// Indexes into the scripts of the database, ascending.
    pub scripts: Vec<usize>,
    /// What is wrong, sorted by place.
    pub problems: Vec<HistoryProblem>,
}

/// What is wrong with the files themselves, as reading them has shown.
pub fn problems(database: &ProjectDatabase) -> Vec<HistoryProblem> {
    let of_note = |note: &architrave_model::project::Note| {
        Some(HistoryProblem { kind: note.kind.clone()?, location: note.location.clone(), what: note.text.clone() })
    };
    let mut found: Vec<HistoryProblem> = database.notes.iter().filter_map(of_note).collect();
    found.sort();
    found
}

fn problem(kind: Kind, path: &str, what: String) -> HistoryProblem {
    HistoryProblem { kind: kind.key().to_owned(), location: Location { path: path.to_owned(), line: 1, column: 1 }, what }
}

/// The text with every line end as one `\n`.
fn unix_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.peek() == Some(&&b'\n') => {}
            byte => out.push(*byte),
        }
    }
    out
}
