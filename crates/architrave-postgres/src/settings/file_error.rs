//! Errors in the configuration files.

use crate::session::Question;

pub(crate) static QUESTION: Question = Question::new("errors in the configuration files", include_str!("file_error.sql"));
