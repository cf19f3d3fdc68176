//! User-defined collations.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("collations", include_str!("collation.sql"));
