//! The WAL archiver.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("WAL archiver", include_str!("archiver.sql"));
