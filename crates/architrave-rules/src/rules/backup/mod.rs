//! Rules on backups.

mod archiving_off;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&archiving_off::RULE];
