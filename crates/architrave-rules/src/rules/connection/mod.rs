//! Rules on connections.

mod churn;
mod idle_in_transaction;
mod limit_oversized;
mod near_limit;
mod reserve_unfit;
mod sessions_lost;
mod timeouts_unset;
mod transaction_long;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &churn::RULE,
    &idle_in_transaction::RULE,
    &limit_oversized::RULE,
    &near_limit::RULE,
    &reserve_unfit::RULE,
    &sessions_lost::RULE,
    &timeouts_unset::RULE,
    &transaction_long::RULE,
];
