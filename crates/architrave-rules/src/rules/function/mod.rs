//! Rules on functions and procedures.

mod security_definer_search_path;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&security_definer_search_path::RULE];
