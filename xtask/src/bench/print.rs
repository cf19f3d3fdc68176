//! The table of results.

use super::Row;
use crate::say;

/// Prints the head; no bar is missed so far.
pub(super) fn head() -> u32 {
    say("| case | what | bar | measured | ratio | |\n|---|---|---|---|---|---|");
    0
}

/// Prints the rows of a case; returns how many bars they miss.
pub(super) fn rows(case: &str, rows: Vec<Row>) -> u32 {
    let mut missed = 0;
    for row in rows {
        let verdict = match row.holds {
            Some(true) => "holds",
            Some(false) => "MISSED",
            None => "",
        };
        missed += u32::from(row.holds == Some(false));
        say(&format!("| {case} | {} | {} | {} | {} | {verdict} |", row.what, row.bar, row.measured, row.ratio));
    }
    missed
}
