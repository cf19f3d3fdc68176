//! Counters and sizes of indexes.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("statistics of indexes", include_str!("index.sql"));
