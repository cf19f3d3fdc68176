//! Rules on enumerated types.

mod near_duplicate_values;
mod order_not_by_rank;
mod single_value;
mod too_many_values;
mod unused;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] =
    &[&near_duplicate_values::RULE, &order_not_by_rank::RULE, &single_value::RULE, &too_many_values::RULE, &unused::RULE];
