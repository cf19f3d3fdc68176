//! Rules on locks.

mod deadlocks_frequent;
mod prepared_transaction_lingering;
mod rollbacks_frequent;
mod sessions_blocked;
mod table_too_small;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &deadlocks_frequent::RULE,
    &prepared_transaction_lingering::RULE,
    &rollbacks_frequent::RULE,
    &sessions_blocked::RULE,
    &table_too_small::RULE,
];
