//! Foreign servers, without options and user mappings.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("foreign servers", include_str!("foreign_server.sql"));
