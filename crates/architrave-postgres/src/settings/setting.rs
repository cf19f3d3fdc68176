//! Server settings.

use crate::session::Question;

pub(crate) static QUESTION: Question = Question::new("settings", include_str!("setting.sql"));
