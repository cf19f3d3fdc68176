//! Rules on vacuum, analyze and transaction ids.

mod autovacuum_off;
mod autovacuum_saturated;
mod autovacuum_throttled;
mod catalog_bloated;
mod dead_rows_kept;
mod freeze_age_high;
mod horizon_held;
mod never_vacuumed;
mod statistics_stale;
mod table_bloated;
mod threshold_high;
mod vacuum_in_passes;
mod wraparound_age;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &autovacuum_off::RULE,
    &autovacuum_saturated::RULE,
    &autovacuum_throttled::RULE,
    &catalog_bloated::RULE,
    &dead_rows_kept::RULE,
    &freeze_age_high::RULE,
    &horizon_held::RULE,
    &never_vacuumed::RULE,
    &statistics_stale::RULE,
    &table_bloated::RULE,
    &threshold_high::RULE,
    &vacuum_in_passes::RULE,
    &wraparound_age::RULE,
];
