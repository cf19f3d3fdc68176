//! Rules on vacuum, analyze and transaction ids.

mod never_vacuumed;
mod wraparound_age;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&never_vacuumed::RULE, &wraparound_age::RULE];
