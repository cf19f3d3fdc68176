//! How passwords are stored.

use crate::session::Question;

pub(crate) static QUESTION: Question = Question::new("how passwords are stored", include_str!("password.sql"));
