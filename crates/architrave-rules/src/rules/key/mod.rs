//! Rules on keys: missing, too narrow, made the old way.

mod integer_primary_key;
mod primary_key_missing;
mod serial_over_identity;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&integer_primary_key::RULE, &primary_key_missing::RULE, &serial_over_identity::RULE];
