//! Sequences; their last values are read from the sequences themselves, many per message.

use super::grant::GrantBook;
use crate::session::{Answer, LockCare, Question, Rows};
use architrave_model::catalog::Sequence;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Write as _;

pub(super) static QUESTION: Question = Question::new("sequences", include_str!("sequence.sql"));
static VALUES: Question = Question::new("last values of sequences", "");

/// Each sequence that is read takes one lock of the shared table until its message ends.
const SEQUENCES_PER_MESSAGE: usize = 250;

/// What a sequence's row has besides the model's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SequenceKeys {
    pub(super) oid: u32,
    readable: bool,
    acl: Option<String>,
}

/// The last values of some sequences.
pub(crate) struct LastValues {
    /// Object id and name as SQL.
    of: Vec<(u32, String)>,
    values: HashMap<u32, i64>,
}

#[derive(Deserialize)]
struct LastValue {
    oid: u32,
    value: i64,
}

impl Answer for LastValues {
    fn question(&self) -> &'static Question {
        &VALUES
    }

    fn message(&self, care: &LockCare) -> Option<String> {
        let mut sql = String::new();
        for (oid, name) in &self.of {
            let skip = match care {
                LockCare::Wait => false,
                LockCare::Avoid(locked) => locked.contains(oid),
                LockCare::OpenNothing => true,
            };
            if !skip {
                // Writing to a String cannot fail.
                let _ = write!(sql, "select '{{\"oid\":{oid},\"value\":' || last_value || '}}' from {name} where is_called;");
            }
        }
        Some(sql)
    }

    fn clear(&mut self) {
        self.values.clear();
    }

    fn row(&mut self, json: &str) -> Result<(), serde_json::Error> {
        let row: LastValue = serde_json::from_str(json)?;
        self.values.insert(row.oid, row.value);
        Ok(())
    }
}

/// The questions for last values, and how many sequences the role may not read.
pub(super) fn last_values(rows: &Rows<Sequence, SequenceKeys>) -> (Vec<LastValues>, usize) {
    let readable: Vec<_> =
        rows.rows.iter().filter(|(keys, _)| keys.readable).map(|(keys, sequence)| (keys.oid, sequence.name.sql())).collect();
    let hidden = rows.rows.len() - readable.len();
    let batch = |of: &[(u32, String)]| LastValues { of: of.to_vec(), values: HashMap::new() };
    (readable.chunks(SEQUENCES_PER_MESSAGE).map(batch).collect(), hidden)
}

pub(super) fn build(rows: Rows<Sequence, SequenceKeys>, values: &[LastValues], grants: &GrantBook) -> Vec<Sequence> {
    let value = |oid: u32| values.iter().find_map(|batch| batch.values.get(&oid)).copied();
    let complete = |(keys, sequence): (SequenceKeys, Sequence)| Sequence {
        last_value: value(keys.oid),
        grants: grants.of_text(keys.acl.as_deref()),
        ..sequence
    };
    rows.rows.into_iter().map(complete).collect()
}
