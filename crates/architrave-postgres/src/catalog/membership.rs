//! Role memberships.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("role memberships", include_str!("membership.sql"));
