//! `pg_stat_io`, 16 and later.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("pg_stat_io", include_str!("io.sql"));
