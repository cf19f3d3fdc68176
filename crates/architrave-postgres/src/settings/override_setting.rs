//! Settings of roles and databases.

use crate::session::Question;

pub(crate) static QUESTION: Question = Question::new("settings of roles and databases", include_str!("override_setting.sql"));
