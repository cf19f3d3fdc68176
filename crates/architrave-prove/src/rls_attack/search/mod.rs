//! Ways in of several steps: what the attacker may write first, so that a cell that was denied opens.

use super::AttackError;
use super::arena::Arena;
use super::book::Book;
use super::case::Case;
use architrave_model::catalog::Table;

pub(super) async fn search(_case: &Case<'_>, _arena: &mut Arena, _book: &mut Book, _depth: usize) -> Result<(), AttackError> {
    Ok(())
}

/// Values that make more of somebody than he is: what policies and helpers compare the column with, the labels of its type, `true`, much.
pub(super) fn promoted(case: &Case<'_>, table: &Table, column: &str) -> Vec<String> {
    let _ = (case, table, column);
    Vec::new()
}
