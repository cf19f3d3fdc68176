//! Rules on indexes: missing, duplicate, redundant, invalid, unused.

mod duplicate;
mod foreign_key_unindexed;
mod invalid;
mod redundant;
mod unused;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&duplicate::RULE, &foreign_key_unindexed::RULE, &invalid::RULE, &redundant::RULE, &unused::RULE];
