//! Rules on triggers and event triggers.

mod audit_incomplete;
mod chain;
mod complex_logic;
mod disabled;
mod event_trigger_present;
mod order_by_name;
mod recursive;
mod row_never_kept;
mod row_unused;
mod updated_at_unmaintained;

use architrave_model::Rule;
use architrave_model::catalog::{Trigger, TriggerEnabled};

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &audit_incomplete::RULE,
    &complex_logic::RULE,
    &disabled::RULE,
    &event_trigger_present::RULE,
    &order_by_name::RULE,
    &recursive::RULE,
    &row_never_kept::RULE,
    &row_unused::RULE,
    &updated_at_unmaintained::RULE,
];

/// Fires in ordinary sessions.
fn fires(trigger: &Trigger) -> bool {
    matches!(trigger.enabled, TriggerEnabled::Origin | TriggerEnabled::Always)
}
