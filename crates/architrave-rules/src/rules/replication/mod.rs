//! Rules on replication.

mod limit_near;
mod recovery_conflicts;
mod replay_paused;
mod rewind_impossible;
mod slot_lost;
mod slot_not_on_standby;
mod slot_unbounded;
mod slot_unread;
mod standby_lags;
mod standby_not_receiving;
mod subscription_failing;
mod synchronous_standby_absent;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &limit_near::RULE,
    &recovery_conflicts::RULE,
    &replay_paused::RULE,
    &rewind_impossible::RULE,
    &slot_lost::RULE,
    &slot_not_on_standby::RULE,
    &slot_unbounded::RULE,
    &slot_unread::RULE,
    &standby_lags::RULE,
    &standby_not_receiving::RULE,
    &subscription_failing::RULE,
    &synchronous_standby_absent::RULE,
];
