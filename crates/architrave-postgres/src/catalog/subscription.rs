//! Subscriptions, without their connection strings.

use crate::session::Question;

pub(super) static QUESTION: Question = Question::new("subscriptions", include_str!("subscription.sql"));
