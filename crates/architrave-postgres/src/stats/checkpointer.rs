//! Background writer and checkpointer.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("checkpointer", include_str!("checkpointer.sql"));
