//! Event triggers.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("event triggers", include_str!("event_trigger.sql"));
