//! `pg_stats`, and the tables that it hides.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::{Gap, QualifiedName};

pub(super) static QUESTION: Question = Question::new("pg_stats", include_str!("column.sql"));
pub(super) static HIDDEN: Question = Question::new("what pg_stats hides", include_str!("hidden_table.sql"));

/// As many names as one gap lists.
const NAMES: usize = 10;

/// The gap for tables whose column statistics are hidden.
pub(super) fn gap(hidden: Rows<QualifiedName, NoKeys>) -> Option<Gap> {
    let mut names = hidden.values();
    names.sort();
    let first = names.first()?;
    let what =
        if names.len() == 1 { format!("column statistics of {first}") } else { format!("column statistics of {} tables", names.len()) };
    let listed: Vec<String> = names.iter().take(NAMES).map(ToString::to_string).collect();
    let more = if names.len() > NAMES { ", …" } else { "" };
    let why = format!("this role may not read the tables, or row level security holds for it: {}{more}", listed.join(", "));
    Some(Gap::new(what, why, Some("grant SELECT on the tables, or pg_read_all_data and BYPASSRLS, to this role")))
}
