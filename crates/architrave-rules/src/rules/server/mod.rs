//! Rules on the server.

mod releases;
mod version_out_of_date;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&version_out_of_date::RULE];
