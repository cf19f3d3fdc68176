//! Rules on views.

mod security_invoker_missing;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&security_invoker_missing::RULE];
